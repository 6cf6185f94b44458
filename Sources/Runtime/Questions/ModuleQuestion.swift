import AuthCore
import Basics
import ModuleHost
import Synchronization

/// One question to a module, whatever entry points it is for. A value: one that is answered at once is never on the heap.
protocol ModuleQuestion: Sendable {
    /// The entry point that is called next, for people.
    var entry: StaticString { get }
    /// What kind of answer that entry point gives; nil for another one.
    var kind: QuestionKind? { get }
    /// When the last entry point returned, on the monotonic clock; 0 before one has.
    var returned: Int64 { get set }
    /// The module's handle of the session that asks; 0 for none.
    var session: UInt64 { get }
    /// Who asks: a user who logs in, or a session; nil for what the host asks for itself.
    var asker: WorkLane.Asker? { get }
    /// Whether it is about an object, which may take several entry points.
    var isAboutObject: Bool { get }
    /// Notes that the module has allowed it when it was over: of a log-in the module believes in a session that no client has.
    func noteLateYes(_ answer: ModuleAnswer)
    /// Whether AUTH_AGAIN leaves the question open, as AUTH_DELAYED does: it is completed with the content.
    var waitsForContent: Bool { get }

    /// When the answer of the next entry point is due, on the monotonic clock.
    func due(at now: Int64, _ deadlines: LiveDeadlines) -> Int64

    /// What the event callback of generations 6 and 7 finds the question by; nil: not at all.
    var subject: PendingSubject? { get }

    /// What it is in a batch of checks; nil for what must be asked alone.
    var row: BatchedCheck? { get }

    /// Asks at the next entry point; nil where there is none.
    func call(_ entries: some Entries, _ terms: CallTerms) -> ModuleAnswer?

    /// Moves on to the entry point that follows where an answer asks for one, and tells whether it did.
    mutating func goesOn(after answer: ModuleAnswer) -> Bool

    /// Takes the last step back: other code has answered meanwhile.
    mutating func goBack()
}

extension ModuleQuestion {
    func noteLateYes(_ answer: ModuleAnswer) {}
    var waitsForContent: Bool { false }

    var isAboutObject: Bool { false }
    var row: BatchedCheck? { nil }
    mutating func goesOn(after answer: ModuleAnswer) -> Bool { false }
    mutating func goBack() {}

    /// Whether an answer leaves the question open.
    func isLeftOpen(by answer: ModuleAnswer) -> Bool {
        answer.status == .delayed || waitsForContent && answer.status == .again && answer.refusal == nil
    }
}

/// Where questions are put: a module that was loaded, or what stands in the place of one.
protocol Entries {
    /// Asks what a name is called inside.
    func map(
        _ name: ObjectName, requested: ObjectName, attributes: [Field], _ session: ModuleSession, _ terms: CallTerms
    ) -> ModuleAnswer?
    /// Asks whether a session may do something.
    func check(
        _ check: Check, object: ObjectName, content: ObjectContent?, _ session: ModuleSession, _ terms: CallTerms
    ) -> ModuleAnswer
    /// Tells of an object that is held for a question from now on.
    func hold(_ object: ObjectName, for session: UInt64, reads: Bool, content: ObjectContent?)
    /// Asks at the one entry point that a question names; nil where there is none.
    func call(_ asked: EntryCall, session: UInt64, _ terms: CallTerms) -> ModuleAnswer?
}

/// What one entry point is asked: values alone.
enum EntryCall: Sendable {
    case login(Login)
    case resume(Login)
    /// Asks for the check itself where there is nothing that explains it.
    case explain(Check, ObjectName, ObjectContent?, ModuleSession)
    case httpRequest(RealmRequest, ModuleSession)
    case authenticate(Destination, serial: UInt32)
    case retry(Destination, challenge: Secret, round: UInt32)

    /// The entry point, for people.
    var entry: StaticString {
        switch self {
        case .login: "auth_new_user"
        case .resume: "auth_resume_user"
        case .explain: "auth_explain"
        case .httpRequest: "auth_http_request"
        case .authenticate: "auth_authenticate"
        case .retry: "auth_retry"
        }
    }
}

extension LoadedModule: Entries {
    func call(_ asked: EntryCall, session: UInt64, _ terms: CallTerms) -> ModuleAnswer? {
        switch asked {
        case .login(let login): newUser(login, session: session, terms)
        case .resume(let login): newUser(login, resuming: true, session: session, terms)
        case .explain(let check, let object, let content, let known):
            explain(check, object: object, content: content, known, terms)?.explained
                ?? self.check(check, object: object, content: content, known, terms)
        case .httpRequest(let request, let known): httpRequest(request, known, terms)
        case .authenticate(let destination, let serial):
            credential(destination, challenge: nil, serial: serial, terms)
        case .retry(let destination, let challenge, let round):
            credential(destination, challenge: (challenge, round), terms)
        }
    }
}

/// A question of one entry point.
struct EntryQuestion: ModuleQuestion {
    let asked: EntryCall
    let session: UInt64
    var returned: Int64 = 0
    let kind: QuestionKind?
    let entry: StaticString
    private let limit: Int64
    private let lateYes: (@Sendable (ModuleAnswer) -> Void)?

    /// Makes a question that a session asks, or that makes one; its answer is due after the kind's deadline.
    ///
    /// - Parameters:
    ///   - entry: the entry point that is asked in place of the one that the module does not have.
    ///   - lateYes: told of a yes that came when the question was over.
    init(
        _ asked: EntryCall, _ kind: QuestionKind, session: UInt64, entry: StaticString? = nil,
        lateYes: (@Sendable (ModuleAnswer) -> Void)? = nil
    ) {
        (self.asked, self.kind, self.session, self.lateYes) = (asked, kind, session, lateYes)
        self.entry = entry ?? asked.entry
        limit = 0
    }

    /// Makes a question that no session asks.
    init(_ asked: EntryCall, within limit: Duration) {
        self.asked = asked
        entry = asked.entry
        kind = nil
        self.limit = limit.nanoseconds
        session = 0
        lateYes = nil
    }

    /// The log-in that is asked about; nil for what a session asks, and what the host asks for itself.
    var login: Login? {
        switch asked {
        case .login(let login), .resume(let login): login
        default: nil
        }
    }

    func noteLateYes(_ answer: ModuleAnswer) { lateYes?(answer) }

    var asker: WorkLane.Asker? {
        if let login { return WorkLane.Asker(user: Array(login.user.utf8), address: Array(login.address.utf8)) }
        return session == 0 ? nil : WorkLane.Asker(user: "", session: session)
    }

    func due(at now: Int64, _ deadlines: LiveDeadlines) -> Int64 {
        now + (kind.map(deadlines.nanoseconds(of:)) ?? limit)
    }

    var subject: PendingSubject? {
        switch asked {
        case .login, .resume: PendingSubject(.login)
        case .explain(let check, let object, _, _):
            PendingSubject(
                check.action == .read ? nil : .write, name: object, contributionID: check.contributionID)
        case .httpRequest, .authenticate, .retry: nil
        }
    }

    func call(_ entries: some Entries, _ terms: CallTerms) -> ModuleAnswer? {
        entries.call(asked, session: session, terms)
    }
}

/// What a question is about, for the event callback of generations 6 and 7.
struct PendingSubject: Sendable {
    let kind: PendingKind?
    let name: ObjectName?
    let contributionID: String?

    init(_ kind: PendingKind?, name: ObjectName? = nil, contributionID: String? = nil) {
        self.kind = kind
        self.name = name
        self.contributionID = contributionID
    }
}

/// How a module took a question.
enum Asked<Question: ModuleQuestion> {
    case answered(ModuleAnswer)
    /// The answer comes later: from the module, the deadline or a cancellation, exactly once.
    case open(OpenQuestion<Question>)
}

/// A question that a module has left open.
final class OpenQuestion<Question: ModuleQuestion>: Sendable {
    typealias Listener = @Sendable (ModuleAnswer, Question) -> Void

    private struct State {
        var question: Question
        /// Of the entry point that is asked.
        var token: UInt64
        var answer: ModuleAnswer?
        var listener: Listener?
    }

    private let state: Mutex<State>

    init(_ token: UInt64, _ question: Question) { state = Mutex(State(question: question, token: token)) }

    /// What completes or cancels the question as far as it has come.
    var token: UInt64 { state.withLock { $0.token } }

    /// Notes how far the question has come, and by which token it is completed now.
    func note(_ question: Question, _ token: UInt64) {
        state.withLock { state in
            state.question = question
            state.token = token
        }
    }

    /// Takes the answer; to be called once.
    func deliver(_ answer: ModuleAnswer) {
        let (listener, question) = state.withLock { state in
            if state.listener == nil { state.answer = answer }
            return (state.listener.take(), state.question)
        }
        listener?(answer, question)
    }

    /// Calls `body` with the answer and how far the question had come, exactly once, on the thread that brings it: at once on
    /// the caller's if it is there already.
    func whenAnswered(_ body: @escaping Listener) {
        let (answer, question) = state.withLock { state in
            if state.answer == nil { state.listener = body }
            return (state.answer.take(), state.question)
        }
        if let answer { body(answer, question) }
    }
}

extension ModuleAnswer {
    /// The answer of what explains, which has said nothing where it has no explanation.
    fileprivate var explained: ModuleAnswer {
        guard explanation == nil, refusal == nil, breach == nil else { return self }
        var answer = self
        answer.explanation = ""
        return answer
    }

    /// The content that a question waited for has come, perhaps while the module was asked: it is asked again. The refusal keeps
    /// the question from waiting.
    static var contentCame: ModuleAnswer {
        var answer = ModuleAnswer(.again)
        answer.refusal = .contentUnknown
        return answer
    }
}
