import AuthCore
import Synchronization

/// Invalidations on their way to a connection's event loop. It holds a limited number: more of them become one that says
/// everything.
final class PushMailbox: Sendable {
    /// Invalidations that wait, and bytes of their names.
    static let most = (count: 256, bytes: 16_384)

    private struct State {
        var waiting: [Invalidation] = []
        var bytes = 0
        var isScheduled = false
    }

    private let state = Mutex(State())

    /// Adds one; true when the caller must have them taken by ``take()``.
    func put(_ invalidation: Invalidation) -> Bool {
        state.withLock { state in
            defer { state.isScheduled = true }
            if state.waiting.last == .everything { return !state.isScheduled }
            state.bytes += Self.size(invalidation)
            if invalidation == .everything || state.waiting.count >= Self.most.count || state.bytes > Self.most.bytes {
                state.waiting = [.everything]
            } else {
                state.waiting.append(invalidation)
            }
            return !state.isScheduled
        }
    }

    /// Takes out all that wait.
    func take() -> [Invalidation] {
        state.withLock { state in
            defer { state = State() }
            return state.waiting
        }
    }

    private static func size(_ invalidation: Invalidation) -> Int {
        switch invalidation {
        case .everything, .session: 0
        case .user(let name), .object(let name): name.utf8.count
        }
    }
}
