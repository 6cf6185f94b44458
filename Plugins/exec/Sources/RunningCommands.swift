import ExecCore
import ModuleKit
import Synchronization

/// The commands that run, by the question that waits for them.
final class RunningCommands: Sendable {
    private let runs = Mutex<(known: [QuestionToken: CommandSupervisor.RunID], early: Set<QuestionToken>)>(([:], []))

    /// Keeps the command of a question, unless it has ended already.
    func add(_ token: QuestionToken, _ run: CommandSupervisor.RunID) {
        runs.withLock { if $0.early.remove(token) == nil { $0.known[token] = run } }
    }

    /// Learns that the command of a question has ended.
    func end(_ token: QuestionToken) {
        runs.withLock { if $0.known.removeValue(forKey: token) == nil { $0.early.insert(token) } }
    }

    /// The command of a question that has been given up; nil when it has ended.
    func run(of token: QuestionToken) -> CommandSupervisor.RunID? { runs.withLock { $0.known[token] } }
}
