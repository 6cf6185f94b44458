import AuthCore
import Basics
import Synchronization

/// The deadlines that hold now: read by every question, replaced by a reload. No lock is taken for either.
final class LiveDeadlines: Sendable {
    private let login: Atomic<Int64>
    private let map: Atomic<Int64>
    private let read: Atomic<Int64>
    private let write: Atomic<Int64>

    init(_ deadlines: Deadlines) {
        login = Atomic(deadlines.login.nanoseconds)
        map = Atomic(deadlines.map.nanoseconds)
        read = Atomic(deadlines.read.nanoseconds)
        write = Atomic(deadlines.write.nanoseconds)
    }

    /// Replaces them for questions that are asked from now on; those under way keep theirs.
    func replace(with deadlines: Deadlines) {
        login.store(deadlines.login.nanoseconds, ordering: .relaxed)
        map.store(deadlines.map.nanoseconds, ordering: .relaxed)
        read.store(deadlines.read.nanoseconds, ordering: .relaxed)
        write.store(deadlines.write.nanoseconds, ordering: .relaxed)
    }

    /// Returns the nanoseconds that a question of a kind may take.
    func nanoseconds(of kind: QuestionKind) -> Int64 {
        switch kind {
        case .login, .resume: login.load(ordering: .relaxed)
        case .map: map.load(ordering: .relaxed)
        case .read: read.load(ordering: .relaxed)
        case .write, .create: write.load(ordering: .relaxed)
        }
    }
}

/// Times after which a question is answered for a module.
public struct Deadlines: Sendable {
    /// The longest of them.
    public var longest: Duration { max(login, map, read, write) }
    /// For log-ins.
    public var login: Duration
    /// For mappings.
    public var map: Duration
    /// For read checks.
    public var read: Duration
    /// For write and create checks.
    public var write: Duration

    /// Makes deadlines; the defaults are the configuration's.
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
