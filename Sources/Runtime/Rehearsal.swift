import AuthCore
import Logging
import ModuleHost

/// Goes the ways of log-ins and checks once, in a host of its own and without a module, before the first client comes: what the
/// language's run time looks up when code runs for the first time costs 20 times as much as the log-in.
enum Rehearsal {
    /// Rehearses.
    ///
    /// - Parameter configuration: of the host that is to be ready; nothing of the rehearsal is seen outside of it.
    static func run(_ configuration: HostConfiguration) {
        var configuration = configuration.aside
        configuration.penalties = PenaltySettings()
        let host = Host(configuration, log: Logger(label: "rehearsal") { _ in SwiftLogNoOpLogHandler() })
        host.tries(RehearsedModule())
        _ = ask(host, RehearsedModule.unknown, Question.login)
        for question in [Question.login, Question.authenticate] {
            guard let session = ask(host, RehearsedModule.known, question) else { continue }
            guard let name = try? ObjectName("/rehearsal") else { continue }
            for action in Check.Action.allCases { _ = host.ask(.check(session, Check(action, name))) }
            _ = host.ask([SessionCheck(session, Check(.read, name)), SessionCheck(session, Check(.write, name))])
            _ = host.ask(.map(session, name))
            _ = host.ask(.logout(session))
        }
    }

    private static func ask(_ host: Host, _ user: String, _ question: (Login) -> Question) -> SessionID? {
        guard let login = try? Login(user: user, password: Secret(user), address: "127.0.0.1", door: "rehearsal"),
            case .decided(let answer) = host.ask(question(login))
        else { return nil }
        return answer.session
    }
}

/// Says yes to everything, but to one user, and tells of a group: what stands in the place of a module while a host rehearses.
private final class RehearsedModule: Decider {
    static let (known, unknown) = ("known", "unknown")

    let instance: UInt32 = 1
    let about = DeciderDescription(
        identity: ModuleIdentity(standIn: "rehearsal"), path: "-",
        entryNames: ["auth_new_user", "auth_free_user", "auth_check_read", "auth_check_write", "auth_check_create"])
    let maps = false
    let tracksObjects = false
    let learnsEnds = true
    let takesBatches = true

    func ask(_ question: inout ObjectQuestion, at now: Int64) -> Asked<ObjectQuestion> { .answered(ModuleAnswer(.ok)) }

    func ask(_ question: inout EntryQuestion, at now: Int64) -> Asked<EntryQuestion> {
        guard let login = question.login else { return .answered(ModuleAnswer(.ok)) }
        if login.user == Self.unknown { return .answered(ModuleAnswer(.invalidUser)) }
        var said = ModuleAnswer(.ok)
        said.user = login.user
        return .answered(said)
    }

    func batch(_ checks: [BatchedCheck], at now: Int64) -> [ModuleAnswer]? { checks.map { _ in ModuleAnswer(.ok) } }

    func tellFree(_ session: ModuleSession, _ reason: SessionEnd, _ done: @escaping @Sendable () -> Void) { done() }

    func reload(_ done: @escaping @Sendable (Status?) -> Void) { done(nil) }

    // It leaves no question open, and is told nothing that it would keep.
    let isHung = false
    let hindrance: String? = nil
    let lateCalls: [String] = []
    let openQuestions = 0
    let askedQuestions: UInt64 = 0
    func complete(_ token: UInt64, _ answer: ModuleAnswer) -> CompletionOutcome { .unknown }
    func asks(_ token: UInt64) -> Bool { false }
    func pendingToken(session: UInt64, kind: PendingKind, name: String?, contributionID: String?) -> UInt64? { nil }
    func cancel(_ token: UInt64) {}
    func cancelQuestions(of session: UInt64) {}
    func resume(_ body: @escaping @Sendable () -> Void) { body() }
    func noteBreach(_ what: String, in entry: StaticString) {}
    func tellRelease(of object: ObjectName, for session: UInt64, reads: Bool) {}
    func tellChange(
        of object: ObjectName, from old: ObjectContent?, to content: ObjectContent?, waiting: Set<UInt64>
    ) {}
    func tellCompleted(_ destination: Destination, serial: UInt32, accepted: Bool) {}
    func noteInvalidation() {}
    func limitQueue(to limit: Int) {}
    func expireDeadlines() {}
    func noticeLongCalls() {}
    func stop(within timeout: Duration) -> Bool { true }
}
