import AuthCore
import Synchronization

/// When sessions are looked at: at their expiry, and when they may have been idle for too long.
///
/// Deadlines of sessions that have ended stay until they come up, or until they are more than those of live ones: then they
/// are thrown out together, so that memory is bounded and an ending session pays nothing.
final class SessionTimers: Sendable {
    private struct State {
        var wheel: TimerWheel<UInt64>
        var stale = 0
    }

    /// A tenth of a second; expiries are whole seconds, so they are exact.
    private static let tick: Int64 = 100_000_000
    private let state: Mutex<State>

    init(now: Int64) { state = Mutex(State(wheel: TimerWheel(tick: Self.tick, slots: 8192, now: now))) }

    func add(_ handle: UInt64, due: Int64) { state.withLock { $0.wheel.add(handle, due: due) } }

    /// Takes out the handles whose time has come; some may belong to sessions that have ended.
    func due(at now: Int64) -> [UInt64] {
        state.withLock { state in
            let due = state.wheel.advance(to: now)
            if state.wheel.isEmpty { state.stale = 0 }
            return due
        }
    }

    /// Notes that a session with a deadline here has ended.
    func noteEnd(isLive: @Sendable (UInt64) -> Bool) {
        state.withLock { state in
            state.stale += 1
            guard state.stale > 1024, state.stale * 2 > state.wheel.count else { return }
            state.wheel.removeAll { !isLive($0) }
            state.stale = 0
        }
    }

    /// Deadlines kept, for tests of the bound.
    var count: Int { state.withLock { $0.wheel.count } }
}
