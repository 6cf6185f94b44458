import AuthCore
import Basics

/// A session as modules know it: a 64-bit generation handle, and who it is.
public struct ModuleSession: Sendable {
    /// Never 0, never used again while a module may hold it.
    public let handle: UInt64
    /// The user's name, UTF-8, with a NUL behind it.
    public let user: TerminatedText
    /// The session data that the log-in has set; 0 for none.
    public let data: UInt64
    /// Which loading of the module has set it, or which life of its helper process; 0 for any. What another one has set is never
    /// shown to a module.
    public let life: UInt32

    /// Makes what a module is told of a session.
    public init(handle: UInt64, user: TerminatedText, data: UInt64 = 0, life: UInt32 = 0) {
        self.handle = handle
        self.user = user
        self.data = data
        self.life = life
    }
}

/// UTF-8 with a NUL behind it, made once and lent to modules many times.
public struct TerminatedText: Hashable, Sendable {
    @usableFromInline let bytes: [UInt8]

    /// - Precondition: `text` holds no NUL; ``Login`` has checked it.
    public init(_ text: String) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count + 1)
        bytes += text.utf8
        bytes.append(0)
        self.bytes = bytes
    }

    /// The number of bytes without the NUL.
    public var count: Int { bytes.count - 1 }

    /// The text without its NUL.
    public var text: String { String(decoding: bytes.dropLast(), as: UTF8.self) }

    func withTerminatedBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        bytes.withUnsafeBufferPointer(body)
    }
}

/// What a module said, copied out of its memory.
///
/// Most answers are a status and nothing more: the rest stands apart, so that such an answer costs no more than a number.
public struct ModuleAnswer: Sendable {
    // SAFETY: values change only where one answer alone has them; see `change`.
    private final class Details: @unchecked Sendable {
        var values: Values
        init(_ values: Values) { self.values = values }
    }

    private struct Values: Sendable {
        var logText: String?
        var clientText: String?
        var user: String?
        var mapped: [UInt8]?
        var expiry: Int64 = 0
        var sessionLimit: UInt32 = 0
        var applicationSessionLimit: UInt32 = 0
        var explanation: String?
        var secret: Secret?
        var serial: UInt32 = 0
        var sessionData: UInt64 = 0
        var attributes: [Field] = []
        var refusal: Reason?
        var breach: String?
    }

    /// What the entry point returned, or what was completed.
    public var status: Status
    private var details: Details?

    /// Makes an answer that is a status and nothing else.
    public init(_ status: Status) { self.status = status }

    /// Whether the status is all that was said.
    public var isBare: Bool { details == nil }

    /// Changes what few answers have, in its place where no other answer has the same.
    private mutating func change(_ body: (inout Values) -> Void) {
        if !isKnownUniquelyReferenced(&details) { details = Details(details?.values ?? Values()) }
        if let details { body(&details.values) }
    }

    /// At most 1,024 bytes; control characters are escaped.
    public var logText: String? {
        get { details?.values.logText }
        set { change { $0.logText = newValue } }
    }

    /// At most 256 bytes; control characters are escaped.
    public var clientText: String? {
        get { details?.values.clientText }
        set { change { $0.clientText = newValue } }
    }

    /// The canonical user name, where the module gave one.
    public var user: String? {
        get { details?.values.user }
        set { change { $0.user = newValue } }
    }

    /// The new name, as the module gave it; not validated yet.
    public var mapped: [UInt8]? {
        get { details?.values.mapped }
        set { change { $0.mapped = newValue } }
    }

    /// Seconds since 1970 when the session ends, 0 = never.
    public var expiry: Int64 {
        get { details?.values.expiry ?? 0 }
        set { change { $0.expiry = newValue } }
    }

    /// Most sessions the user may hold, 0 = no limit.
    public var sessionLimit: UInt32 {
        get { details?.values.sessionLimit ?? 0 }
        set { change { $0.sessionLimit = newValue } }
    }

    /// Most sessions the user may hold with the application id of this log-in, 0 = no limit.
    public var applicationSessionLimit: UInt32 {
        get { details?.values.applicationSessionLimit ?? 0 }
        set { change { $0.applicationSessionLimit = newValue } }
    }

    /// Why, in lines; at most 65,536 bytes, control characters other than the ends of lines are escaped.
    public var explanation: String? {
        get { details?.values.explanation }
        set { change { $0.explanation = newValue } }
    }

    /// What a remote server is shown: 0...65,536 bytes.
    public var secret: Secret? {
        get { details?.values.secret }
        set { change { $0.secret = newValue } }
    }

    /// Which credential it is, for the program that tells what became of it; set by the host.
    public var serial: UInt32 {
        get { details?.values.serial ?? 0 }
        set { change { $0.serial = newValue } }
    }

    /// What the log-in wants to be told with all that is asked about the session.
    public var sessionData: UInt64 {
        get { details?.values.sessionData ?? 0 }
        set { change { $0.sessionData = newValue } }
    }

    /// Groups, roles and claims of a log-in; obligations of a check. At most 64, without control characters.
    public var attributes: [Field] {
        get { details?.values.attributes ?? [] }
        set { change { $0.attributes = newValue } }
    }

    /// Set where the host answered for the module.
    public var refusal: Reason? {
        get { details?.values.refusal }
        set { change { $0.refusal = newValue } }
    }

    /// What the module did against its contract; the answer denies.
    public var breach: String? {
        get { details?.values.breach }
        set { change { $0.breach = newValue } }
    }

    /// What was said, for messages: the number, or what the host has said in the module's place.
    package var shown: String {
        switch refusal {
        case nil: status.shown
        case .noEntry: Status.noEntry.shown
        case let refusal?: "no answer (\(refusal.rawValue))"
        }
    }

    /// What is wrong with a log-in that allows and does not say who was authenticated.
    public static let noUserNamed = "AUTH_OK for a log-in without result->user: a yes says who was authenticated"

    /// What the host says for a module.
    package static func refused(_ reason: Reason) -> ModuleAnswer {
        var answer = ModuleAnswer(.error)
        answer.refusal = reason
        return answer
    }

    /// The answer of an instance that has ended, or not begun.
    static var ended: ModuleAnswer {
        refused(.stopping)
    }

    /// An answer that broke the contract.
    package static func broken(_ what: String) -> ModuleAnswer {
        var answer = ModuleAnswer(.error)
        answer.breach = what
        return answer
    }
}

/// Where a question stands on the clock and how it is answered later.
public struct CallTerms: Sendable {
    /// The token for a delayed answer, never 0.
    public let token: UInt64
    /// Nanoseconds on the host's monotonic clock.
    public let deadline: Int64
    /// Whether the module should say why also where it allows, for the audit log.
    public let wantsReason: Bool

    /// Makes what a module is told of a question; `deadline` is on the monotonic clock, in nanoseconds.
    public init(token: UInt64, deadline: Int64, wantsReason: Bool = false) {
        self.token = token
        self.deadline = deadline
        self.wantsReason = wantsReason
    }
}

extension ModuleAnswer {
    /// The verdict on the question: the host's own where it answered for the module, else the fail-closed rule's.
    public func verdict(for kind: QuestionKind) -> Answer {
        if isBare { return Answer.closed(status, to: kind) }
        if let refusal { return Answer(refusal == .noEntry ? .deny : .undecided, refusal) }
        if let breach { return Answer(.undecided, .brokenAnswer, logText: breach) }
        var answer = Answer.closed(status, to: kind)
        if let logText { answer.logText = logText }
        if let clientText { answer.clientText = clientText }
        if !attributes.isEmpty { answer.attributes = attributes }
        return answer
    }
}

extension Answer {
    /// Turns what a module returned, whatever it is, into a verdict: the one place where this is decided.
    ///
    /// Everything that is not a known, fitting "yes" denies. `docs/fail-closed.md` lists the table; a test compares it.
    public static func closed(_ status: Status, to kind: QuestionKind) -> Answer {
        switch status {
        case .ok: Answer(.allow, .granted)
        case .notMapped where kind == .map: Answer(.allow, .granted)
        case .deny where kind.isLogin: Answer(.wrongCredentials, .deniedByModule)
        case .deny: Answer(.deny, .deniedByModule)
        case .error: Answer(.undecided, .moduleError)
        case .again where kind == .read: Answer(.undecided, .contentUnknown)
        case .invalidUser where kind.isLogin: Answer(.wrongCredentials, .invalidUser)
        case .invalidPassword where kind.isLogin: Answer(.wrongCredentials, .invalidPassword)
        case .invalidAddress where kind.isLogin: Answer(.deny, .invalidAddress)
        case .accountExpired where kind.isLogin: Answer(.wrongCredentials, .accountExpired)
        case .userLimitExceeded where kind.isLogin: Answer(.overLimit, .userLimit)
        case .siteLimitExceeded where kind.isLogin: Answer(.overLimit, .siteLimit)
        case _ where Status.userCodes.contains(status.rawValue):
            Answer(.deny, .userCode, logText: "AUTH_USER\(status.rawValue - Status.userCodes.lowerBound + 1)")
        case _ where Status.reserved.contains(status.rawValue):
            Answer(.undecided, .reservedStatus, logText: "status \(status.shown)")
        default: Answer(.undecided, .unknownStatus, logText: "status \(status.shown)")
        }
    }
}

extension Status {
    /// Whether it is an answer to a question of a kind: one that ``Answer/closed(_:to:)`` has a word for.
    public func answers(_ kind: QuestionKind) -> Bool {
        let reason = Answer.closed(self, to: kind).reason
        return reason != .unknownStatus && reason != .reservedStatus
    }
}
