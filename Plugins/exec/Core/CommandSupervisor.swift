import Basics
import ExecSpawn
import Glibc
import Synchronization

/// Runs commands: any number at once, all watched by one thread, whose waiting costs nothing.
///
/// Starting a program blocks that thread until the program is loaded; nothing else does. Completions are called on it
/// and must not block.
package final class CommandSupervisor: Sendable {
    /// Tells one run from another.
    package struct RunID: Hashable, Sendable {
        let rawValue: UInt64
    }

    /// Learns what became of a run, once.
    package typealias Completion = @Sendable (Result<CommandOutput, CommandFailure>) -> Void

    private let mailbox: SupervisorMailbox
    private let thread: Mutex<pthread_t?>

    /// Starts the thread.
    ///
    /// environment: this process's variables. **Throws:** the errno of what could not be made.
    package init(
        environment: @escaping @Sendable (String) -> String? = CommandEnvironment.ofProcess
    ) throws(SystemError) {
        mailbox = try SupervisorMailbox()
        thread = Mutex(try SupervisorLoop.start(mailbox, environment: environment))
    }

    deinit { shutDown() }

    /// Runs a command. Never blocks; callable from any thread.
    @discardableResult
    package func run(_ command: PinnedCommand, userName: String? = nil, completion: @escaping Completion) -> RunID {
        let userName = userName ?? command.options.userName
        guard let id = mailbox.add(command, userName, completion) else {
            completion(.failure(CommandFailure(.cancelled, path: command.path, "is not run: the host is ending")))
            return RunID(rawValue: 0)
        }
        return id
    }

    /// Ends a run whose secret no question waits for: it fails as cancelled, unless it has ended already.
    package func cancel(_ id: RunID) { mailbox.cancel(id) }

    /// Ends every run and the thread, in at most two seconds. Not to be called by a completion. Later runs fail.
    package func shutDown() {
        guard
            let ending = thread.withLock({ thread in
                defer { thread = nil }
                return thread
            })
        else { return }
        mailbox.shutDown()
        pthread_join(ending, nil)
    }
}

/// What other threads tell the supervisor's.
final class SupervisorMailbox: Sendable {
    struct Request: Sendable {
        let id: CommandSupervisor.RunID
        let command: PinnedCommand
        let userName: String
        let completion: CommandSupervisor.Completion
    }

    struct News: Sendable {
        var requests: [Request] = []
        var cancelled: Set<CommandSupervisor.RunID> = []
        var isShuttingDown = false
    }

    /// Readable when there is news.
    let descriptor: Int32
    private let state = Mutex((news: News(), lastID: UInt64(0)))

    init() throws(SystemError) {
        descriptor = Descriptors.aboveStandard(exec_open_event())
        guard descriptor >= 0 else { throw SystemError(-descriptor) }
    }

    deinit { close(descriptor) }

    func add(
        _ command: PinnedCommand, _ userName: String, _ completion: @escaping CommandSupervisor.Completion
    ) -> CommandSupervisor.RunID? {
        tell { state in
            guard !state.news.isShuttingDown else { return nil }
            state.lastID += 1
            let id = CommandSupervisor.RunID(rawValue: state.lastID)
            state.news.requests.append(
                Request(id: id, command: command, userName: userName, completion: completion))
            return id
        }
    }

    func cancel(_ id: CommandSupervisor.RunID) { tell { $0.news.cancelled.insert(id) } }
    func shutDown() { tell { $0.news.isShuttingDown = true } }

    /// Takes the news, once; that the supervisor is shutting down stays.
    func take() -> News {
        var count: UInt64 = 0
        _ = read(descriptor, &count, 8)
        return state.withLock { state in
            defer {
                state.news.requests = []
                state.news.cancelled = []
            }
            return state.news
        }
    }

    @discardableResult
    private func tell<T: Sendable>(_ change: (inout sending (news: News, lastID: UInt64)) -> sending T) -> T {
        let result = state.withLock(change)
        var one: UInt64 = 1
        _ = write(descriptor, &one, 8)
        return result
    }
}
