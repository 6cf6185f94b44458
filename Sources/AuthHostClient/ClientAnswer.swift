import CAuthHost

/// The six answers. Everything but `allow` denies.
public enum ClientVerdict: String, Sendable {
    /// Yes.
    case allow
    /// No.
    case deny
    /// The log-in failed because of what was presented.
    case wrongCredentials = "wrong-credentials"
    /// The log-in was right, but a limit is reached.
    case overLimit = "over-limit"
    /// The session existed and was ended.
    case ejected
    /// It could not be decided; worth asking again.
    case undecided

    init(_ number: authhost_verdict_t) {
        switch number {
        case AUTHHOST_ALLOW: self = .allow
        case AUTHHOST_DENY: self = .deny
        case AUTHHOST_WRONG_CREDENTIALS: self = .wrongCredentials
        case AUTHHOST_OVER_LIMIT: self = .overLimit
        case AUTHHOST_EJECTED: self = .ejected
        default: self = .undecided
        }
    }
}

/// A name with a value beside a question or an answer.
public struct ClientAttribute: Hashable, Sendable {
    /// 1...255 bytes.
    public let name: String
    /// 0...4095 bytes.
    public let value: String

    /// Makes an attribute.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// What authhost answers, or the library in its place where it is away, late or breaks the protocol.
public struct ClientAnswer: Sendable {
    /// What was decided.
    public let verdict: ClientVerdict
    /// Why, in a word, such as `granted`; the library's own are `away`, `deadline`, `closed`, `broken-answer`, `too-many`.
    public let reason: String
    /// What the user may read; may be empty.
    public let text: String
    /// Of a log-in that was allowed.
    public let session: ClientSession?
    /// Of a log-in that was allowed: the session's user, who may be another than the name that was typed.
    public let user: String?
    /// Of a mapping that was allowed.
    public let mappedName: String?
    /// What the module adds: groups, roles and claims to a log-in, obligations to a check.
    public let attributes: [ClientAttribute]
    /// Which decision it is, in 32 hexadecimal digits, as the host's audit log has it; nil where the host has decided nothing, or
    /// does not say.
    public let decisionID: String?

    /// Copies an answer where it lies: the compiler takes its arrays for tuples of thousands of members, which it copies one by one.
    init(
        _ answer: UnsafePointer<authhost_answer_t>, of kind: authhost_kind_t, _ attributes: [ClientAttribute] = [],
        decision: String
    ) {
        self.attributes = attributes
        decisionID = decision.isEmpty ? nil : decision
        verdict = ClientVerdict(answer.pointee.verdict)
        reason = Self.text(\.reason, of: answer)
        text = Self.text(\.text, of: answer)
        let isAllowed = answer.pointee.verdict == AUTHHOST_ALLOW
        session = isAllowed && kind == AUTHHOST_QUESTION_LOGIN ? ClientSession(answer.pointee.session) : nil
        let user = isAllowed && kind == AUTHHOST_QUESTION_LOGIN ? Self.text(\.user, of: answer) : ""
        self.user = user.isEmpty ? nil : user
        mappedName = isAllowed && kind == AUTHHOST_QUESTION_MAP ? Self.text(\.name, of: answer) : nil
    }

    /// Makes the answer that it could not be decided.
    public init(undecided reason: String) {
        verdict = .undecided
        self.reason = reason
        text = ""
        session = nil
        user = nil
        mappedName = nil
        attributes = []
        decisionID = nil
    }

    /// The text of an array of characters, up to its NUL.
    private static func text<Characters>(
        _ member: KeyPath<authhost_answer_t, Characters>, of answer: UnsafePointer<authhost_answer_t>
    ) -> String {
        // SAFETY: an imported member is stored; it ends with the record.
        let start = UnsafeRawPointer(answer) + MemoryLayout<authhost_answer_t>.offset(of: member)!
        let bytes = UnsafeRawBufferPointer(start: start, count: MemoryLayout<Characters>.size)
        return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
}

extension ClientAnswer: CustomStringConvertible {
    /// Verdict, reason and decision, for the log of the program that asks: by the decision the host's audit log is searched.
    public var description: String {
        "\(verdict.rawValue): \(reason)" + (decisionID.map { ", decision \($0)" } ?? "")
    }
}

/// The name of a session: a credential that does not describe itself.
public struct ClientSession: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    private let high: UInt64
    private let low: UInt64

    init(_ session: authhost_session_t) {
        (high, low) = withUnsafeBytes(of: session) {
            ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        }
    }

    var name: authhost_session_t {
        var session = authhost_session_t()
        withUnsafeMutableBytes(of: &session) {
            $0.storeBytes(of: high, as: UInt64.self)
            $0.storeBytes(of: low, toByteOffset: 8, as: UInt64.self)
        }
        return session
    }

    /// Says nothing of it.
    public var description: String { "(session)" }
    /// Shows nothing of it.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// What is told without a question.
public enum ClientEvent: Sendable {
    /// There is a connection. All kept answers must be forgotten: events may have been missed.
    case connected
    /// The connection is lost, and why.
    case disconnected(String)
    /// No connection could be made, and why; the next try comes after a pause.
    case connectFailed(String)
    /// A session that began on this connection or is watched has ended.
    case ended(ClientSession)
    /// Every kept answer is no longer good.
    case invalidated
    /// Kept answers about a user are no longer good.
    case invalidatedUser(String)
    /// Kept answers of a session are no longer good.
    case invalidatedSession(ClientSession)
    /// Kept answers about an object are no longer good.
    case invalidatedObject(String)

    init?(_ event: authhost_event_t) {
        let text = event.text.map { String(cString: $0) } ?? ""
        switch event.kind {
        case AUTHHOST_CONNECTED: self = .connected
        case AUTHHOST_DISCONNECTED: self = .disconnected(text)
        case AUTHHOST_CONNECT_FAILED: self = .connectFailed(text)
        case AUTHHOST_SESSION_ENDED: self = .ended(ClientSession(event.session))
        case AUTHHOST_INVALIDATED:
            switch event.number {
            case 1: self = .invalidatedUser(text)
            case 2: self = .invalidatedSession(ClientSession(event.session))
            case 3: self = .invalidatedObject(text)
            default: self = .invalidated
            }
        default: return nil
        }
    }
}
