import CAuthModule
import Synchronization

/// Names a question that is answered later; never used again while anybody may hold it.
public struct QuestionToken: RawRepresentable, Hashable, Sendable {
    /// The number on the C interface.
    public let rawValue: UInt64

    /// Makes the token of a number that the host gave.
    public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// What became of a late answer; the numbers are `AUTH_COMPLETE_*`.
public enum CompletionOutcome: Int32, Sendable {
    /// It counts.
    case taken = 0
    /// The question was not one that can be answered later.
    case unknown = 1
    /// The question was answered before, and that answer stands.
    case twice = 2
    /// The deadline passed or the session ended first: denied already.
    case late = 3
    /// The answer breaks the contract: denied.
    case refused = 4
}

/// Answers a question after its function returned `.delayed`, from any thread, once.
///
/// Take it from the question, keep it, return `.delayed`. It may be answered before the function has returned. When the
/// last reference goes without an answer, the question is answered "could not decide".
public final class Completion<Reply: ModuleReply>: Sendable {
    /// Names the question; what ``AuthModule/cancel(_:)`` is given.
    public let token: QuestionToken
    /// When the question is denied without an answer, on ``HostInterface/monotonicTime``.
    public let deadline: Duration

    private let host: HostInterface
    /// Who logs in; nil for what is no log-in.
    private let user: String?
    private let isAwaited = Atomic(false)
    private let isAnswered = Atomic(false)

    init(host: HostInterface, token: UInt64, deadline: Int64, user: String?) {
        self.host = host
        self.user = user
        self.token = QuestionToken(rawValue: token)
        self.deadline = .nanoseconds(deadline)
    }

    deinit {
        guard isAwaited.load(ordering: .acquiring), !isAnswered.load(ordering: .acquiring) else { return }
        answer(.failed("the module dropped the question without an answer"))
    }

    /// Answers the question. Says what became of the answer; whatever did not count is logged by the host.
    @discardableResult
    public func answer(_ reply: Reply) -> CompletionOutcome {
        isAnswered.store(true, ordering: .releasing)
        // A row of a batch has no token, and is asked again.
        if token.rawValue == 0 { return .unknown }
        return host.complete(token.rawValue, reply, user: user)
    }

    /// Says that the question was answered `.delayed`: from now on it must not be dropped in silence.
    func expectAnswer() { isAwaited.store(true, ordering: .releasing) }
}

/// The place on the stack of an entry point where the question's completion is held, if the module takes it.
///
/// INVARIANT: it holds the completion until the entry has settled, so that a completion which is taken and then not
/// needed answers nothing.
struct PendingSlot<Reply: ModuleReply> {
    // SAFETY: points into the frame of the entry point, which outlives the question that has the slot.
    let pointer: UnsafeMutablePointer<Completion<Reply>?>
    let host: Unmanaged<HostInterface>

    /// - Parameter user: who logs in; nil for what is no log-in.
    func completion(_ token: UInt64, _ deadline: Int64, user: @autoclosure () -> String? = nil) -> Completion<Reply> {
        if let taken = pointer.pointee { return taken }
        let completion = Completion<Reply>(
            host: host.takeUnretainedValue(), token: token, deadline: deadline, user: user())
        pointer.pointee = completion
        return completion
    }
}
