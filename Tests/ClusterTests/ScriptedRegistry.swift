@testable import Cluster

/// A member and a registry that answers as a test says: what a real one does at the worst moment only. Answers come in the order in
/// which they were asked for.
final class ScriptedRegistry {
    private(set) var member: ClusterMember
    private(set) var now: Int64 = 1_000_000_000
    private(set) var actions: [ClusterAction] = []
    /// What was asked on the command line since it began: the name of the operation, and what it takes.
    private(set) var asked: [(operation: String, words: [String])] = []
    /// Operations that get no answer, and neither does what was asked after them.
    var silent: Set<String> = [] { didSet { perform { _, _ in [] } } }
    /// Answers other than the usual ones.
    var answers: [String: ([String]) -> String] = [:]
    private var pending: [(operation: String, words: [String])] = []
    private var epoch = 10

    init(_ change: (inout ClusterSettings) -> Void = { _ in }) {
        var settings = ClusterSettings(name: "test", hostName: "host0", identity: "identity0")
        settings.lease = 4_000_000_000
        settings.ejectTimeout = 3_000_000_000
        change(&settings)
        member = ClusterMember(settings, now: now)
    }

    var state: String { member.status(at: now).state }
    var events: [String] { actions.compactMap { if case .event(let event) = $0 { event.description } else { nil } } }
    var said: [String] { actions.compactMap { if case .said(_, _, let text) = $0 { text } else { nil } } }
    func count(_ operation: String) -> Int { asked.count { $0.operation == operation } }
    func firstIndex(_ operation: String) -> Int? { asked.firstIndex { $0.operation == operation } }

    static func text(_ words: [String]) -> String {
        "*\(words.count)\r\n" + words.map { "$\($0.utf8.count)\r\n\($0)\r\n" }.joined()
    }

    // MARK: what happens

    private var queue: [ClusterAction] = []
    private var isPerforming = false

    /// Does everything in order: what follows from an action comes after those that were there before.
    func perform(_ body: (inout ClusterMember, Int64) -> [ClusterAction]) {
        queue += body(&member, now)
        guard !isPerforming else { return }
        isPerforming = true
        repeat {
            while !queue.isEmpty { perform(queue.removeFirst()) }
        } while answer()
        isPerforming = false
    }

    private func perform(_ action: ClusterAction) {
        actions.append(action)
        switch action {
        case .open(let line):
            if line == .command { pending = [] }
            perform { $0.opened(line, at: $1) }
        case .close(.command): pending = []
        case .send(.command, let bytes): ask(bytes)
        case .send(.subscription, _):
            for _ in 0..<2 { perform { $0.received(.subscription, Array("*0\r\n".utf8), at: $1) } }
        case .reserved(let handle, .reserved): perform { $0.commit(handle, at: $1) }
        default: break
        }
    }

    /// Turns the clock in steps of 50 milliseconds.
    func run(_ milliseconds: Int64) {
        for _ in 0..<milliseconds / 50 {
            now += 50_000_000
            perform { $0.tick(at: $1) }
            publish("beat 1")
        }
    }

    /// The process stands still, and then does something.
    func jump(_ milliseconds: Int64) { now += milliseconds * 1_000_000 }

    func lose(_ line: ClusterLine) {
        if line == .command { pending = [] }
        perform { $0.closed(line, because: "the connection was cut", at: $1) }
    }

    /// News comes.
    func publish(_ text: String) {
        perform { $0.received(.subscription, Array(Self.text(["message", "channel", text]).utf8), at: $1) }
    }

    func reserve(_ handle: UInt64) {
        perform {
            $0.reserve(
                handle, user: Array("alice".utf8), application: [],
                limits: ClusterLimits(allowed: [0, 0, 1, 0, 0], ejects: true), at: $1)
        }
    }

    func adopt(_ handles: ClosedRange<UInt64>) {
        for handle in handles {
            perform { $0.adopt(handle, user: Array("user\(handle)".utf8), application: [], at: $1) }
        }
    }

    // MARK: what the registry does

    private func ask(_ bytes: [UInt8]) {
        var reader = RESPReader()
        reader.receive(bytes)
        guard let value = try? reader.next() else { return }
        let words = value.items.map(\.text)
        let isScript = words[0].hasPrefix("EVAL")
        let request = (isScript ? words[4] : words[0], isScript ? Array(words.dropFirst(8)) : words)
        asked.append(request)
        pending.append(request)
    }

    /// Answers the next request; whether there was one to answer.
    private func answer() -> Bool {
        guard let request = pending.first, !silent.contains(request.operation) else { return false }
        pending.removeFirst()
        let reply = answers[request.operation]?(request.words) ?? usual(request.operation, request.words)
        queue += member.received(.command, Array(reply.utf8), at: now)
        return true
    }

    private func usual(_ operation: String, _ words: [String]) -> String {
        switch operation {
        case "AUTH": return "+OK\r\n"
        case "INFO":
            let text = "redis_version:7.0.15\r\nrole:master\r\nmaxmemory_policy:noeviction\r\n"
            return "$\(text.utf8.count)\r\n\(text)\r\n"
        case "SCRIPT": return "$6\r\ndigest\r\n"
        case "join":
            epoch += 1
            return Self.text(["OK", "10", "\(epoch)", "-", "10"])
        case "renew": return Self.text(["OK", "1", "0", "0", "0", "\(epoch)", "1", "0", "host0"])
        case "live": return Self.text(["OK", "1", "1"])
        case "reserve": return Self.text(["OK", "0"])
        case "commit": return Self.text(["OK", "5"])
        case "register": return Self.text(["OK"] + Array(repeating: "7", count: words.count / 5))
        case "heard": return Self.text(["OK", "-", "-"])
        default: return Self.text(["OK"])
        }
    }
}
