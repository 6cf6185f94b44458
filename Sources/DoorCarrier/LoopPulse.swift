import Epoll
import Synchronization

/// Looks whether a loop turns, and ends the connections of one that does not: its thread cannot.
final class LoopPulse: Sendable {
    private enum State {
        case turns
        /// Work was handed over that the loop has not done yet.
        case asked
        /// It has not done it by the next look, and its connections were ended.
        case cut
    }

    private let loop: EpollLoop
    private let state = Mutex(State.turns)

    init(_ loop: EpollLoop) { self.loop = loop }

    /// Looks again. Connections are ended where the loop has not turned since the look before, once for each time that it stands still.
    ///
    /// - Returns: how many connections were ended.
    func look() -> Int {
        let found = state.withLock { state in
            defer { state = state == .turns ? .asked : .cut }
            return state
        }
        switch found {
        case .turns: loop.execute { [self] in state.withLock { $0 = .turns } }
        case .asked: return loop.cut()
        case .cut: break
        }
        return 0
    }
}
