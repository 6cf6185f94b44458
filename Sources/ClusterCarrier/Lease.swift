import AuthCore
import Basics
import Synchronization

/// Until when a host may answer for its sessions, on the clock that goes on while the machine sleeps: the others let it go then.
package final class Lease: SessionFence {
    private let end = Atomic<Int64>(0)

    func extend(to end: Int64) { self.end.store(end, ordering: .releasing) }

    /// Whether the lease covers this moment, by this host's own clock.
    package var holds: Bool {
        let end = end.load(ordering: .acquiring)
        return end == .max || SystemTime.boot < end
    }
}
