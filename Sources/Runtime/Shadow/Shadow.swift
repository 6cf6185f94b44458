import AuthCore
import Basics
import Logging
import ModuleHost

/// A module that is asked the questions of clients beside the one in force. Nothing that it says reaches a client.
///
/// It is the module of a second host, which has sessions of its own that no client knows. A thread of its own asks that host what
/// clients were answered, and compares. What a client waits for ends before: a question is shown with its answer.
public final class Shadow: Sendable {
    private let second: Host
    /// Those of clients.
    private let first: Sessions
    private let queue: ShadowQueue
    private let figures: ShadowFigures
    private let deadlines: LiveDeadlines
    private let clock: any HostClock
    private let log: Logger
    private let since: Int64
    private let invalidations = SetOnce<HostWatch>()
    private let invalidated = ShadowCount()
    private let tokens: ShadowTokens

    /// Loads a module to be a shadow. Blocks until its `auth_init` has returned.
    ///
    /// - Parameters:
    ///   - host: whose questions it will be shown; see ``Host/follow(_:)``.
    ///   - settings: those of that host; what concerns clients and others is left out. Its check of signatures uses up no token.
    ///   - limit: how many questions there may be that have not been compared yet.
    public convenience init(
        beside host: Host, _ request: LoadRequest, _ settings: HostConfiguration, limit: Int, log: Logger,
        clock: any HostClock = SystemClock()
    ) throws(ModuleError) {
        var aside = settings.aside
        aside.readsReasons = true
        // Limits on what waits are those of the shadow's own queue.
        aside.queueLimit = max(aside.queueLimit, limit)
        let tokens = ShadowTokens()
        if let check = settings.signatureCheck {
            aside.signatureCheck = { key, token, user in
                tokens.note(Array(token.utf8))
                return check(key, token, user)
            }
        }
        let log = Logger(label: "shadow") { _ in ShadowLogHandler(log) }
        let second = Host(aside, log: log, clock: clock)
        try second.load(request)
        self.init(second, beside: host.sessions, settings.deadlines, limit: limit, log: log, clock: clock, tokens)
    }

    init(
        _ second: Host, beside first: Sessions, _ deadlines: Deadlines, limit: Int, log: Logger, clock: any HostClock,
        _ tokens: ShadowTokens = ShadowTokens(), figures: ShadowFigures = ShadowFigures()
    ) {
        self.second = second
        self.first = first
        self.deadlines = LiveDeadlines(deadlines)
        self.clock = clock
        self.log = log
        self.figures = figures
        self.tokens = tokens
        queue = ShadowQueue(limit: limit)
        since = clock.wall / 1_000_000_000
        invalidations.set(second.whenInvalidated { [invalidated] _ in invalidated.add() })
        _ = PosixThread.start(name: "auth-shadow") { [self] in run() }
    }

    private func run() {
        // A module that does not return must not keep this thread.
        second.keepThreadFree()
        var sessions = ShadowSessions(self)
        while let (items, contents) = queue.take() {
            for (name, content) in contents { try? second.setContent(content, of: name) }
            for item in items { sessions.take(item) }
        }
    }

    // MARK: what clients are answered

    /// Whether it reads the attributes of questions.
    var readsAttributes: Bool { second.readsAttributes }

    /// Takes a question, with its answer when that is there. Never waits.
    func offer(_ asked: ShadowQuestion.Asked?, _ outcome: Outcome) {
        guard let asked else { return }
        if case .decided(let answer) = outcome { return take(asked, answer) }
        outcome.observe { [weak self] answer in self?.take(asked, answer) }
    }

    private func take(_ asked: ShadowQuestion.Asked, _ answer: Answer) {
        if ShadowFinding.isHostsOwn(answer) { return figures.note(asked.word, .unasked) }
        let question = ShadowQuestion(asked: asked, answer: answer, time: clock.monotonic)
        if !queue.offer(question) { figures.note(asked.word, .dropped) }
    }

    /// Takes other content of an object.
    func setContent(_ content: ObjectContent?, of name: ObjectName) { queue.put(content, of: name) }

    /// Takes what is known of objects when questions begin to be shown.
    func begin(_ contents: [ObjectName: ObjectContent]) { queue.put(contents) }

    // MARK: what its thread asks

    /// The open session of a client; nil where there is none.
    func session(_ id: SessionID) -> Session? { first.session(id).flatMap { $0.isOpen ? $0 : nil } }

    /// Has the end of a client's session told behind all that it has asked, for as long as what is returned is held.
    func watchEnd(of id: SessionID) -> HostWatch? {
        guard let session = session(id) else {
            queue.post(.ended(id))
            return nil
        }
        let (handle, key) = first.whenEnded(session) { [weak queue] _ in queue?.post(.ended(id)) }
        return HostWatch { [weak observers = first.observers] in observers?.remove(key, of: handle) }
    }

    /// Whether a question may still be asked: a password in it is kept no longer than a log-in may take.
    func isInTime(_ question: ShadowQuestion) -> Bool {
        clock.monotonic - question.time <= deadlines.nanoseconds(of: .login)
    }

    /// Asks about a log-in.
    ///
    /// - Parameter id: the session that the client has got; nil for none.
    func logIn(_ question: ShadowQuestion, for id: SessionID?) {
        let asked: Question
        switch question.asked {
        case .login(let login): asked = .login(login)
        case .resume(let login): asked = .resume(login)
        case .map, .check, .realm: return note(question, .unasked)
        }
        second.ask(asked).then { [self] said in
            compare(question, said)
            opened(id, said)
        }
    }

    /// Asks about a session that it has not seen the log-in of, as a swap would.
    func resume(_ session: Session, _ login: Login) {
        var answer = Answer(.allow, .granted, session: session.id, user: session.user)
        answer.attributes = session.attributes
        let question = ShadowQuestion(asked: .resume(login), answer: answer, time: clock.monotonic)
        second.ask(.resume(login)).then { [self] said in
            count(question, said)
            opened(session.id, said)
        }
    }

    private func opened(_ id: SessionID?, _ said: Answer) {
        guard let id else {
            if let own = said.session { logOut(own) }
            return
        }
        queue.post(.opened(id, as: said.session, again: said.verdict == .undecided && second.resumesUsers))
    }

    /// Asks what a session has asked.
    func ask(_ question: ShadowQuestion, in session: ShadowSession) {
        let own = session.id
        let outcome: Outcome
        switch question.asked {
        case .map(_, let name): outcome = second.ask(.map(own, name))
        case .check(_, let check): outcome = second.ask(.check(own, check))
        case .realm(_, let request, let object): outcome = second.permits(request, session: own, object: object)
        case .login, .resume: return note(question, .unasked)
        }
        session.noteAsked()
        outcome.then { [self] said in
            compare(question, said)
            if session.noteAnswered() { logOut(own) }
            if let id = question.asked.session, said.reason == .unknownSession || said.verdict == .ejected {
                queue.post(.lost(id, was: own))
            }
        }
    }

    func logOut(_ own: SessionID) { _ = second.ask(.logout(own)) }

    // MARK: what is found

    private func compare(_ question: ShadowQuestion, _ said: Answer) {
        queue.release()
        count(question, said)
    }

    private func count(_ question: ShadowQuestion, _ said: Answer) {
        var finding = ShadowFinding.comparing(question.answer, said)
        // Whether it was used before was not looked at again.
        if let login = question.asked.login, tokens.take(login.password.copy()), finding == .different(.verdict) {
            finding = .unasked
        }
        figures.note(question.asked.word, finding)
        let session = (question.asked.session ?? question.answer.session).flatMap(first.session)
        guard
            let difference = ShadowDifference(
                question, said, finding, session: session, at: clock.wall / 1_000_000_000),
            figures.note(difference)
        else { return }
        log.warning("the first of its kind: \(difference)")
    }

    /// Notes that a question is not compared.
    func note(_ question: ShadowQuestion, _ finding: ShadowFinding) {
        queue.release()
        figures.note(question.asked.word, finding)
    }

    /// Drops a question that no module was asked.
    func forget(_ question: ShadowQuestion) { queue.release() }
}

// What operators see of it, and do.
extension Shadow {
    /// What it has found so far.
    public var report: ShadowReport {
        let findings = Dictionary(uniqueKeysWithValues: ShadowFinding.words.map { ($0, figures.count($0)) })
        return ShadowReport(
            since: since, hindrance: second.readiness.ready ? nil : second.readiness.detail,
            sessions: second.sessionCount, waiting: queue.held, invalidations: invalidated.value, findings: findings,
            differences: figures.rows.map { ShadowReport.Row(times: $0.count, first: $0.first) })
    }

    /// The module, as it was loaded.
    public var instance: ModuleInstance.Description? { second.modules.all.first }

    /// The file that was mapped, for a swap to the very same.
    public var copy: ModuleCopy? { second.modules.copyInForce }

    /// Starts its helper processes again that had ended too often. Returns how many there were.
    public func release() -> Int { second.modules.release() }

    /// Asks it to re-read its rules.
    public func reload() { second.rules.reload() }

    /// Takes over what may change while questions are asked.
    func apply(_ settings: HostConfiguration) {
        deadlines.replace(with: settings.deadlines)
        var aside = settings.aside
        aside.queueLimit = max(aside.queueLimit, queue.limit)
        second.apply(aside)
    }

    /// Ends it: it is asked nothing any more, and its module's exit is called. Blocks for as long as that may take.
    public func stop() {
        queue.stop()
        second.stop()
    }
}
