/// The six final answers to a question. Every door, log and metric keeps them apart.
public enum Verdict: String, Sendable, CaseIterable {
    case allow
    case deny
    /// A log-in failed because of what the client presented: unknown user, wrong password, expired account.
    case wrongCredentials = "wrong-credentials"
    /// A log-in was right, but a limit on sessions is reached.
    case overLimit = "over-limit"
    /// The session existed and was ended by a module, an operator or a limit.
    case ejected
    /// It could not be decided: a module failed, was late, or broke its contract. Denies, and is worth a retry.
    case undecided
}

/// Why a verdict came about; one word for logs and metrics, stable across releases.
public enum Reason: String, Sendable, CaseIterable {
    case granted
    case deniedByModule = "denied-by-module"
    case invalidUser = "invalid-user"
    case invalidPassword = "invalid-password"
    case invalidAddress = "invalid-address"
    case accountExpired = "account-expired"
    case userLimit = "user-limit"
    case siteLimit = "site-limit"
    case userApplicationLimit = "user-application-limit"
    case applicationLoginsLimit = "application-logins-limit"
    case applicationUsersLimit = "application-users-limit"
    case admissionFailed = "admission-failed"
    case userCode = "user-code"
    case ejectedSession = "ejected-session"
    case unknownSession = "unknown-session"
    case invalidName = "invalid-name"
    case invalidRequest = "invalid-request"
    case mappedNameInvalid = "mapped-name-invalid"
    case contentUnknown = "content-unknown"
    case objectLimit = "object-limit"
    case noEntry = "no-entry"
    case moduleError = "module-error"
    case unknownStatus = "unknown-status"
    case reservedStatus = "reserved-status"
    case brokenAnswer = "broken-answer"
    case changedUser = "changed-user"
    case deadline = "deadline"
    case queueFull = "queue-full"
    case moduleHung = "module-hung"
    case cancelled = "cancelled"
    case stopping = "stopping"
    case auditFailed = "audit-failed"
    case staleRules = "stale-rules"
    case tooManyGuesses = "too-many-guesses"

    /// What clients are told: whether a guess was looked at is for operators alone.
    public var told: Reason { self == .tooManyGuesses ? .invalidPassword : self }
}

/// What a question is answered with.
///
/// Most answers are a verdict and a reason about a user and a name. What few have stands apart, so that handing one on is cheap.
public struct Answer: Sendable {
    /// What few answers have to say.
    private struct Details: Sendable {
        var logText: String?
        var clientText: String?
        var session: SessionID?
        var isOneUse = false
        var moduleTime: Int64 = 0
        var attributes: [Field] = []
    }

    // SAFETY: details change only where one answer alone has them; see `change`.
    private final class Box: @unchecked Sendable {
        var details: Details
        init(_ details: Details) { self.details = details }
    }

    /// What the host makes of the question.
    public var verdict: Verdict
    /// Why, in a word.
    public var reason: Reason
    /// The user, "" for none: an optional text costs three times as much to hand on.
    private var owner = ""
    /// The name after mapping, for `map` and for checks.
    public var mappedName: ObjectName?
    /// Which decision it is; none where no question was asked, as for a request that a door refuses.
    public var decision = DecisionID.none
    private var box: Box?

    /// Changes what few answers have, in its place where no other answer has the same.
    private mutating func change(_ body: (inout Details) -> Void) {
        if !isKnownUniquelyReferenced(&box) { box = Box(box?.details ?? Details()) }
        if let box { body(&box.details) }
    }

    /// The user the session belongs to, where a session is known; never empty.
    public var user: String? {
        get { owner.isEmpty ? nil : owner }
        set { owner = newValue ?? "" }
    }

    /// More for the event log; at most 1,024 bytes, control characters escaped, never a secret.
    public var logText: String? {
        get { box?.details.logText }
        set { change { $0.logText = newValue } }
    }

    /// What the client may be told; at most 256 bytes.
    public var clientText: String? {
        get { box?.details.clientText }
        set { change { $0.clientText = newValue } }
    }

    /// The session of an allowed log-in.
    public var session: SessionID? {
        get { box?.details.session }
        set { change { $0.session = newValue } }
    }

    /// Whether the session is for one question only; the code that asks ends it.
    public var isOneUse: Bool {
        get { box?.details.isOneUse ?? false }
        set { change { $0.isOneUse = newValue } }
    }

    /// Nanoseconds that the module took for a log-in, where spans are made; 0 else.
    public var moduleTime: Int64 {
        get { box?.details.moduleTime ?? 0 }
        set { change { $0.moduleTime = newValue } }
    }

    /// Groups, roles and claims of a log-in, obligations of a check, as the module gave them.
    public var attributes: [Field] {
        get { box?.details.attributes ?? [] }
        set { change { $0.attributes = newValue } }
    }
}

extension Answer {
    /// Makes an answer.
    public init(
        _ verdict: Verdict, _ reason: Reason, logText: String? = nil, clientText: String? = nil,
        session: SessionID? = nil, user: String? = nil, mappedName: ObjectName? = nil
    ) {
        let isPlain = logText == nil && clientText == nil && session == nil
        // All members at once: Swift copies what was set member by member, and destroys the first.
        self.init(
            verdict: verdict, reason: reason, owner: user ?? "", mappedName: mappedName,
            box: isPlain ? nil : Box(Details(logText: logText, clientText: clientText, session: session)))
    }

    /// The same answer, about a user and a name.
    public func about(_ user: String, _ name: ObjectName?) -> Answer {
        Answer(verdict: verdict, reason: reason, owner: user, mappedName: name, decision: decision, box: box)
    }
}
