import AuthCore
import Synchronization

/// The lines of the latest decisions, in memory.
final class RecentDecisions: Sendable {
    private struct Ring {
        var lines: [(id: DecisionID, line: [UInt8])] = []
        var next = 0
    }

    private let limit: Int
    private let ring = Mutex(Ring())

    init(limit: Int) { self.limit = limit }

    func add(_ lines: [[UInt8]], _ ids: [DecisionID]) {
        guard limit > 0 else { return }
        ring.withLock { ring in
            for entry in zip(ids, lines) {
                if ring.lines.count < limit { ring.lines.append(entry) } else { ring.lines[ring.next] = entry }
                ring.next = (ring.next + 1) % limit
            }
        }
    }

    func line(of id: DecisionID) -> String? {
        ring.withLock { ring in ring.lines.first { $0.id == id }.map { String(decoding: $0.line, as: UTF8.self) } }
    }
}
