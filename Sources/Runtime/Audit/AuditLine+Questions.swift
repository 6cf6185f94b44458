import AuthCore

extension AuditLine {
    /// Begins a line with the question and the asker.
    ///
    /// - Parameter session: the one that asks, where it is known.
    init(_ question: Question, _ session: Session?) {
        switch question {
        case .login(let login): add("login", login)
        case .resume(let login): add("resume", login)
        case .authenticate(let login): add("authenticate", login)
        case .logout(let id, let attributes):
            add("logout", id, session)
            trace = attributes.value(of: .traceParent)
        case .map(let id, let name, let attributes):
            add("map", id, session)
            add("requested", name.text)
            trace = attributes.value(of: .traceParent)
        case .check(let id, let check):
            add(check.action.rawValue, id, session)
            add("requested", check.name.text)
            trace = check.attributes.value(of: .traceParent)
        }
    }

    /// Begins a line with what an administrator wants to do, and who it is.
    init(_ request: RealmRequest, _ id: SessionID, _ session: Session?) {
        if session == nil { add("user", request.user) }
        add("realm", id, session)
        add("method", "\(request.method)".uppercased())
        add("requested", request.path.text)
        trace = request.attributes.value(of: .traceParent)
    }

    /// Begins a line with what an operator does.
    init(_ order: OperatorOrder) {
        add("user", order.user)
        add("question", "operator")
        add("door", order.door)
        add("method", order.action.uppercased())
        add("requested", order.scope)
    }

    /// Adds what was answered, and why.
    ///
    /// - Parameter rules: what tells the rules in force from others; "" where the module does not say.
    mutating func add(_ answer: Answer, rules: String) {
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
        if !answer.decision.isNone { add("decision", answer.decision.hexadecimal) }
        add("trace", trace)
        add("rules", String(rules.prefix(Self.digestDigits)))
    }

    /// Digits of a digest: enough to tell all rules that ever were apart.
    private static let digestDigits = 16

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
        trace = login.attributes.value(of: .traceParent)
        add("user", login.user)
        add("question", question)
        addOrigin(login.address, login.applicationID, login.machineID, login.door)
    }

    private mutating func add(_ question: String, _ id: SessionID, _ session: Session?) {
        if let session {
            add("user", session.typedUser.isEmpty ? session.user : session.typedUser)
            if !session.typedUser.isEmpty { add("becomes", session.user) }
        }
        add("session", id.description)
        add("question", question)
        guard let session else { return }
        addOrigin(session.address, session.applicationID, session.machineID, session.door)
    }

    private mutating func addOrigin(_ address: String, _ application: String, _ machine: String, _ door: String) {
        add("address", address)
        add("application", application)
        add("machine", machine)
        add("door", door)
    }
}
