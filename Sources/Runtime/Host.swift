import AuthCore
import Basics
import Logging
import ModuleHost
import Synchronization
import Tracing

/// The running host: every question goes through here, to the part that it is for.
///
/// `ask` decides at once on the caller's thread where it can, and never blocks; it is called on event loops and threads,
/// never on Swift's cooperative pool.
public final class Host: Sendable {
    /// Where every decision is recorded; nil: nowhere.
    public var audit: AuditLog? { configuration.audit }
    /// What operators see and do.
    public let operators: Operators
    /// How the rules in force stand to those on disk, and how they are read again.
    public let rules: RulesInForce
    /// The module in force and those before it, and how another one takes over.
    public let modules: Modules
    let sessions: Sessions
    let logins: Logins
    let objects: Objects
    let realms: Realms
    let invalidations: Invalidations
    let services: HostServices
    private let auditing: Auditing?
    private let configuration: HostConfiguration
    let clock: any HostClock
    let log: Logger
    private let metrics: DecisionMetrics
    private let decisions = DecisionIDs()
    private let readinessFigures: ReadinessFigures
    private let spans: DecisionSpans?
    private let deadlines: LiveDeadlines
    let decider = DeciderInForce()
    private let reasons: WantedReasons
    let shadowing = ShadowInUse()
    let stage = Atomic<UInt8>(HostStage.running.rawValue)
    /// Set with the module.
    private let process = SetOnce<ProcessWatch>()

    private var isStopping: Bool { stage.load(ordering: .acquiring) == HostStage.stopping.rawValue }
    /// Whether no question is asked any more, for good or for now.
    private var isClosed: Bool { stage.load(ordering: .acquiring) != HostStage.running.rawValue }
    /// Whether another process has taken over what this one keeps.
    let hasHandedOver = Atomic<Bool>(false)

    /// Makes a host that has no module yet.
    public init(
        _ configuration: HostConfiguration = HostConfiguration(), log: Logger, clock: any HostClock = SystemClock()
    ) {
        self.configuration = configuration
        self.clock = clock
        self.log = log
        deadlines = LiveDeadlines(configuration.deadlines)
        metrics = DecisionMetrics(configuration.metrics)
        readinessFigures = ReadinessFigures(configuration.metrics)
        spans = configuration.tracer.map { DecisionSpans(tracer: $0, clock: clock) }
        let places = Places(configuration.limits) { event in
            switch event {
            case .reached: log.warning("\(event)")
            case .over: log.notice("\(event)")
            }
        }
        let cache = LoginCache(
            limit: configuration.loginCacheLimit, time: configuration.loginCacheTime,
            grace: configuration.deadlines.grace)
        let admission = configuration.admission?(places) ?? places
        sessions = Sessions(
            places: places, admission: admission, fence: configuration.fence, cache: cache, decider: decider,
            clock: clock, log: log, metrics: configuration.metrics)
        sessions.setIdleLimits(configuration.inactivityPeriods)
        logins = Logins(
            sessions, admission: admission, deadlines: deadlines, realm: configuration.realm,
            penalties: configuration.penalties.map { [deadlines] in
                Penalties(
                    $0, deadlines: deadlines, teller: configuration.penaltyTeller, clock: clock, log: log,
                    metrics: configuration.metrics)
            }, isTraced: configuration.tracer != nil, recorder: configuration.loginRecorder, metrics: metrics, log: log)
        invalidations = Invalidations(sessions, cache, logins.penalties, clock: clock)
        objects = Objects(
            configuration.objectLimits, mappings: configuration.objectMaps, decider: decider,
            invalidations: invalidations, deadlines: deadlines, clock: clock)
        realms = Realms(objects: objects, metrics: metrics)
        operators = Operators(sessions, invalidations, objects, decider: decider)
        rules = RulesInForce(
            configuration.staleRules, decider: decider, invalidations: invalidations, clock: clock, log: log)
        services = HostServices(
            configuration, sessions, invalidations, objects, operators, rules, log: log)
        auditing = configuration.audit.map { [sessions, metrics, rules] in Auditing($0, sessions, metrics, rules) }
        reasons = WantedReasons(configuration.audit != nil || configuration.readsReasons)
        modules = Modules(
            configuration, inForce: decider, services: services, sessions, invalidations, rules, deadlines,
            clock: clock, log: log
        ) { [deadlines, reasons] module, instance, settings in
            let name = module.identity.name
            return ModuleDecider(
                module, instance: instance, queueLimit: settings.queueLimit, threads: settings.blockingThreads,
                deadlines: deadlines, clock: clock, reasons: reasons, metrics: configuration.metrics
            ) { incident in
                if !configuration.isUnseen { incident.count() }
                incident.write(to: log, of: name)
            }
        }
    }

    // MARK: starting

    /// Loads the module this host asks; to be called once. Blocks until `auth_init` has returned.
    ///
    /// - Throws: ``ModuleError``; the host then has no module, and every question is *could not decide*.
    public func load(_ request: LoadRequest) throws(ModuleError) {
        let module = try modules.load(request)
        process.set(ProcessWatch())
        if clock.runs { startSweeping() }
        log.notice("Loaded auth module <\(module.name)> \(module.version) from \(module.path)")
    }

    /// Makes ready what the first question needs, without asking the module anything. Takes some milliseconds.
    public func rehearse() { Rehearsal.run(configuration) }

    /// Takes over a decider that another host has loaded, to try it.
    func tries(_ decider: any Decider) { self.decider.set(decider) }

    /// Loads the authenticators of the destinations, before the module that may ask for credentials. Blocks until every
    /// `auth_init` has returned.
    ///
    /// - Throws: ``ModuleError`` of the first that cannot be used.
    public func loadAuthenticators() throws(ModuleError) {
        if configuration.destinations.isEmpty { return }
        services.broker.set(
            try CredentialBroker(
                configuration.destinations, limit: configuration.credentialTimeout, services: services, clock: clock,
                log: log))
    }

    /// Gives the credentials of destinations, where any is configured.
    package var broker: CredentialBroker? { services.broker.value }

    /// Whether the attributes of log-ins and checks have a reader: the module, if it declares so, the audit log, a
    /// trace, whose parent may be among them, or a shadow.
    public var readsAttributes: Bool {
        auditing != nil || spans != nil || tellsAttributes || shadowing.value?.readsAttributes == true
    }

    /// Whether the module declares that it reads them.
    private var tellsAttributes: Bool { decider.value?.about.identity.readsAttributes ?? false }

    /// Whether the module exports `auth_resume_user`, whatever that answers; true where there is no module, which allows nothing.
    public var resumesUsers: Bool { decider.value?.about.resumesUsers ?? true }

    /// The loaded module, once there is one.
    public var module: DeciderDescription? { decider.value?.about }

    /// Whether questions can be answered now, and if not, why.
    public var readiness: (ready: Bool, detail: String) {
        if isStopping { return (false, "stopping") }
        if isClosed { return (false, "another process takes over") }
        guard let decider = decider.value else { return (false, "no module is loaded") }
        if let hindrance = decider.hindrance {
            return (false, "module `\(decider.about.identity.name)` \(hindrance)")
        }
        if let fault = configuration.audit?.fault ?? rules.fault { return (false, fault) }
        let standing = configuration.clusterStanding.map { "; \($0())" } ?? ""
        return (true, "module `\(decider.about.identity.name)` \(decider.about.identity.version)\(standing)")
    }

    // MARK: asking

    /// Answers a question.
    ///
    /// Never throws and never traps: every failure is a verdict that denies, with a reason of its own.
    public func ask(_ question: Question) -> Outcome {
        let id = decisions.next()
        let tells = tellsAttributes
        // A question that is put as it came is not copied.
        return question.isNamed(tells: tells)
            ? shown(question, decide(question.named(id, tells: tells), id)) : shown(question, decide(question, id))
    }

    private func decide(_ question: Question, _ id: DecisionID) -> Outcome {
        guard let auditing else { return put(question, id).named(id) }
        return auditing.recorded(question) { put(question, id).named(id) }
    }

    /// Shows what was asked, and what it is answered with, to the shadow where there is one.
    private func shown(_ question: @autoclosure () -> Question, _ outcome: Outcome) -> Outcome {
        if let shadow = shadowing.value { shadow.offer(ShadowQuestion.Asked(question()), outcome) }
        return outcome
    }

    private func put(_ question: Question, _ decision: DecisionID) -> Outcome {
        decided(question.kind) { decider in
            switch question {
            case .login(let login): timed(login, .login) { logins.logIn(login, decider) }
            case .resume(let login):
                timed(login, .resume) { LoginQuestion(logins, decider, login, .resume).ask() }
            case .authenticate(let login): timed(login, .login) { logins.authenticate(login, decider) }
            case .logout(let id, let attributes): .decided(logOut(id, attributes, decision))
            case .map(let id, let name, let attributes):
                asked(by: id, about: .name(name, attributes), decision, decider)
            case .check(let id, let check): asked(by: id, about: .check(check), decision, decider)
            }
        }
    }

    private func logOut(_ id: SessionID, _ attributes: [Field], _ decision: DecisionID) -> Answer {
        let began = clock.monotonic
        guard let spans else { return sessions.logOut(id, at: began) }
        let door = sessions.session(id)?.origin.door ?? ""
        let answer = sessions.logOut(id, at: began)
        spans.note("logout", answer, decision, door: door, attributes, began: began, moduleTime: 0)
        return answer
    }

    /// Counts the answer to what a session asks, and notes how long it took.
    ///
    /// - Parameter returned: when the module's last entry point returned, where the answer is there; 0 where none was called.
    private func note(
        _ outcome: Outcome, to kind: QuestionKind, _ returned: Int64, _ session: Session, _ attributes: [Field],
        _ decision: DecisionID, since began: Int64
    ) {
        let origin = session.origin
        if case .decided(let answer) = outcome {
            origin.figures.note(kind, answer.verdict, nanoseconds: max(0, returned - began))
        } else {
            outcome.observe { [clock] answer in
                origin.figures.note(kind, answer.verdict, nanoseconds: clock.monotonic - began)
            }
        }
        metrics.count(kind, outcome)
        guard let spans else { return }
        outcome.observe { [clock, isThere = outcome.isDecided] answer in
            let took = isThere ? max(0, returned - began) : clock.monotonic - began
            spans.note(kind, answer, decision, door: origin.door, attributes, began: began, moduleTime: took)
        }
    }

    /// Notes how long a log-in takes.
    private func timed(_ login: Login, _ kind: QuestionKind, _ ask: () -> Outcome) -> Outcome {
        let (began, figures) = (clock.monotonic, sessions.doors[login.door])
        let outcome = ask()
        // At once where it is decided: what is observed costs a closure.
        if case .decided(let answer) = outcome {
            note(answer, to: login, kind, figures, since: began)
        } else {
            outcome.observe { [self] in note($0, to: login, kind, figures, since: began) }
        }
        return outcome
    }

    private func note(
        _ answer: Answer, to login: Login, _ kind: QuestionKind, _ figures: DoorFigures, since began: Int64
    ) {
        figures.note(kind, answer.verdict, nanoseconds: clock.monotonic - began)
        spans?.note(
            kind, answer, login.decision, door: login.door, login.attributes, began: began,
            moduleTime: answer.moduleTime)
    }

    /// What every question passes: a host that stops, or whose rules are stale, answers it in the module's place.
    ///
    /// - Parameter kind: nil for what stale rules do not change.
    private func decided(_ kind: QuestionKind?, _ ask: (any Decider) -> Outcome) -> Outcome {
        guard !isClosed, let decider = decider.value else { return .decided(Answer(.undecided, .stopping)) }
        if rules.denies, let kind { return metrics.counted(kind, .decided(Answer(.undecided, .staleRules))) }
        return ask(decider)
    }

    /// What a session asks about.
    private enum Subject {
        case name(ObjectName, [Field])
        case check(Check)
        case realm(RealmRequest, ObjectName)

        var kind: QuestionKind {
            switch self {
            case .name: .map
            case .check(let check): check.kind
            case .realm: .read
            }
        }

        /// What the door knows of the question.
        var attributes: [Field] {
            switch self {
            case .name(_, let attributes): attributes
            case .check(let check): check.attributes
            case .realm(let request, _): request.attributes
            }
        }
    }

    /// What every question of a session passes: the session is open, and the module in force knows it.
    private func asked(
        by id: SessionID, about subject: Subject, _ decision: DecisionID, _ decider: any Decider
    ) -> Outcome {
        let now = clock.monotonic
        guard let session = sessions.use(id, at: now) else {
            let answer = sessions.refusal(of: id)
            spans?.note(subject.kind, answer, decision, door: "", subject.attributes, began: now, moduleTime: 0)
            return .decided(answer)
        }
        guard let known = decider.known(session) else {
            return modules.resumptions.resume(session) { [self] in
                decided(subject.kind) { asked(by: id, about: subject, decision, $0) }
            }
        }
        switch subject {
        case .name(let name, let attributes):
            var question = ObjectQuestion(objects, decider, session, known, name, attributes: attributes)
            let outcome = question.ask(at: now)
            note(outcome, to: .map, question.returned, session, attributes, decision, since: now)
            return outcome
        case .check(let check):
            var question = ObjectQuestion(objects, decider, session, known, check)
            let outcome = question.ask(at: now)
            note(outcome, to: check.kind, question.returned, session, check.attributes, decision, since: now)
            return outcome
        case .realm(let request, let object):
            let outcome = realms.ask(request, session, known, object: object, decider, at: now)
            guard let spans else { return outcome }
            outcome.observe { [clock, door = session.origin.door] answer in
                let took = clock.monotonic - now
                spans.note(.read, answer, decision, door: door, request.attributes, began: now, moduleTime: took)
            }
            return outcome
        }
    }

    /// Answers up to 1,000 checks that came at once, of any sessions, in their order.
    ///
    /// A module with `auth_check_batch` is asked once for all that it can answer so; the others are asked one by one.
    public func ask(_ checks: [SessionCheck]) -> [Outcome] {
        var answers = BatchAnswers(count: checks.count, decisions)
        batch(checks, into: &answers)
        if let shadow = shadowing.value {
            for place in checks.indices where answers.isAnswered[place] {
                shadow.offer(.check(checks[place].session, checks[place].check), answers.outcomes[place])
            }
        }
        for place in checks.indices where !answers.isAnswered[place] {
            answers.set(ask(.check(checks[place].session, checks[place].check)), at: place)
        }
        return answers.outcomes
    }

    /// Sets the answers that one call of the module gives; what must be asked alone, such as of a session that is not open, has none.
    private func batch(_ checks: [SessionCheck], into answers: inout BatchAnswers) {
        guard checks.count > 1, !isClosed, !rules.denies, let decider = decider.value, !decider.isHung,
            decider.takesBatches
        else { return }
        let now = clock.monotonic
        var asked: [AskedCheck] = []
        asked.reserveCapacity(checks.count)
        var last: (session: Session, known: ModuleSession)?
        for place in checks.indices {
            if last?.session.id != checks[place].session {
                last = sessions.use(checks[place].session, at: now).flatMap { session in
                    decider.known(session).map { (session, $0) }
                }
            }
            guard let last else { continue }
            asked.append(AskedCheck(place: place, session: last.session, known: last.known))
        }
        // Rows have their attributes in common, so the module is not told of the names of these decisions.
        objects.batch(asked, of: checks, decider, at: now, into: &answers)
        let took = clock.monotonic - now
        for tally in answers.tallies {
            metrics.count(tally.kind, tally.verdict, tally.reason, times: tally.count)
            tally.session.origin.figures.note(tally.kind, tally.verdict, nanoseconds: took, times: tally.count)
        }
        if let spans { note(asked, of: checks, answers, by: spans, began: now, took) }
        auditing?.record(&answers, of: asked, checks)
    }

    private func note(
        _ asked: [AskedCheck], of checks: [SessionCheck], _ answers: BatchAnswers, by spans: DecisionSpans,
        began: Int64, _ took: Int64
    ) {
        for one in asked {
            guard let answer = answers.decided(one.place) else { continue }
            let check = checks[one.place].check
            spans.note(
                check.kind, answer, answer.decision, door: one.session.door, check.attributes, began: began,
                moduleTime: took)
        }
    }

    /// Asks whether a user may do something in an HTTP realm that the module protects.
    ///
    /// - Parameters:
    ///   - id: the session that the user's password has got.
    ///   - object: what a check is asked about.
    public func permits(_ request: RealmRequest, session id: SessionID, object: ObjectName) -> Outcome {
        let decision = decisions.next()
        let outcome =
            auditing?.recorded(request, session: id) { put(request, id, object, decision).named(decision) }
            ?? put(request, id, object, decision).named(decision)
        if let shadow = shadowing.value { shadow.offer(.realm(id, request, object), outcome) }
        return outcome
    }

    /// Records what an operator is about to do; nil where that must be recorded and cannot be: then it must not be done.
    /// May block for as long as a line may take; not for an event loop of a door.
    ///
    /// - Returns: which decision it is.
    public func records(_ order: OperatorOrder) -> DecisionID? {
        let decision = decisions.next()
        return auditing?.records(order, decision) ?? true ? decision : nil
    }

    /// Records what has come of an order that was recorded. Waits for nothing: it is done.
    public func record(_ outcome: String, of order: OperatorOrder, _ decision: DecisionID) {
        auditing?.record(outcome, of: order, decision)
    }

    private func put(
        _ request: RealmRequest, _ id: SessionID, _ object: ObjectName, _ decision: DecisionID
    ) -> Outcome {
        decided(.read) { asked(by: id, about: .realm(request, object), decision, $0) }
    }

    // MARK: running

    /// Takes over what may change while questions are asked; questions under way keep what they began with.
    ///
    /// Applied: deadlines, the limit of the module's queue, how long and how many log-ins are kept, the configured
    /// mappings, limits on sessions with the licence's, and how long sessions that come in from now on may be idle,
    /// and what follows from stale rules. Everything
    /// else of `settings` holds from the next start on. Other mappings invalidate what was decided under the old ones;
    /// log-ins that would be kept for too long now are not handed out any more.
    public func apply(_ settings: HostConfiguration) {
        deadlines.replace(with: settings.deadlines)
        rules.apply(settings.staleRules)
        modules.apply(settings)
        for decider in decider.all { decider.limitQueue(to: settings.queueLimit) }
        let cache = sessions.cache
        let isTighter = cache.configure(
            limit: settings.loginCacheLimit, time: settings.loginCacheTime, grace: settings.deadlines.grace)
        if isTighter { cache.retireAll(at: clock.monotonic) }
        if let penalties = settings.penalties { logins.penalties?.configure(penalties.rules) }
        sessions.places.setLimits(settings.limits)
        sessions.setIdleLimits(settings.inactivityPeriods)
        if objects.mappings.replace(with: settings.objectMaps) { invalidations.invalidate(.all) }
        shadowing.value?.apply(settings)
    }

    /// Shows every question from now on to another shadow, or to none. The one before is ended by the caller.
    ///
    /// - Returns: false where the host stops, and shows nothing to it.
    @discardableResult
    public func follow(_ shadow: Shadow?) -> Bool {
        shadowing.set(shadow)
        reasons.want(configuration.audit != nil || configuration.readsReasons || shadow != nil)
        shadow?.begin(objects.store.all)
        guard shadow != nil, isStopping else { return true }
        shadowing.set(nil)
        return false
    }

    /// The module that is asked the same questions beside the one in force; nil for none.
    public var shadow: Shadow? { shadowing.value }

    /// Answers questions whose deadline has passed and ends sessions whose time has come, for tests that turn the clock.
    package func expireDeadlines() {
        for decider in decider.all { decider.expireDeadlines() }
        noticeLongCalls()
        sweep()
    }

    /// Sessions that are not used any more end within a second of their time.
    private func startSweeping() {
        _ = PosixThread.start(name: "auth-sweep") { [weak self] in
            let pause = ThreadSemaphore()
            var seconds = 0
            while self?.isStopping == false {
                _ = pause.wait(for: .seconds(1))
                self?.noticeLongCalls()
                self?.sweep()
                seconds += 1
                if seconds % Self.processInterval == 0, self?.configuration.isUnseen == false {
                    self?.noticeProcessChanges()
                }
            }
        }
    }

    /// Why the module in force is to be replaced where the configuration says so, in words: a call that has not returned by its
    /// deadline keeps a thread that asks, or all of the module's own; nil for no reason.
    public var moduleHang: String? {
        guard let decider = decider.value, decider.wantsReplacement else { return nil }
        return decider.hindrance ?? "is hung"
    }

    /// Whether a call that has not returned by its deadline may keep a thread that asks, also of a module that was replaced.
    public var mayKeepAskers: Bool { decider.all.contains { $0.wantsReplacement } }

    /// Looks for entry points that have been running for too long.
    private func noticeLongCalls() {
        for decider in decider.all { decider.noticeLongCalls() }
        broker?.noticeLongCalls()
    }

    /// How many seconds are between two looks at what belongs to the whole process.
    private static let processInterval = 5

    /// Names what has changed of the process since `auth_init` returned: no part of authhost changes it.
    private func noticeProcessChanges() {
        guard let changes = process.value?.changes(), !changes.isEmpty, let decider = decider.value else { return }
        for change in changes {
            log.error(
                """
                \(decider.about.identity.name): outside of auth_init \(change); an entry point must leave it as it is, since \
                it belongs to the whole process or to a thread of the host's
                """)
        }
    }

    private func sweep() {
        rules.sweep()
        configuration.audit?.probe()
        logins.sweep()
        sessions.sweep()
        modules.resumptions.sweep()
        let hindrance = decider.value.map { $0.hindrance != nil } ?? true
        let (audit, rules) = (configuration.audit?.fault, rules.fault)
        readinessFigures.record(ready: readiness.ready, openQuestions: openQuestions) { part in
            switch part {
            case .module: !hindrance
            case .audit: audit == nil
            case .rules: rules == nil
            case .running: !isClosed
            }
        }
    }

    // MARK: stopping

    /// Refuses new questions, ends every session, tells the module, and calls its exit.
    ///
    /// Blocks for at most the exit's time-out; not to be called on an event loop.
    ///
    /// - Parameter awaitsLateCalls: whether an entry point that is over its deadline has that time to return.
    public func stop(awaitsLateCalls: Bool = true) {
        let before = stage.exchange(HostStage.stopping.rawValue, ordering: .acquiringAndReleasing)
        guard before != HostStage.stopping.rawValue else { return }
        let isHandedOver = hasHandedOver.load(ordering: .acquiring)
        let shadow = shadow
        follow(nil)
        defer {
            shadow?.stop()
            broker?.stop(within: configuration.exitTimeout, awaitsLateCalls: awaitsLateCalls)
            // The files of a host that was taken over are another process's.
            if !isHandedOver {
                logins.penalties?.stop()
                configuration.audit?.stop()
            }
        }
        logins.penalties?.endWaiting()
        guard decider.value != nil else { return }
        // From here on no module takes over.
        sessions.close(isHandedOver ? .swapped : .stop)
        modules.awaitRetirement(within: configuration.exitTimeout)
        guard let decider = decider.value else { return }
        let timeout = awaitsLateCalls || decider.lateCalls.isEmpty ? configuration.exitTimeout : .zero
        if !decider.stop(within: timeout) {
            let (name, late) = (decider.about.identity.name, decider.lateCallsText)
            log.error("module \(name) has not ended after \(timeout); it is left behind\(late)")
        }
    }
}
