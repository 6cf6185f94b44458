import AuthCore
import ModuleHost

/// One question to a module, whatever entry point it is for.
struct ModuleQuestion: Sendable {
    /// How long the answer may take.
    enum Limit: Sendable {
        /// As long as the host's deadline for such a question.
        case kind(QuestionKind)
        /// Nanoseconds.
        case nanoseconds(Int64)
    }

    /// The entry point that it is put to, for people.
    let entry: String
    let limit: Limit
    let session: UInt64
    let key: PendingSlot.Key?
    /// Whether AUTH_AGAIN leaves the question open, as AUTH_DELAYED does: the one that has the content will complete it.
    var waitsForContent = false
    /// Who logs in; nil for what a session asks, and what the host asks for itself.
    var asker: WorkLane.Asker?
    let call: @Sendable (LoadedModule, QuestionTicket) -> ModuleAnswer?

    init(
        _ entry: String, kind: QuestionKind, session: UInt64, key: PendingSlot.Key?,
        call: @escaping @Sendable (LoadedModule, QuestionTicket) -> ModuleAnswer?
    ) {
        self.init(entry, .kind(kind), session: session, key: key, call: call)
    }

    init(
        _ entry: String, _ limit: Limit, session: UInt64, key: PendingSlot.Key?,
        call: @escaping @Sendable (LoadedModule, QuestionTicket) -> ModuleAnswer?
    ) {
        self.entry = entry
        self.limit = limit
        self.session = session
        self.key = key
        self.call = call
    }

    /// Makes a question that no session asks.
    init(
        _ entry: String, within limit: Duration,
        call: @escaping @Sendable (LoadedModule, QuestionTicket) -> ModuleAnswer?
    ) {
        self.entry = entry
        self.limit = .nanoseconds(limit.nanoseconds)
        session = 0
        key = nil
        self.call = call
    }

    /// Whether an answer leaves the question open.
    func isLeftOpen(by answer: ModuleAnswer) -> Bool {
        answer.status == .delayed || waitsForContent && answer.status == .again && answer.refusal == nil
    }

    var isLogin: Bool { if case .kind(let kind) = limit { kind.isLogin } else { false } }
}

/// Times after which a question is answered for a module.
public struct Deadlines: Sendable {
    public var login: Duration
    public var map: Duration
    public var read: Duration
    public var write: Duration

    public init(
        login: Duration = .seconds(30), map: Duration = .seconds(30), read: Duration = .seconds(30),
        write: Duration = .seconds(30)
    ) {
        self.login = login
        self.map = map
        self.read = read
        self.write = write
    }

    /// How long a session lives on for a question that already has it.
    var grace: Duration { map + max(read, write) }
}
