import Synchronization

/// A value that one thread waits for and another one brings.
package final class Awaited<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)
    /// Signalled once, when the value is there.
    package let ready = ThreadSemaphore()
    /// The value; nil while it is not there.
    package var present: Value? { value.withLock { $0 } }

    /// Makes one whose value is not there yet.
    package init() {}

    /// Brings the value; the first counts.
    package func put(_ value: Value) {
        let isFirst = self.value.withLock { held in
            defer { held = held ?? value }
            return held == nil
        }
        if isFirst { ready.signal() }
    }

    /// Waits for the value, without an end; to be called once. Never on an event loop or Swift's cooperative pool.
    package func wait() -> Value {
        while true {
            ready.wait()
            if let present { return present }
        }
    }

    /// Waits for the value at most so long, on the monotonic clock; nil where it is not there then. To be called once.
    package func wait(for timeout: Duration) -> Value? {
        _ = ready.wait(for: timeout)
        return present
    }
}
