import AuthConfiguration
import AuthCore
import Basics
import ClusterCarrier
import Glibc
import Logging
import ModuleHost
import Runtime
import Signatures
import Telemetry
import Usage

/// From a configuration to a host that can be asked.
struct HostSetup: Sendable {
    let configuration: Configuration
    let output: EventLogOutput
    let log: Logger
    /// Where every decision is recorded; nil where none is configured, and for a command that asks one question.
    let audit: AuditLog?
    /// Checks signed tokens for modules.
    let signatures: SignatureService
    /// What follows wrong passwords; nil for a command that asks one question.
    let penalties: PenaltySettings?
    /// Sends spans to a collector; nil for no spans.
    let spans: OTLPExporter?
    /// The host's end of its cluster; nil for a single host, and for a command that asks one question.
    let cluster: ClusterRegistry?

    /// Reads the configuration file and the command line, and opens the event log.
    ///
    /// - Parameters:
    ///   - quiet: log only warnings and worse, for a command that asks one question.
    ///   - opensStore: whether the file of used tokens is opened now, and not when another process has closed it.
    init(quiet: Bool, opensStore: Bool = true) throws(Failure) {
        if quiet { try Self.goOnWatched() }
        let coreLimit = CoreDumps.suspend()
        configuration = try Self.readConfiguration()
        CoreDumps.settle(coreLimit, allowed: configuration.leavesCoreDumps)
        do {
            output =
                quiet
                ? try EventLogOutput(path: nil, level: .warning, json: false)
                : try EventLogOutput(
                    path: configuration.eventLog, level: configuration.leastSeverity,
                    json: configuration.logFormat == "json")
        } catch {
            throw Failure(.badConfiguration, at: configuration.place(of: "event-log"), "\(error)")
        }
        let handler = EventLogHandler(output)
        log = Logger(label: "authhost") { _ in handler }
        do throws(Failure) {
            audit = quiet ? nil : try Self.openAudit(configuration, log)
            signatures = try SignatureService(
                configuration, trustedOwners: configuration.owners(), opensStore: !quiet && opensStore)
            penalties = quiet ? nil : try configuration.penaltySettings()
            spans = quiet ? nil : try configuration.spanExporter(log: log)
            cluster = quiet ? nil : try configuration.clusterRegistry(log: log)
        } catch {
            if !quiet, configuration.eventLog != nil { error.write(to: log, as: "authhost does not start") }
            throw error
        }
        for warning in configuration.warnings { log.warning("\(warning)") }
    }

    /// Sets up what a start sets up, for a look at whether it would: no log is written, and no store is opened.
    init(checking configuration: Configuration) throws(Failure) {
        try Self.goOnWatched()
        self.configuration = configuration
        do {
            output = try EventLogOutput(path: nil, level: .warning, json: false)
        } catch {
            throw Failure(.badConfiguration, "\(error)")
        }
        let handler = EventLogHandler(output)
        log = Logger(label: "authhost") { _ in handler }
        audit = nil
        penalties = nil
        spans = nil
        cluster = nil
        signatures = try SignatureService(configuration, trustedOwners: configuration.owners(), opensStore: false)
    }

    /// Goes on in a process whose end no module can make look like an answer.
    private static func goOnWatched() throws(Failure) {
        if let fault = HostProcess.goOnWatched() { throw Failure(.undecided, fault) }
    }

    /// Writes why the host ends to the event log, where that is a file: standard error is told by the caller that takes the failure.
    func log(_ failure: Failure, as what: String) {
        if configuration.eventLog != nil { failure.write(to: log, as: what) }
    }

    /// Reads the configuration file that the command line names, and the command line.
    ///
    /// - Parameter file: a configuration file that an argument names.
    static func readConfiguration(file: String? = nil) throws(Failure) -> Configuration {
        do {
            return try Configuration.load(
                file: file, arguments: ConfigurationArguments.items,
                environment: ConfigurationContext.processEnvironment())
        } catch {
            throw Failure(error)
        }
    }

    /// The control socket of the host that runs with the configuration of the command line, whatever is wrong with that;
    /// nil where it names none.
    static func controlSocket() -> String? {
        Configuration.controlSocket(
            file: nil, arguments: ConfigurationArguments.items,
            context: .system(environment: ConfigurationContext.processEnvironment()))
    }

    /// Makes a host and loads its module. Blocks until `auth_init` has returned.
    ///
    /// - Parameters:
    ///   - usage: told who logs in.
    ///   - readsReasons: whether the reasons of answers to checks are read.
    ///   - adjust: changes what the configuration says.
    func makeHost(
        counting usage: UsageService? = nil, readsReasons: Bool = true, clock: any HostClock = SystemClock(),
        adjust: (inout HostConfiguration) -> Void = { _ in }
    ) throws(Failure) -> Host {
        var settings = configuration.hostSettings
        settings.trustedOwners = try configuration.owners()
        if let usage { settings.loginRecorder = { usage.record(user: $0, application: $1) } }
        settings.audit = audit
        settings.readsReasons = readsReasons
        settings.penalties = penalties
        if let spans { settings.tracer = OTLPTracer(spans, ratio: configuration.otlpRatio) }
        settings.signatureCheck = signatures.check(log: log)
        settings.limits.applications = try configuration.applicationLimits()
        settings.destinations = try configuration.credentialDestinations()
        settings.moduleTests = try configuration.moduleTestQuestions()
        cluster?.join(&settings)
        adjust(&settings)
        HostProcess.keepOutput()
        let host = Host(settings, log: log, clock: clock)
        var request = try configuration.loadRequest()
        request.isAtStart = true
        try Self.loadAuthenticators(host)
        do {
            try host.load(request)
        } catch {
            throw configuration.failure(error)
        }
        return host
    }

    /// Makes a host for a command that asks a question and waits: the module is asked on threads of its own, so that an entry point
    /// that does not return is late, and the command is not.
    static func hostForQuestions() throws(Failure) -> Host {
        let host = try HostSetup(quiet: true).makeHost()
        host.keepThreadFree()
        return host
    }

    /// Makes a host with its authenticators and no module, for a command that needs credentials alone and waits for them: they are
    /// asked on threads of their own, as by ``hostForQuestions()``.
    func makeAuthenticators() throws(Failure) -> Host {
        var settings = configuration.hostSettings
        settings.trustedOwners = try configuration.owners()
        settings.destinations = try configuration.credentialDestinations()
        HostProcess.keepOutput()
        let host = Host(settings, log: log)
        host.keepThreadFree()
        try Self.loadAuthenticators(host)
        return host
    }

    private static func loadAuthenticators(_ host: Host) throws(Failure) {
        do {
            try host.loadAuthenticators()
        } catch {
            throw Failure(error.code.isOption ? .badConfiguration : .moduleUnusable, "\(error)")
        }
    }
}

extension Failure {
    /// Writes each line of the failure.
    fileprivate func write(to log: Logger, as what: String) {
        for line in text.split(separator: "\n") { log.critical("\(what): \(line)") }
    }
}
