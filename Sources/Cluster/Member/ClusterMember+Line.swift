/// The connection on which everything is asked.
extension ClusterMember {
    static let shortestPause: Int64 = 50_000_000
    static let longestPause: Int64 = 2_000_000_000

    /// Says who comes, and asks what the server is, before anything is asked of it.
    mutating func greet() {
        line = .greeting(since: now)
        reader = RESPReader()
        expected = RequestQueue()
        for (words, expectation) in authentication { send(words, expectation) }
        send([Array("INFO".utf8)], .information)
        let load = [Array("SCRIPT".utf8), Array("LOAD".utf8)]
        send(load + [Array(settings.script.utf8)], .loading)
        send(load + [Array(RegistryScript.whenFull(settings.script).utf8)], .loadingWhenFull)
    }

    /// What is said first on either connection.
    var authentication: [(words: [[UInt8]], Expectation)] {
        var steps: [([[UInt8]], Expectation)] = []
        if let words = settings.authentication { steps.append((words, .authentication)) }
        if settings.database != 0 {
            steps.append(([Array("SELECT".utf8), Array("\(settings.database)".utf8)], .selection))
        }
        return steps
    }

    mutating func send(_ words: [[UInt8]], _ expectation: Expectation) {
        expected.append(expectation)
        act(.send(.command, RESPCommand.encode(words)))
    }

    private var identity: String { sharesIdentity ? "\(settings.identity) after \(lastEpoch)" : settings.identity }

    /// Becomes a member, or goes on as the one it is.
    mutating func enter() {
        if isLeaving { return }
        guard var member = membership else {
            joinAsked = now
            joinWasLost = joinWasLost || joinIsOpen
            joinIsOpen = true
            var stale = "-"
            if let rival, rival.still >= settings.lease { stale = rival.beat }
            return run(
                "join", generation: "-", epoch: "-", link: 1,
                [String(settings.index), identity, settings.hostName, RegistryScript.form, stale, Self.proposedKey()]
                    .map {
                        Array($0.utf8)
                    }, .join)
        }
        member.link += 1
        membership = member
        run(
            "attach", generation: member.generation, epoch: member.epoch, link: member.link, [], .attach, whenFull: true
        )
    }

    /// Sends one run of the script.
    mutating func run(
        _ operation: String, generation: String, epoch: String, link: Int, _ arguments: [[UInt8]],
        _ expectation: Expectation, whenFull: Bool = false, asText: Bool = false
    ) {
        let text = whenFull ? RegistryScript.whenFull(settings.script) : settings.script
        let script =
            asText
            ? [Array("EVAL".utf8), Array(text.utf8)] : [Array("EVALSHA".utf8), whenFull ? digestWhenFull : digest]
        let head = ["1", "{authhost:\(settings.name)}", operation, generation, epoch, "\(link)"].map { Array($0.utf8) }
        send(script + head + arguments, expectation)
    }

    // MARK: replies

    mutating func readReplies(_ bytes: [UInt8]) {
        reader.receive(bytes)
        do throws(RESPError) {
            while isConnected, let value = try reader.next() {
                guard let expectation = expected.popFirst() else {
                    return drop("it answered what was not asked")
                }
                take(value, for: expectation)
            }
        } catch {
            drop("it is not Redis, or something is in between: \(error)")
        }
    }

    private var isConnected: Bool {
        switch line {
        case .greeting, .ready: true
        case .down, .opening: false
        }
    }

    private mutating func take(_ value: RESPValue, for expectation: Expectation) {
        if case .error(let bytes) = value {
            return takeError(String(decoding: bytes.prefix(200), as: UTF8.self), for: expectation)
        }
        switch expectation {
        case .authentication, .selection, .nothing: break
        case .information: readInformation(value.text)
        case .loading: digest = value.bytes ?? []
        case .loadingWhenFull:
            digestWhenFull = value.bytes ?? []
            enter()
        case .join: joined(value.items)
        case .attach: attached(value.items)
        case .request(let request):
            counts.scripts += 1
            roundTrip = now - request.sent
            answered(request, value.items)
        }
    }

    /// Errors that tell of a server that cannot be asked now. What was asked is asked again elsewhere or later.
    private static let unusable = [
        "READONLY", "LOADING", "MOVED", "ASK", "CLUSTERDOWN", "MASTERDOWN", "NOAUTH", "WRONGPASS", "NOREPLICAS",
        "TRYAGAIN", "BUSY", "MISCONF",
    ]

    private mutating func takeError(_ text: String, for expectation: Expectation) {
        let word = text.prefix { $0 != " " && $0 != ":" }
        switch expectation {
        case .nothing: break
        case .request(var request) where word == "NOSCRIPT":
            request.needsText = true
            transmit(request)
        case .request(let request) where !Self.unusable.contains(String(word)):
            // What fails by itself would fail again.
            refused(request, text)
        case .request(let request):
            expected = expected.preceded(by: .request(request))
            refuse("it answered `\(text)`")
        case .authentication:
            // The whole text may repeat what was said: the password.
            let kind =
                word == "ERR" || word == "NOPERM" || Self.unusable.contains(String(word)) ? "`\(word)`" : "an error"
            refuse("it does not let this host in: it answered \(kind) to AUTH")
        case .selection: refuse("it has no database \(settings.database): `\(text)`")
        case .information: refuse("it does not say what it is: `\(text)`")
        case .loading, .loadingWhenFull: refuse("it does not take the script: `\(text)`")
        case .join, .attach: refuse("it does not take this host as a member: `\(text)`")
        }
    }

    /// Looks at what kind of server it is, before it is trusted with anything.
    private mutating func readInformation(_ text: String) {
        var fields: [Substring: Substring] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { fields[parts[0]] = parts[1] }
        }
        let version = fields["redis_version"] ?? ""
        guard let major = Int(version.prefix { $0 != "." }) else {
            return refuse("it is not Redis: its INFO has no `redis_version`")
        }
        guard major >= 7 else { return refuse("it is Redis \(version), and 7.0 or later is needed") }
        if fields["role"] != "master" {
            return refuse("it is a replica of \(fields["master_host"] ?? "another"), and the master is needed")
        }
        if fields["loading"] == "1" { return refuse("it is loading its data") }
        if let policy = fields["maxmemory_policy"], policy != "noeviction" {
            return refuse("its `maxmemory-policy` is \(policy): sessions would vanish, `noeviction` is needed")
        }
        runID = String(fields["run_id"] ?? "")
    }

    private mutating func attached(_ reply: [RESPValue]) {
        switch reply.first?.text {
        case "OK" where membership != nil: becomeReady()
        case "STALE": enter()
        default:
            loseMembership()
            enter()
        }
    }

    /// Everything may be asked from here on; what was not answered is asked again, in its order.
    mutating func becomeReady() {
        line = .ready
        failures = 0
        isRefused = false
        if !problem.isEmpty { act(.event(.connected)) }
        problem = ""
        // However much is to be asked, the lease comes first.
        nextRenewal = now + settings.period
        backlog = backlog.preceded(by: Request(.renew))
        unregistered = RequestQueue()
        let open = held.filter { $0.value.phase == .open && $0.value.registration != .asked }
        for handle in open.keys.sorted() { unregistered.append(handle) }
        registerSome()
        if case .down = subscription { subscription = .down(until: now) }
    }

    // MARK: losing it

    /// Gives the connection up, and tries again after a pause that grows.
    mutating func drop(_ reason: String) {
        if case .down = line { return }
        act(.close(.command))
        lost(.command, because: reason)
    }

    /// Gives the connection up because of what the server is.
    mutating func refuse(_ reason: String) {
        if problem != reason { act(.event(.refusedRegistry(reason))) }
        isRefused = true
        problem = reason
        drop(reason)
    }

    mutating func lost(_ which: ClusterLine, because reason: String) {
        guard which == .command else { return lostSubscription() }
        if case .down = line { return }
        if case .opening = line { isRefused = false }
        if line == .ready {
            downSince = now
            counts.reconnects += 1
        }
        failures += 1
        let pause = min(Self.longestPause, Self.shortestPause << min(failures, 10))
        line = .down(until: now + jittered(pause))
        if !isRefused && problem != reason {
            problem = reason
            act(.event(.unreachable(reason)))
        }
        // What was sent and not answered comes before what was not sent.
        let unanswered = expected.takeAll().compactMap { expectation -> Request? in
            if case .request(let request) = expectation { request } else { nil }
        }
        let unsent = backlog.takeAll()
        for request in unanswered + unsent { backlog.append(request) }
    }
}

extension RequestQueue {
    /// The same values after one more.
    func preceded(by element: Element) -> RequestQueue {
        var rest = self
        var queue = RequestQueue()
        queue.append(element)
        while let next = rest.popFirst() { queue.append(next) }
        return queue
    }
}
