import AuthCore
import Basics
import ModuleHost
import Synchronization

/// The deadlines of questions that are open: one wheel keeps them, one thread turns it while it holds any.
extension ModuleDecider {
    /// Answers every question whose deadline has passed. Called by the ticking thread, or by a test that turns the clock.
    func expireDeadlines() {
        let expired = wheel.withLock { $0.advance(to: clock.monotonic) }
        for token in expired { expire(token) }
    }

    func schedule(_ token: UInt64, _ due: Int64) {
        wheel.withLock { $0.add(token, due: due) }
        guard clock.runs else { return }
        let start = ticker.withLock { running in
            defer { running = true }
            return !running
        }
        if start { startTicking() }
    }

    func startTicking() {
        _ = PosixThread.start(name: "auth-deadlines") { [weak self] in
            let pause = ThreadSemaphore()
            while self != nil {
                _ = pause.wait(for: .milliseconds(10))
                guard let self else { return }
                self.expireDeadlines()
                let idle = self.ticker.withLock { running in
                    if self.wheel.withLock({ $0.isEmpty }) { running = false }
                    return !running
                }
                if idle { return }
            }
        }
    }

    func expire(_ token: UInt64) {
        guard let slot = pending.slot(of: token) else { return }
        let call = slot.runningCall(token)
        // Before the answer goes out, so that no question slips in behind it.
        if let call { _ = long.note(token, call, isOverdue: true) }
        let settled: Bool? = settle(slot, token, with: .refused(.deadline), as: .deadline) { stillRuns in
            // It may have returned AUTH_DELAYED between the two looks.
            if call != nil && !stillRuns { _ = long.forget(token) }
            if stillRuns, let call { reportLate(call) } else { report(.deadline) }
        }
        if settled != nil {
            tellCancel(token)
        } else if call != nil {
            _ = long.forget(token)
        }
    }
}
