import AuthCore
import Dispatch

/// What a door answers to one request, before it becomes bytes of any protocol version.
struct Reply: Sendable {
    enum Content: Sendable {
        case none
        case json([UInt8])
        /// Text of the given media type.
        case text(String, type: String)
        /// What comes in pieces, as the client takes them.
        case stream(ReplyStream)
    }

    struct Field: Sendable {
        /// In small letters.
        let name: String
        /// Printable ASCII.
        let value: String
    }

    var status: Int
    /// Goes out as `x-auth-verdict`.
    var verdict: Verdict?
    /// Goes out as `x-auth-reason`. Not set for refused log-ins: a guesser must not learn which half was wrong.
    var reason: Reason?
    /// Goes out as `x-auth-decision-id`: which decision the reply tells; none where no question was asked.
    var decision = DecisionID.none
    var fields: [Field] = []
    var content = Content.none

    init(_ status: Int, verdict: Verdict? = nil, reason: Reason? = nil) {
        self.status = status
        self.verdict = verdict
        self.reason = reason
    }

    init(_ status: Int, json: some Encodable) {
        self.init(status)
        content = .json(JSON.encode(json))
    }

    /// A JSON object of texts, by their names in their order, and of attributes, where there are any.
    init(_ status: Int, texts: KeyValuePairs<StaticString, String>, attributes: [AuthCore.Field]) {
        self.init(status)
        content = .json(JSON.encode(texts: texts, attributes))
    }

    init(_ refusal: RequestRefusal) {
        self.init(refusal.status, json: ErrorBody(error: refusal.code, detail: refusal.detail))
    }

    var isStream: Bool { if case .stream = content { true } else { false } }

    func adding(_ name: String, _ value: String) -> Reply {
        var reply = self
        reply.fields.append(Field(name: name, value: value))
        return reply
    }
}

/// One step on the way from a request to its reply: pure, so that each protocol reader can walk it in its own way.
enum Step: Sendable {
    case reply(Reply)
    /// Ask the host, and go on with its answer.
    case ask(Question, then: @Sendable (Answer) -> Step)
    /// Ask the host many checks of one session, and go on with the answers in their order.
    case askAll([Check], SessionID, then: @Sendable ([Answer]) -> Step)
    /// Ask whether a user may use an HTTP realm, and go on with the answer.
    case decide(@Sendable () -> Outcome, then: @Sendable (Answer) -> Step)
    /// Do something that may take a while, on the thread for operators.
    case work(@Sendable () -> Reply)
    /// Begin something that gives the reply once, on any thread.
    case begin(@Sendable (@escaping @Sendable (Reply) -> Void) -> Void)
    /// Go on behind an answer that had to be waited for.
    indirect case decided(DecisionID, Step)

    /// Walks as far as can be gone at once. Must be called on an event loop.
    ///
    /// - Parameter decision: which decision the reply will tell, as far as is known: the last, but for log-outs behind it.
    func walk(asking host: some QuestionAnswering, _ decision: inout DecisionID) -> Walk {
        var step = self
        while true {
            switch step {
            case .reply(var reply):
                reply.decision = decision
                return .arrived(reply)
            case .ask(let question, let next):
                let isLogOut = if case .logout = question { true } else { false }
                switch host.ask(question) {
                case .decided(let answer):
                    if !isLogOut || decision.isNone { decision = answer.decision }
                    step = next(answer)
                case .delayed(let ticket): return .waiting(PendingStep(ticket, next))
                }
            case .decide(let ask, let next):
                switch ask() {
                case .decided(let answer):
                    decision = answer.decision
                    step = next(answer)
                case .delayed(let ticket): return .waiting(PendingStep(ticket, next))
                }
            case .decided(let id, let next):
                decision = id
                step = next
            case .work(let body): return .waiting(PendingStep(body))
            case .begin(let body): return .waiting(PendingStep(body))
            case .askAll(let checks, let session, let next):
                let gathering = GatheredAnswers(host.ask(checks, session: session))
                guard let answers = gathering.complete else { return .waiting(PendingStep(gathering, next)) }
                step = next(answers)
            }
        }
    }
}

extension Step {
    /// Goes on for a client that has gone: what was opened for it ends, and nothing more is opened.
    func windUp(asking host: any QuestionAnswering) {
        if case .decided(_, let next) = self { return next.windUp(asking: host) }
        guard case .ask(let question, let next) = self else { return }
        switch question {
        case .login, .resume, .authenticate: return
        case .check, .map, .logout: break
        }
        switch host.ask(question) {
        case .decided(let answer): next(answer).windUp(asking: host)
        case .delayed(let ticket):
            ticket.whenDecided { next($0).windUp(asking: host) }
            ticket.abandon()
        }
    }
}

/// How far a walk came.
enum Walk: Sendable {
    case arrived(Reply)
    case waiting(PendingStep)
}

/// A walk that waits for a module.
struct PendingStep: Sendable {
    /// Calls its argument with the next step, exactly once, on any thread.
    let whenReady: @Sendable (@escaping @Sendable (Step) -> Void) -> Void
    /// Says that the client has gone.
    let abandon: @Sendable () -> Void

    init(_ ticket: Ticket, _ next: @escaping @Sendable (Answer) -> Step) {
        whenReady = { body in ticket.whenDecided { body(.decided($0.decision, next($0))) } }
        abandon = { ticket.abandon() }
    }

    /// Operators' requests wait for each other, and no event loop waits for them.
    private static let operators = DispatchQueue(label: "authhost.operators")

    init(_ work: @escaping @Sendable () -> Reply) {
        whenReady = { body in Self.operators.async { body(.reply(work())) } }
        abandon = {}
    }

    init(_ begin: @escaping @Sendable (@escaping @Sendable (Reply) -> Void) -> Void) {
        whenReady = { body in begin { body(.reply($0)) } }
        abandon = {}
    }

    init(_ gathering: GatheredAnswers, _ next: @escaping @Sendable ([Answer]) -> Step) {
        whenReady = { body in gathering.whenComplete { body(next($0)) } }
        abandon = { gathering.abandon() }
    }
}

/// Which HTTP status an answer becomes: the table of `docs/http-api.md`.
enum VerdictStatus {
    /// Of an answer that is not "yes", or of a query whose answer is its status.
    static func of(_ answer: Answer) -> Int {
        switch answer.verdict {
        case .allow: 200
        case .deny where answer.reason == .unknownSession: 401
        case .deny: 403
        case .wrongCredentials: 401
        case .overLimit: 429
        case .ejected: 401
        case .undecided: 503
        }
    }

    /// What nginx understands: 2xx, 401, 403, and everything else is its own error 500.
    static func forwarded(_ answer: Answer) -> Int {
        switch of(answer) {
        case 200: 204
        case 429: 403
        case let status: status
        }
    }

    /// What a client is told in words: the module's own, else as little as helps.
    static func detail(_ answer: Answer) -> String {
        if let text = answer.clientText { return text }
        switch answer.verdict {
        case .allow: return "allowed"
        case .deny where answer.reason == .unknownSession: return "there is no such session"
        case .deny: return "not permitted"
        case .wrongCredentials: return "the user name or the password is wrong"
        case .overLimit: return "a limit on sessions is reached (\(answer.reason.rawValue))"
        case .ejected: return "the session was ended"
        case .undecided: return "could not decide (\(answer.reason.rawValue)); try again later"
        }
    }
}
