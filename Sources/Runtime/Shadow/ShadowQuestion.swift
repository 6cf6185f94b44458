import AuthCore

/// A question that was answered, as a shadow is asked it.
struct ShadowQuestion: Sendable {
    /// What was asked.
    enum Asked: Sendable {
        case login(Login)
        case resume(Login)
        case map(SessionID, ObjectName)
        case check(SessionID, Check)
        case realm(SessionID, RealmRequest, ObjectName)
    }

    let asked: Asked
    /// What the client was answered.
    let answer: Answer
    /// When it was answered, on the monotonic clock.
    let time: Int64
}

extension ShadowQuestion.Asked {
    /// nil for a question that no module is asked.
    init?(_ question: Question) {
        switch question {
        case .login(let login), .authenticate(let login): self = .login(login)
        case .resume(let login): self = .resume(login)
        case .logout: return nil
        case .map(let session, let name, _): self = .map(session, name)
        case .check(let session, let check): self = .check(session, check)
        }
    }

    /// The session that asks; nil for a question that opens one.
    var session: SessionID? {
        switch self {
        case .login, .resume: nil
        case .map(let session, _), .check(let session, _), .realm(let session, _, _): session
        }
    }

    /// The word that the audit log has for the question.
    var word: String {
        switch self {
        case .login: QuestionKind.login.rawValue
        case .resume: QuestionKind.resume.rawValue
        case .map: QuestionKind.map.rawValue
        case .check(_, let check): check.kind.rawValue
        case .realm: "realm"
        }
    }

    /// The name that is asked about, as the client has it; nil for a log-in.
    var object: String? {
        switch self {
        case .login, .resume: nil
        case .map(_, let name): name.text
        case .check(_, let check): check.name.text
        case .realm(_, let request, _): request.path.text
        }
    }

    /// The user who logs in; nil for a question of a session.
    var login: Login? {
        switch self {
        case .login(let login), .resume(let login): login
        case .map, .check, .realm: nil
        }
    }
}
