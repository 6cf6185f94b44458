import AuthCore
import Logging
import ModuleHost
import Synchronization

/// How a host runs its module.
public struct HostConfiguration: Sendable {
    /// When the host answers for a module that has not.
    public var deadlines = Deadlines()
    /// Questions that may wait for a serial or blocking module.
    public var queueLimit = 1024
    /// Threads of a blocking module.
    public var blockingThreads = 4
    /// How long log-ins stay in the log-in cache; zero: not at all.
    public var loginCacheTime: Duration = .seconds(60)
    /// Most log-ins in the log-in cache.
    public var loginCacheLimit = 10_000
    /// Part of the key of kept log-ins, and what browsers are asked with.
    public var realm = "authhost"
    /// Checks a signed token (key id, token, user name) with the configured keys; nil without any. May block.
    public var signatureCheck: (@Sendable (_ key: String, _ token: String, _ user: String) -> SignatureOutcome)?
    /// Applied to every name, in this order and before the module's mapping: the first that matches.
    public var objectMaps: [ConfiguredMapping] = []
    /// Where every decision is recorded; nil: nowhere.
    public var audit: AuditLog?
    /// The limits on sessions, and whether they eject.
    public var limits = SessionLimits()
    /// How long sessions of an application may be idle, by application id; those not named for ever.
    public var inactivityPeriods: [ExactText: Duration] = [:]
    /// Told of every log-in that has got its place, with the user and the application id ("" for none). Must not block.
    public var loginRecorder: (@Sendable (_ user: String, _ application: String) -> Void)?
    /// Stands between log-ins and the places of this host, where places are given out by more than this host.
    package var admission: (@Sendable (_ local: any Admission) -> any Admission)?
    /// The bounds of what is kept about objects, and whether anything is.
    public var objectLimits = ObjectLimits()
    /// The destinations of outgoing connections, and who gives their credentials.
    public var destinations: [CredentialDestination] = []
    /// How long an authenticator may take for its answer.
    public var credentialTimeout: Duration = .seconds(30)
    /// How long `auth_exit` may take.
    public var exitTimeout: Duration = .seconds(10)
    /// What follows where rules are older than those on disk.
    public var staleRules = StaleRules()
    /// Users besides root and the running one whose files may decide something.
    public var trustedOwners: Set<UInt32> = []

    /// Makes the defaults of the configuration.
    public init() {}
}

/// The running host: every question goes through here.
///
/// `ask` decides at once on the caller's thread where it can, and never blocks; it is called on event loops and threads,
/// never on Swift's cooperative pool.
public final class Host: Sendable {
    let configuration: HostConfiguration
    let clock: any HostClock
    let log: Logger
    let sessions: SessionTable
    let admission: any Admission
    let admissionDeadlines: AdmissionDeadlines
    let observers = SessionObservers()
    let invalidationObservers = InvalidationObservers()
    let sessionMetrics = SessionMetrics()
    let failedLogins = FailedLogins()
    let metrics = DecisionMetrics()
    let loginCache: LoginCache
    let deadlines: LiveDeadlines
    let objectMaps: ConfiguredMappings
    let objects: ObjectStore
    let freshness: RulesFreshness
    let reloadRetry = Mutex(ReloadRetry())
    private let deciding = Mutex<(any Decider)?>(nil)
    private let brokering = Mutex<CredentialBroker?>(nil)
    private let stopping = Atomic<Bool>(false)

    var isStopping: Bool { stopping.load(ordering: .acquiring) }

    /// Makes a host that has no module yet.
    public init(
        _ configuration: HostConfiguration = HostConfiguration(), log: Logger, clock: any HostClock = SystemClock()
    ) {
        self.configuration = configuration
        self.clock = clock
        self.log = log
        let sessions = SessionTable(limits: configuration.limits, now: clock.now) { event in
            switch event {
            case .reached: log.warning("\(event)")
            case .over: log.notice("\(event)")
            }
        }
        sessions.setIdleLimits(configuration.inactivityPeriods)
        self.sessions = sessions
        admission = configuration.admission?(sessions) ?? sessions
        admissionDeadlines = AdmissionDeadlines(now: clock.monotonic)
        deadlines = LiveDeadlines(configuration.deadlines)
        objectMaps = ConfiguredMappings(configuration.objectMaps)
        objects = ObjectStore(configuration.objectLimits)
        freshness = RulesFreshness(configuration.staleRules, log: log)
        loginCache = LoginCache(
            limit: configuration.loginCacheLimit, time: configuration.loginCacheTime,
            grace: configuration.deadlines.grace)
    }

    /// Loads the module this host asks. Blocks until `auth_init` has returned.
    ///
    /// - Throws: ``ModuleError``; the host then has no module, and every question is *could not decide*.
    public func load(_ request: LoadRequest) throws(ModuleError) {
        let module = try ModuleLoader(request).load(services: self)
        let decider = ModuleDecider(
            module, queueLimit: configuration.queueLimit, threads: configuration.blockingThreads,
            deadlines: deadlines, clock: clock,
            wantsReasons: configuration.audit != nil
        ) { [weak self] in self?.report($0, of: module.identity.name) }
        deciding.withLock { $0 = decider }
        if clock.runs { startSweeping() }
        log.notice("Loaded auth module <\(module.identity.name)> \(module.identity.version) from \(module.path)")
    }

    /// Loads the authenticators of the destinations, before the module that may ask for credentials. Blocks until every
    /// `auth_init` has returned.
    ///
    /// - Throws: ``ModuleError`` of the first that cannot be used.
    public func loadAuthenticators() throws(ModuleError) {
        if configuration.destinations.isEmpty { return }
        let broker = try CredentialBroker(
            configuration.destinations, limit: configuration.credentialTimeout, services: self, clock: clock, log: log)
        brokering.withLock { $0 = broker }
    }

    /// Gives the credentials of destinations, where any is configured.
    package var broker: CredentialBroker? { brokering.withLock { $0 } }

    /// The loaded module, once there is one.
    public var module: DeciderDescription? { decider?.about }

    var decider: (any Decider)? { deciding.withLock { $0 } }

    /// Whether questions can be answered now, and if not, why.
    public var readiness: (ready: Bool, detail: String) {
        if stopping.load(ordering: .acquiring) { return (false, "stopping") }
        guard let decider else { return (false, "no module is loaded") }
        if let hindrance = decider.hindrance {
            return (false, "module `\(decider.about.identity.name)` \(hindrance)")
        }
        if let fault = configuration.audit?.fault ?? freshness.fault(at: clock.monotonic) { return (false, fault) }
        return (true, "module `\(decider.about.identity.name)` \(decider.about.identity.version)")
    }

    /// Whether a module may be asked without a look at each question.
    func canAsk(_ decider: any Decider) -> Bool { !isStopping && !decider.isHung && !freshness.denies }

    /// Answers a question.
    ///
    /// Never throws and never traps: whatever goes wrong is a verdict that denies, with a reason of its own.
    public func ask(_ question: Question) -> Outcome {
        guard let audit = configuration.audit else { return decide(question) }
        return audited(question, audit) { decide(question) }
    }

    /// Answers a question without a line in the audit log.
    func decide(_ question: Question) -> Outcome {
        guard !stopping.load(ordering: .acquiring), let decider else {
            return .decided(Answer(.undecided, .stopping))
        }
        if freshness.denies, let kind = question.kind {
            return counted(kind, .decided(Answer(.undecided, .staleRules)))
        }
        switch question {
        case .login(let login): return self.login(login, decider)
        case .resume(let login): return self.login(login, resuming: true, decider)
        case .authenticate(let login): return authenticate(login, decider)
        case .logout(let id): return .decided(logout(id))
        case .map(let id, let name):
            guard let session = openSession(id) else { return .decided(refusal(of: id)) }
            var question = ObjectQuestion(self, decider, session, name)
            return counted(.map, question.ask())
        case .check(let id, let check):
            guard let session = openSession(id) else { return .decided(refusal(of: id)) }
            var question = ObjectQuestion(self, decider, session, check)
            return counted(check.kind, question.ask())
        }
    }

    /// What may be told about an open session. Telling it is no use of the session.
    public func describe(_ id: SessionID) -> SessionDescription? {
        sessions.session(id).flatMap { isOver($0) ? nil : $0.description(at: clock.now) }
    }

    /// The number of open sessions.
    public var sessionCount: Int { sessions.count }

    /// Refuses new questions, ends every session, tells the module, and calls its exit.
    ///
    /// Blocks for at most the exit's time-out; not to be called on an event loop.
    public func stop() {
        guard !stopping.exchange(true, ordering: .acquiringAndReleasing) else { return }
        defer {
            broker?.stop(within: configuration.exitTimeout)
            configuration.audit?.stop()
        }
        guard let decider else { return }
        for session in sessions.sessions(of: nil) { end(session, .stop) }
        if !decider.stop(within: configuration.exitTimeout) {
            log.error("module has not ended after \(configuration.exitTimeout); it is left behind")
        }
    }

    /// Answers questions whose deadline has passed and ends sessions whose time has, for tests that turn the clock themselves.
    package func expireDeadlines() {
        decider?.expireDeadlines()
        noticeLongCalls()
        sweep()
    }

    /// Questions that are with the module.
    public var openQuestions: Int { decider?.openQuestions ?? 0 }

    /// Looks for entry points that have not returned for too long.
    private func noticeLongCalls() {
        decider?.noticeLongCalls()
        broker?.noticeLongCalls()
    }

    /// Keeps the calling thread free of module code: what it asks is put to a module on threads of the module's own.
    public func keepThreadFree() { CallContext.keepThreadFree() }

    /// Sessions that nobody asks for any more end within a second of their time.
    private func startSweeping() {
        _ = PosixThread.start(name: "auth-sweep") { [weak self] in
            let pause = Semaphore()
            while self?.stopping.load(ordering: .acquiring) == false {
                _ = pause.wait(for: .seconds(1))
                self?.noticeLongCalls()
                self?.sweep()
            }
        }
    }

    /// The session that a question is for; the question counts as a use of it.
    func openSession(_ id: SessionID) -> Session? {
        guard let session = sessions.session(id) else { return nil }
        let now = clock.monotonic
        if session.isOver(clock, monotonic: now) { end(session, .expired) }
        guard session.isOpen else { return nil }
        session.touch(now)
        return session
    }

    /// Whether a session has ended or its time has come, in which case it ends now.
    private func isOver(_ session: Session) -> Bool {
        if session.isOver(clock, monotonic: clock.monotonic) { end(session, .expired) }
        return !session.isOpen
    }

    func refusal(of id: SessionID) -> Answer {
        sessions.wasEjected(id, at: clock.wall) ? Answer(.ejected, .ejectedSession) : Answer(.deny, .unknownSession)
    }

    /// Ends a session and tells the module, the metrics and the doors that watch it; false when it had ended before.
    ///
    /// Of one whose log-in is still under way the log-in tells the module, once and only if the module believes in it.
    @discardableResult
    func end(_ session: Session, _ reason: SessionEnd) -> Bool {
        guard let before = sessions.end(session, reason, at: clock.wall) else { return false }
        if before == .pending { return true }
        if reason == .ejected {
            loginCache.eject(session.id, at: clock.monotonic)
        } else {
            loginCache.forget(session.id)
        }
        if session.hasWaiting { decider?.cancelQuestions(of: session.handle) }
        decider?.tellFree(session.handle, reason)
        sessionMetrics.count(reason)
        for body in observers.take(session.handle) { body(reason) }
        return true
    }

    func counted(_ kind: QuestionKind, _ outcome: Outcome) -> Outcome {
        // At once where it is decided: what is observed costs a closure.
        if case .decided(let answer) = outcome {
            metrics.count(kind, answer)
        } else {
            outcome.observe { [metrics] in metrics.count(kind, $0) }
        }
        return outcome
    }

    private func logout(_ id: SessionID) -> Answer {
        guard let session = openSession(id), end(session, .logout) else { return refusal(of: id) }
        return Answer(.allow, .granted, user: session.user)
    }
}
