import CAuthModule

/// Says what a module decided; the numbers are `AUTH_*` of `status.h`, and the host denies for those it does not know.
public struct AnswerStatus: RawRepresentable, Hashable, Sendable {
    /// The number on the C interface.
    public let rawValue: Int32

    /// Makes a status of any number.
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// Allowed.
    public static var ok: AnswerStatus { AnswerStatus(rawValue: AUTH_OK) }
    /// Refused for no particular reason.
    public static var deny: AnswerStatus { AnswerStatus(rawValue: AUTH_DENY) }
    /// The module could not decide, which denies.
    public static var error: AnswerStatus { AnswerStatus(rawValue: AUTH_ERROR) }
    /// A read whose content is not there yet: ask again.
    public static var again: AnswerStatus { AnswerStatus(rawValue: AUTH_AGAIN) }
    /// Answered later, through the question's completion.
    public static var delayed: AnswerStatus { AnswerStatus(rawValue: AUTH_DELAYED) }
    /// A log-in of somebody unknown. Clients are told "wrong credentials", nothing more.
    public static var invalidUser: AnswerStatus { AnswerStatus(rawValue: AUTH_INVALID_USER) }
    /// A log-in with a wrong password.
    public static var invalidPassword: AnswerStatus { AnswerStatus(rawValue: AUTH_INVALID_PASS) }
    /// A log-in refused because of the client's address.
    public static var invalidAddress: AnswerStatus { AnswerStatus(rawValue: AUTH_INVALID_ADDR) }
    /// A log-in to an account that has expired or is not valid yet.
    public static var accountExpired: AnswerStatus { AnswerStatus(rawValue: AUTH_ACCT_EXPIRED) }
    /// A log-in beyond the user's own limit of concurrent sessions.
    public static var userLimitExceeded: AnswerStatus { AnswerStatus(rawValue: AUTH_USER_LC_EXCEEDED) }
    /// A log-in beyond the limit of all sessions.
    public static var siteLimitExceeded: AnswerStatus { AnswerStatus(rawValue: AUTH_SITE_LC_EXCEEDED) }
    /// The first of five refusals with a meaning between module and client.
    public static var user1: AnswerStatus { AnswerStatus(rawValue: AUTH_USER1) }
    /// The second of them.
    public static var user2: AnswerStatus { AnswerStatus(rawValue: AUTH_USER2) }
    /// The third of them.
    public static var user3: AnswerStatus { AnswerStatus(rawValue: AUTH_USER3) }
    /// The fourth of them.
    public static var user4: AnswerStatus { AnswerStatus(rawValue: AUTH_USER4) }
    /// The fifth of them.
    public static var user5: AnswerStatus { AnswerStatus(rawValue: AUTH_USER5) }
    /// As if the module did not export the entry point: what the kit says where a class has no function of its own.
    public static var noEntry: AnswerStatus { AnswerStatus(rawValue: AUTH_NO_ENTRY) }
    /// A row of a batch that the host is to ask alone, by the check's own function.
    public static var askAlone: AnswerStatus { AnswerStatus(rawValue: AUTH_ASK_ALONE) }
}

/// Answers a log-in, a check or an HTTP request.
///
/// An answer whose reasons are literals allocates nothing and counts no reference.
public struct Answer: Sendable {
    /// What was decided.
    public let status: AnswerStatus
    /// For a log-in, the most sessions this user may hold, 0 for no limit.
    public let sessionLimit: UInt32
    /// For a log-in, the most sessions this user may hold with the application id of the log-in, 0 for no limit.
    public let applicationSessionLimit: UInt32
    /// For a log-in, when the session ends: whole seconds since 1970-01-01 00:00 UTC, 0 for never.
    let expiry: Int64
    private let literalLog: StaticString
    private let literalClient: StaticString
    private let composed: ComposedReasons?
    /// What most answers have nothing of.
    private(set) var extras: AnswerExtras?

    private init(
        _ status: AnswerStatus, _ log: StaticString, _ client: StaticString, _ composed: ComposedReasons? = nil,
        expiry: Int64 = 0, sessionLimit: UInt32 = 0, applicationSessionLimit: UInt32 = 0
    ) {
        self.status = status
        self.sessionLimit = sessionLimit
        self.applicationSessionLimit = applicationSessionLimit
        self.expiry = expiry
        literalLog = log
        literalClient = client
        self.composed = composed
    }

    /// Makes an answer of any status without a reason.
    public init(_ status: AnswerStatus) { self.init(status, "", "") }

    /// Makes an answer of any status.
    ///
    /// log: why, for the event log; 1,024 bytes are kept. Never a secret.
    /// client: why, for the client; 256 bytes are kept.
    public init(_ status: AnswerStatus, log: StaticString, client: StaticString = "") { self.init(status, log, client) }

    /// Makes an answer of any status with reasons that are composed; bounds as for literals.
    @_disfavoredOverload
    public init(_ status: AnswerStatus, log: String, client: String = "") {
        self.init(status, "", "", ComposedReasons(log: log, client: client))
    }

    /// Allows.
    public static var ok: Answer { Answer(.ok) }

    /// Allows, and says why; 1,024 bytes are kept.
    public static func ok(_ log: StaticString) -> Answer { Answer(.ok, log, "") }

    /// Allows, and says why; 1,024 bytes are kept.
    @_disfavoredOverload
    public static func ok(_ log: String) -> Answer { Answer(.ok, log: log) }

    /// Allows a log-in until `expiry`, the time since 1970-01-01 00:00 UTC in whole seconds (nil for ever), and
    /// `sessionLimit` sessions of the user at most, `applicationSessionLimit` of them with the application id of the
    /// log-in (0 for no limit).
    public static func ok(
        until expiry: Duration? = nil, sessionLimit: UInt32 = 0, applicationSessionLimit: UInt32 = 0
    ) -> Answer {
        // INVARIANT: 0 is "never" on the C interface, so an end before 1970 is its first second.
        Answer(
            .ok, "", "", expiry: expiry.map { max($0.components.seconds, 1) } ?? 0, sessionLimit: sessionLimit,
            applicationSessionLimit: applicationSessionLimit)
    }

    /// The same with more to say.
    ///
    /// user: for a log-in that allows, the user that it stands for, 1...255 bytes; nil is the one who was typed. Another one counts
    /// in a module that is declared with `AUTH_NAMES_USER`, and else denies.
    /// sessionData: for a log-in, 64 bits that come with all that is asked about the session. Not a secret.
    /// attributes: for a log-in groups, roles and claims, for a check obligations; at most 64.
    public func with(user: String? = nil, sessionData: UInt64 = 0, attributes: [Attribute] = []) -> Answer {
        var answer = self
        answer.extras = AnswerExtras(user: user, sessionData: sessionData, attributes: attributes)
        return answer
    }

    /// Denies.
    public static var deny: Answer { Answer(.deny) }

    /// Denies and says why.
    public static func deny(_ log: StaticString, client: StaticString = "") -> Answer { Answer(.deny, log, client) }

    /// Denies and says why.
    @_disfavoredOverload
    public static func deny(_ log: String, client: String = "") -> Answer { Answer(.deny, log: log, client: client) }

    /// Could not decide, which denies, and says why in the event log.
    public static func failed(_ log: StaticString) -> Answer { Answer(.error, log, "") }

    /// Could not decide, which denies, and says why in the event log.
    @_disfavoredOverload
    public static func failed(_ log: String) -> Answer { Answer(.error, log: log) }

    /// Is decided later: the question's completion was kept and answers it.
    public static var delayed: Answer { Answer(.delayed) }

    /// Of a check in a batch: the host asks it alone, and then it can be answered later. See ``CheckQuestion/isRow``.
    public static var askAlone: Answer { Answer(.askAlone) }

    /// Why, for the event log; empty for none.
    public var logReason: String { composed?.log ?? literalLog.description }

    /// Why, for the client; empty for none.
    public var clientReason: String { composed?.client ?? literalClient.description }

    /// Says whether the status is all there is.
    var isBare: Bool {
        composed == nil && extras == nil && literalLog.isNothing && literalClient.isNothing && expiry == 0
            && sessionLimit | applicationSessionLimit == 0
    }

    /// Lends the bytes of the reasons.
    func withReasons(_ body: (_ log: UnsafeRawBufferPointer, _ client: UnsafeRawBufferPointer) -> Void) {
        guard let composed else { return body(literalLog.bytes, literalClient.bytes) }
        composed.log.withUnsafeBytes { log in composed.client.withUnsafeBytes { body(log, $0) } }
    }
}

/// A name with a value: what a door knows, or what a module says beside its answer.
public struct Attribute: Sendable, Hashable {
    /// 1...255 bytes of text without control characters.
    public let name: String
    /// 0...4095 bytes of text without control characters.
    public let value: String

    /// Makes an attribute.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// What few answers have to say.
final class AnswerExtras: Sendable {
    let user: String?
    let sessionData: UInt64
    let attributes: [Attribute]

    init(user: String?, sessionData: UInt64, attributes: [Attribute]) {
        self.user = user
        self.sessionData = sessionData
        self.attributes = attributes
    }
}

/// Reasons that are no literals.
private final class ComposedReasons: Sendable {
    let log: String
    let client: String

    init(log: String, client: String) {
        self.log = log
        self.client = client
    }
}

extension StaticString {
    /// The bytes; none for a lone scalar, which has no memory.
    fileprivate var bytes: UnsafeRawBufferPointer {
        guard hasPointerRepresentation else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        // SAFETY: a literal is constant memory that is never unmapped.
        return UnsafeRawBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
    }

    fileprivate var isNothing: Bool { !hasPointerRepresentation || utf8CodeUnitCount == 0 }
}

extension String {
    fileprivate func withUnsafeBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
        var text = self
        text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }
}
