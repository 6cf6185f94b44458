import AuthCore
import ModuleHost

extension Host {
    /// Asks, and records what was answered before anybody else has it.
    func audited(_ question: Question, _ audit: AuditLog, _ decide: () -> Outcome) -> Outcome {
        let line = AuditLine(question, user: question.session.flatMap { sessions.session($0)?.user })
        return audited(line, audit, decide) { [self] in
            endUnrecorded($0, to: question)
            if let kind = question.kind { metrics.count(kind, unrecorded) }
        }
    }

    /// Asks whether somebody may use a protected directory, and records what was answered before anybody else has it.
    func audited(
        _ request: DirectoryRequest, session id: SessionID, _ audit: AuditLog, _ decide: () -> Outcome
    ) -> Outcome {
        let line = AuditLine(request, session: id, user: sessions.session(id)?.user)
        return audited(line, audit, decide) { [metrics] _ in metrics.count(.read, Answer(.undecided, .auditFailed)) }
    }

    /// - Parameter unrecord: told of an answer that nobody gets because it could not be recorded.
    private func audited(
        _ line: AuditLine, _ audit: AuditLog, _ decide: () -> Outcome,
        _ unrecord: @escaping @Sendable (Answer) -> Void
    ) -> Outcome {
        decide().map { [self] in recorded($0, line, audit, unrecord) }
    }

    /// Records the rows of a batch, all of which are decided, in one write.
    func audited(_ outcomes: [Outcome], of checks: [Check], _ session: Session, _ audit: AuditLog) -> [Outcome] {
        let time = EventTime.now()
        var bytes: [UInt8] = []
        for case (let check, .decided(let answer)) in zip(checks, outcomes) {
            var line = AuditLine(.check(session.id, check), user: session.user)
            line.add(answer)
            line.append(to: &bytes, time: time, json: audit.json)
        }
        if audit.record(bytes) { return outcomes }
        return checks.map { counted($0.kind, .decided(unrecorded)) }
    }

    private func recorded(
        _ answer: Answer, _ line: AuditLine, _ audit: AuditLog, _ unrecord: @Sendable (Answer) -> Void
    ) -> Answer {
        var line = line
        line.add(answer)
        var bytes: [UInt8] = []
        line.append(to: &bytes, time: EventTime.now(), json: audit.json)
        if audit.record(bytes) { return answer }
        unrecord(answer)
        return unrecorded
    }

    /// A log-in that is not in the audit log leaves no session behind; one that others share stays theirs.
    private func endUnrecorded(_ answer: Answer, to question: Question) {
        guard let id = answer.session, let session = sessions.session(id) else { return }
        switch question {
        case .login, .resume: end(session, .refused)
        case .authenticate where answer.isOneUse: end(session, .refused)
        case .authenticate, .logout, .map, .check: break
        }
    }

    private var unrecorded: Answer { Answer(.undecided, .auditFailed) }
}

extension Question {
    /// The session that asks; nil for a question that opens one.
    fileprivate var session: SessionID? {
        switch self {
        case .login, .resume, .authenticate: nil
        case .logout(let id), .map(let id, _), .check(let id, _): id
        }
    }

    /// What it counts as; nil for a question that no module is asked.
    var kind: QuestionKind? {
        switch self {
        case .login, .authenticate: .login
        case .resume: .resume
        case .logout: nil
        case .map: .map
        case .check(_, let check): check.kind
        }
    }
}

extension AuditLine {
    /// Begins a line with the question and the asker.
    ///
    /// - Parameter user: of the session that asks, where it is known.
    init(_ question: Question, user: String?) {
        switch question {
        case .login(let login): add("login", login)
        case .resume(let login): add("resume", login)
        case .authenticate(let login): add("authenticate", login)
        case .logout(let id): add("logout", id, user)
        case .map(let id, let name):
            add("map", id, user)
            add("requested", name.text)
        case .check(let id, let check):
            add(check.action.rawValue, id, user)
            add("requested", check.name.text)
        }
    }

    /// Begins a line with what an administrator wants to do, and who it is.
    init(_ request: DirectoryRequest, session: SessionID, user: String?) {
        add("directory", session, user ?? request.user)
        add("method", "\(request.method)".uppercased())
        add("requested", request.path.text)
    }

    /// Adds what was answered, and why.
    mutating func add(_ answer: Answer) {
        // The user that the module has named, where that is another one.
        if let typed, let user = answer.user, !user.hasBytes(of: typed) { add("becomes", user) }
        if let session = answer.session { add("session", session.description) }
        if let object = answer.mappedName { add("object", object.text) }
        add("verdict", answer.verdict.rawValue)
        add("reason", answer.reason.rawValue)
        add("module", answer.logText)
    }

    private mutating func add(_ question: String, _ login: Login) {
        typed = login.user
        add("user", login.user)
        add("question", question)
        add("address", login.address)
        add("application", login.applicationID)
        add("machine", login.machineID)
        add("door", login.door)
    }

    private mutating func add(_ question: String, _ session: SessionID, _ user: String?) {
        add("user", user)
        add("session", session.description)
        add("question", question)
    }
}
