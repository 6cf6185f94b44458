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
    public init(_ text: String) { bytes = Array(text.utf8) + [0] }

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
    private final class Details: Sendable {
        let values: Values
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

    private var values: Values {
        get { details?.values ?? Values() }
        set { details = Details(newValue) }
    }

    /// At most 1,024 bytes; control characters are escaped.
    public var logText: String? {
        get { details?.values.logText }
        set { values.logText = newValue }
    }

    /// At most 256 bytes; control characters are escaped.
    public var clientText: String? {
        get { details?.values.clientText }
        set { values.clientText = newValue }
    }

    /// The canonical user name, where the module gave one.
    public var user: String? {
        get { details?.values.user }
        set { values.user = newValue }
    }

    /// The new name, as the module gave it; not validated yet.
    public var mapped: [UInt8]? {
        get { details?.values.mapped }
        set { values.mapped = newValue }
    }

    /// Seconds since 1970 when the session ends, 0 = never.
    public var expiry: Int64 {
        get { details?.values.expiry ?? 0 }
        set { values.expiry = newValue }
    }

    /// Most sessions the user may hold, 0 = no limit.
    public var sessionLimit: UInt32 {
        get { details?.values.sessionLimit ?? 0 }
        set { values.sessionLimit = newValue }
    }

    /// Most sessions the user may hold with the application id of this log-in, 0 = no limit.
    public var applicationSessionLimit: UInt32 {
        get { details?.values.applicationSessionLimit ?? 0 }
        set { values.applicationSessionLimit = newValue }
    }

    /// Why, in lines; at most 65,536 bytes, control characters other than the ends of lines are escaped.
    public var explanation: String? {
        get { details?.values.explanation }
        set { values.explanation = newValue }
    }

    /// What a remote server is shown: 0...65,536 bytes.
    public var secret: Secret? {
        get { details?.values.secret }
        set { values.secret = newValue }
    }

    /// Which credential it is, for the program that tells what became of it; set by the host.
    public var serial: UInt32 {
        get { details?.values.serial ?? 0 }
        set { values.serial = newValue }
    }

    /// What the log-in wants to be told with all that is asked about the session.
    public var sessionData: UInt64 {
        get { details?.values.sessionData ?? 0 }
        set { values.sessionData = newValue }
    }

    /// Groups, roles and claims of a log-in; obligations of a check. At most 64, without control characters.
    public var attributes: [Field] {
        get { details?.values.attributes ?? [] }
        set { values.attributes = newValue }
    }

    /// Set where the host answered for the module.
    public var refusal: Reason? {
        get { details?.values.refusal }
        set { values.refusal = newValue }
    }

    /// What the module did against its contract; the answer denies.
    public var breach: String? {
        get { details?.values.breach }
        set { values.breach = newValue }
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
    public static let nobodyNamed = "AUTH_OK for a log-in without result->user: a yes says who was authenticated"

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

/// What became of a completion; the numbers are `AUTH_COMPLETE_*`.
public enum CompletionOutcome: Int32, Sendable {
    case taken = 0
    case unknown = 1
    case twice = 2
    case late = 3
    case refused = 4
}

/// What a module may ask of its host. Any thread, also inside an entry point; no implementation calls a module back.
public protocol ModuleServices: AnyObject, Sendable {
    func log(_ severity: ModuleLogSeverity, _ text: String, module: String)
    /// Nanoseconds since 1970.
    var wallTime: Int64 { get }
    /// Nanoseconds from an unspecified start.
    var monotonicTime: Int64 { get }
    func complete(token: UInt64, _ answer: ModuleAnswer) -> CompletionOutcome
    /// Finds the oldest pending question of a generation 6 or 7 module.
    func pendingToken(session: UInt64, kind: PendingKind, name: String?, contributionID: String?) -> UInt64?
    /// Ejects sessions, oldest first; a nil criterion matches every session.
    func eject(user: String?, count: Int?, applicationID: String?, machineID: String?) -> Int
    func invalidate(_ scope: InvalidationScope)
    func attribute(_ attribute: SessionAttribute, ofSession handle: UInt64) -> String?
    /// Checks signature, validity, user name and single use of a token, in one call. May block.
    func checkSignature(key: String, token: String, user: String) -> SignatureOutcome
    /// Finds the value of an object's field; nil where none is known.
    func value(of field: String, ofObject name: String) -> String?
    /// Gets what a connection to a destination presents: `secret` and `user` of the answer. May block.
    func credential(for destination: String, challenge: Secret?) -> ModuleAnswer
    /// Learns whether the remote server took the credentials.
    func credentialCompleted(for destination: String, serial: UInt32, accepted: Bool)
    /// Ejects one session; false for one that has ended or never was.
    func eject(sessionHandle handle: UInt64) -> Bool
    /// Says whether files that belong to a user may decide something.
    func trusts(owner: UInt32) -> Bool
    /// Learns how the rules that a module decides by stand to those that they are read from.
    func noteRules(_ state: RulesState, module: String)
    /// Learns the mark that tells the rules of a module from others; "" where the module does not say.
    func noteDigest(_ digest: String, module: String)
    /// Hands out a number for the life of a helper process: no loading of a module and no life has it.
    func nextLife() -> UInt32
    /// Learns that a helper process has ended without being told to: its questions are answered in its place.
    func noteHelperEnd(_ end: HelperEnd, module: String)
}

/// How the rules in force stand to those that they are read from; the reasons are for the log.
public enum RulesState: Sendable, Equatable {
    /// They are the same.
    case current
    /// There are newer ones, which could not be read.
    case unreadable(String)
    /// There are newer ones, which are wrong.
    case wrong(String)
}

extension ModuleServices {
    /// Finds nothing.
    public func value(of field: String, ofObject name: String) -> String? { nil }
    /// Fails: there is no destination.
    public func credential(for destination: String, challenge: Secret?) -> ModuleAnswer {
        var answer = ModuleAnswer(.error)
        answer.logText = "there is no destination `\(destination)`"
        return answer
    }
    /// Does nothing.
    public func credentialCompleted(for destination: String, serial: UInt32, accepted: Bool) {}
    /// Ejects nothing.
    public func eject(sessionHandle handle: UInt64) -> Bool { false }
    /// Trusts root and the running user.
    public func trusts(owner: UInt32) -> Bool { FileTrust().trusts(owner) }
    /// Does nothing.
    public func noteRules(_ state: RulesState, module: String) {}
    /// Does nothing.
    public func noteDigest(_ digest: String, module: String) {}
    /// Hands out 1: a host that answers no session needs no other number.
    public func nextLife() -> UInt32 { 1 }
    /// Logs it.
    public func noteHelperEnd(_ end: HelperEnd, module: String) { log(.crit, end.text, module: module) }
}

/// What became of a signed token; the reasons are for the log alone and never hold the token.
public enum SignatureOutcome: Sendable, Equatable {
    case valid
    case refused(reason: String)
    /// The host cannot say, as without such a key.
    case failed(reason: String)
}

/// Severities of a module's log lines; the numbers are `AUTH_LOG_*`.
public enum ModuleLogSeverity: Int32, Sendable {
    case debug = 0
    case info, notify, warn, error, crit
}

/// What Liberator's event callback completes; the numbers are `THREADS_AUTH_*`.
public enum PendingKind: Int16, Sendable {
    case login = 1
    case map, write
}

/// What an invalidation covers.
public enum InvalidationScope: Sendable, Equatable {
    case all
    case user(String)
    case session(handle: UInt64)
    case object(String)
}

/// What a module can ask of a session; the numbers are `AUTH_SESSION_*`.
public enum SessionAttribute: UInt32, Sendable {
    case user = 1
    case applicationID, machineID, address, door, id
}
