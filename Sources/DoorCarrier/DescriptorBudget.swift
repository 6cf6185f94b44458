import Logging
import Synchronization

/// Hands out the file descriptors that the connections of all doors may take together, so that those for rules, logs, the
/// control socket and the next accept stay free whatever clients do.
public final class DescriptorBudget: Sendable {
    private struct State {
        var taken = 0
        /// Whether operators were told that none is left.
        var isOut = false
    }

    /// How many connections there may be at once.
    public let total: Int
    private let state = Mutex(State())
    private let log: Logger?

    /// Allows as many connections as come, for a door that stands alone.
    public static var unlimited: DescriptorBudget { DescriptorBudget(total: .max, log: nil) }

    /// - Parameters:
    ///   - total: how many connections there may be at once; at least 1.
    ///   - log: told when the last is taken, and when a tenth is free again.
    public init(total: Int, log: Logger?) {
        self.total = total
        self.log = log
    }

    /// Whether there is one for a further connection, which is taken then.
    package func take() -> Bool {
        let (isTaken, isNews) = state.withLock { state in
            guard state.taken >= total else {
                state.taken += 1
                return (true, false)
            }
            defer { state.isOut = true }
            return (false, !state.isOut)
        }
        if isNews {
            log?.error(
                "no descriptor is left for a further connection: \(total) are open, and the others are kept for rules, logs and operators; idle ones make room, and where there are none the next is refused"
            )
        }
        return isTaken
    }

    /// Gives back what a connection had taken.
    package func giveBack() {
        let isNews = state.withLock { state in
            state.taken -= 1
            guard state.isOut, state.taken <= total - max(1, total / 10) else { return false }
            state.isOut = false
            return true
        }
        if isNews { log?.notice("there are descriptors for connections again") }
    }
}
