import AuthCore

/// What the comparison of two answers to one question has found.
enum ShadowFinding: Equatable, Sendable {
    case same
    case different(ShadowDifference.What)
    /// The shadow could not decide.
    case undecided
    /// There was no room for the question, or it has waited for too long.
    case dropped
    /// The host has answered it without its module, or the shadow does not know the session.
    case unasked

    /// For metrics.
    var word: String {
        switch self {
        case .same: "same"
        case .different: "different"
        case .undecided: "undecided"
        case .dropped: "dropped"
        case .unasked: "unasked"
        }
    }

    static let words = ["same", "different", "undecided", "dropped", "unasked"]

    /// Whether an answer says nothing about the module in force: the host has given it, or there was none.
    static func isHostsOwn(_ answer: Answer) -> Bool {
        switch answer.verdict {
        case .undecided, .overLimit, .ejected: true
        case .allow, .deny, .wrongCredentials:
            answer.reason == .tooManyGuesses || answer.reason == .unknownSession
        }
    }

    /// Compares what a client was answered with what the shadow's host has said.
    static func comparing(_ was: Answer, _ now: Answer) -> ShadowFinding {
        if now.reason == .queueFull { return .dropped }
        if now.reason == .unknownSession || now.verdict == .overLimit { return .unasked }
        if now.verdict == .undecided { return .undecided }
        guard now.verdict == was.verdict else { return .different(.verdict) }
        // A refusal has nothing else that clients act by.
        guard was.verdict == .allow else { return .same }
        if !(was.user ?? "").hasBytes(of: now.user ?? "") { return .different(.user) }
        if was.mappedName != now.mappedName { return .different(.name) }
        return Set(was.attributes) == Set(now.attributes) ? .same : .different(.attributes)
    }
}

/// A difference between the answer of the module in force and that of the shadow.
public struct ShadowDifference: Sendable {
    /// What differs.
    public enum What: String, Sendable, CaseIterable {
        case verdict
        /// Both allow, and name different users.
        case user
        /// Both allow, and know the object by different names inside.
        case name
        /// Both allow, with different attributes.
        case attributes
        /// The shadow could not decide.
        case undecided
    }

    /// What is counted together.
    struct Kind: Hashable {
        let question: String
        let what: What
        let was, now: Verdict
    }

    /// The question, as the audit log names it.
    public let question: String
    /// What differs.
    public let what: What
    /// The verdict that the client got.
    public let was: Verdict
    /// The verdict of the shadow.
    public let now: Verdict
    /// Why the client was answered so: the module's words, else the reason.
    public let oldReason: String
    /// Why the shadow has answered so.
    public let newReason: String
    /// Who asked.
    public let user: String
    /// The object as the client has named it; nil for a log-in.
    public let object: String?
    /// By which door the user has come.
    public let door: String
    /// The decision that the client got; "" for a session that was taken back.
    public let decision: String
    /// When that was, in seconds since 1970.
    public let time: Int64

    var kind: Kind { Kind(question: question, what: what, was: was, now: now) }

    /// - Parameter what: nil for answers that do not differ.
    init?(_ asked: ShadowQuestion, _ said: Answer, _ finding: ShadowFinding, session: Session?, at time: Int64) {
        switch finding {
        case .different(let what): self.what = what
        case .undecided: what = .undecided
        case .same, .dropped, .unasked: return nil
        }
        question = asked.asked.word
        (was, now) = (asked.answer.verdict, said.verdict)
        oldReason = Self.reason(asked.answer, what)
        newReason = Self.reason(said, what)
        user = asked.asked.login?.user ?? session?.user ?? asked.answer.user ?? ""
        door = asked.asked.login?.door ?? session?.door ?? ""
        object = asked.asked.object
        decision = asked.answer.decision.isNone ? "" : asked.answer.decision.hexadecimal
        self.time = time
    }

    private static func reason(_ answer: Answer, _ what: What) -> String {
        switch what {
        case .user: "the user is `\(answer.user ?? "")`"
        case .name: "the name inside is `\(answer.mappedName?.text ?? "")`"
        case .attributes:
            "attributes: " + answer.attributes.map { "\($0.name)=\($0.value)" }.sorted().joined(separator: ", ")
        case .verdict, .undecided: [answer.reason.rawValue, answer.logText].compactMap(\.self).joined(separator: ": ")
        }
    }
}
