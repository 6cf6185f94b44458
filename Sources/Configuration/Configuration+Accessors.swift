// Typed access to the items that have their effect. Each names its item by definition, so that no name can be mistyped;
// a test reads every one on an empty configuration and compares it with the table's default.
extension Configuration {
    /// The module to load: a name, a file name or an absolute path.
    public var moduleName: String { text(.authModule) ?? "" }
    /// The directory of modules; nil while it is not set, when bundled modules are found first (see ``root``).
    public var moduleDirectory: String? { text(.authModuleDirectory) }
    /// The directory that `%r` stands for; absolute.
    public var root: String { expander.root }
    /// The name that `%a` stands for.
    public var applicationName: String { expander.application }
    /// Whether modules without a descriptor may be loaded.
    public var allowsBareModules: Bool { flag(.allowBareModules) }
    /// The generation of modules without a descriptor, 6 or 7; nil while it is not set.
    public var bareGeneration: UInt32? { text(.bareGeneration).flatMap { UInt32($0) } }
    /// Names or numbers of users, besides root and the running one, who may own files that decide something.
    public var trustedOwners: [String] { list(.trustedOwner) }
    /// Whether rules that are older than those on disk decide nothing, where these cannot be read.
    public var deniesByStaleRules: Bool { text(.rulesStale) != "keep" }
    /// How long the rules in force may be older than those on disk.
    public var rulesStaleTime: Duration { seconds(.rulesStaleTime) }
    /// How many questions may wait for a serial or blocking module; at least 1.
    public var moduleQueue: Int { integer(.moduleQueue) }
    /// How many threads call a blocking module; at least 1.
    public var moduleThreads: Int { integer(.moduleThreads) }

    /// Where the module runs, in words: none at all or `none`, `process`, and how many processes.
    public var moduleIsolation: [String] { list(.moduleIsolation) }
    /// The words of `module-hang-action`.
    public var moduleHangAction: [String] { list(.moduleHangAction) }
    /// The module that is asked aside; nil for none.
    public var shadowModule: String? { text(.shadowModule).flatMap { $0.isEmpty || $0 == "none" ? nil : $0 } }
    /// Where the shadow runs, in words.
    public var shadowIsolation: [String] { list(.shadowIsolation) }
    /// How many questions the shadow may not have been compared in yet; at least 1.
    public var shadowQueue: Int { integer(.shadowQueue) }
    /// The user that a helper process becomes; nil for the running one.
    public var helperUser: String? { text(.helperUser) }
    /// MiB that a helper process may have; 0 for no limit.
    public var helperMemory: Int { integer(.helperMemory) }
    /// `declared`, or the profile of system calls that a helper process is held to.
    public var helperProfile: String { text(.helperProfile) ?? "declared" }
    /// Ends of a helper process within a minute after which it is not started again; at least 1.
    public var helperCrashes: Int { integer(.helperCrashes) }

    /// Whether content of objects is taken.
    public var takesObjectValues: Bool { flag(.objectValues) }
    /// How many objects may have content; at least 1.
    public var objectLimit: Int { integer(.objectLimit) }
    /// How many bytes the names and values of an object may have; at least 1.
    public var objectSize: Int { integer(.objectSize) }
    /// How many objects the questions of one session may hold or wait for; at least 1.
    public var sessionObjectLimit: Int { integer(.sessionObjectLimit) }

    /// How long a log-in may take.
    public var loginTimeout: Duration { .seconds(integer(.loginTimeout)) }
    /// How long the mapping of a name may take.
    public var mapTimeout: Duration { .seconds(integer(.mapTimeout)) }
    /// How long a write or create check may take.
    public var checkWriteTimeout: Duration { seconds(.checkWriteTimeout) }
    /// How long a read check may take.
    public var checkReadTimeout: Duration { seconds(.checkReadTimeout) }
    /// How long a module may take to start and to stop.
    public var initTimeout: Duration { seconds(.initTimeout) }

    /// Whether a crash may leave a core file, which holds what was in memory.
    public var leavesCoreDumps: Bool { flag(.coreDumps) }

    /// Where the HTTP door listens; empty for nowhere.
    public var httpAddresses: [ListenAddress] { list(.httpListen).compactMap(ListenAddress.init) }
    /// The path of the HTTP door's unix socket, nil for none.
    public var httpSocket: String? { text(.httpSocket) }
    /// The permissions of the unix socket.
    public var httpSocketMode: UInt32 { UInt32(truncatingIfNeeded: integer(.httpSocketMode)) }
    /// How many connections the HTTP door holds at once.
    public var httpConnections: Int { integer(.httpConnections) }
    /// How many of them one address may have, nil for half.
    public var httpClientConnections: Int? {
        let count = integer(.httpClientConnections)
        return count > 0 ? count : nil
    }
    /// How long the first byte of a connection may take, and each request.
    public var httpTimeout: Duration { seconds(.httpTimeout) }
    /// How long a connection of the HTTP door may stay without a request.
    public var httpIdleTimeout: Duration { seconds(.httpIdleTimeout) }
    /// What carries connections without TLS: `epoll` or `nio`.
    public var doorCarrier: String { text(.doorCarrier) ?? "" }
    /// The path of the operator's unix socket, nil for none.
    public var controlSocket: String? { text(.controlSocket) }
    /// Which headers of `/auth` have which attributes, as `ATTRIBUTE=HEADER` with commas between.
    public var httpAttributeHeaders: String { text(.httpAttributeHeaders) ?? "" }
    /// The realm of HTTP Basic authentication.
    public var httpRealm: String { text(.httpRealm) ?? "" }
    /// The name of the session cookie.
    public var sessionCookie: String { text(.sessionCookie) ?? "" }
    /// The object of a forwarded request, with `%p`, `%m`, `%h` and `%%` in it.
    public var forwardAuthObject: String { text(.forwardAuthObject) ?? "" }
    /// How long log-ins stay in the log-in cache; zero keeps none.
    public var loginCacheTime: Duration { seconds(.loginCacheTime) }
    /// How many log-ins the log-in cache holds.
    public var loginCacheSize: Int { integer(.loginCacheSize) }

    /// The file of the event log, nil for standard error.
    public var eventLog: String? { text(.eventLog) }
    /// How lines of the event log look: `text` or `json`.
    public var logFormat: String { text(.logFormat) ?? "" }
    /// The least severe events that are logged, by the name swift-log gives the level.
    public var logLevel: String { text(.logLevel) ?? "" }
    /// Where decisions are recorded: files and FIFOs by absolute paths, `-`, `syslog:`, `journal`, `memory`; empty for nowhere.
    public var auditLogs: [String] {
        list(.auditLog).map { place in
            if ["-", "memory", "syslog", "journal", "syslog:", "journal:"].contains(place) { return place }
            for service in ["syslog:", "journal:"] where place.hasPrefix(service) {
                return service + expander.absolute(String(place.dropFirst(service.count)))
            }
            return expander.absolute(place)
        }
    }
    /// What `audit-log` names that looks like a sink and is not one. A file without a folder before it is told by a dot, as in
    /// `audit.log`; every other one by a `/`.
    public var unknownAuditSinks: [String] {
        list(.auditLog).filter { place in
            if ["-", "memory", "syslog", "journal"].contains(place) || place.hasPrefix("/") || place.hasPrefix(".") {
                return false
            }
            if place.hasPrefix("syslog:") || place.hasPrefix("journal:") { return false }
            let first = place.prefix { $0 != "/" }
            return first.contains(":") || (first.count == place.count && !place.contains("."))
        }
    }
    /// The collector of spans as it is written, nil for none.
    public var otlpEndpoint: String? { text(.otlpEndpoint) }
    /// The part of the traces that begin here of which spans are made, 0...1.
    public var otlpRatio: Double {
        if case .float(let number) = settings[ItemDefinition.otlpRatio.name]?.value { number } else { 1 }
    }
    /// Whether a decision must be in the audit log before it is given.
    public var auditRequired: Bool { flag(.auditRequired) }
    /// How long a required line may take.
    public var auditTimeout: Duration { seconds(.auditTimeout) }
    /// Whether lines are chained.
    public var chainsAudit: Bool { flag(.auditChain) }
    /// The file of the chain's key; nil for none.
    public var auditKey: String? { text(.auditKey) }
}

// MARK: - By definition

extension Configuration {
    /// Returns the blocks of an item such as `add-sigkey`, in order; none when there are none.
    public func blocks(_ name: String) -> [ConfigurationBlock] {
        if case .blocks(let blocks) = settings[name]?.value { blocks } else { [] }
    }

    func text(_ item: ItemDefinition) -> String? {
        if case .text(let text) = settings[item.name]?.value { text } else { nil }
    }

    private func flag(_ item: ItemDefinition) -> Bool {
        settings[item.name]?.value == .flag(true)
    }

    func integer(_ item: ItemDefinition) -> Int {
        if case .integer(let number) = settings[item.name]?.value { number } else { 0 }
    }

    func seconds(_ item: ItemDefinition) -> Duration {
        if case .float(let number) = settings[item.name]?.value { .seconds(number) } else { .zero }
    }

    func list(_ item: ItemDefinition) -> [String] {
        if case .list(let texts) = settings[item.name]?.value { texts } else { [] }
    }
}
