import AuthCore

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
        if !answer.attributes.isEmpty {
            add("attributes", answer.attributes.map { Self.pair($0) }.joined(separator: "&"))
        }
    }

    /// An attribute as in a query, so that every name and value can be told from the next.
    private static func pair(_ attribute: Field) -> String { "\(escaped(attribute.name))=\(escaped(attribute.value))" }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "%": escaped += "%25"
            case "&": escaped += "%26"
            case "=": escaped += "%3D"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
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
