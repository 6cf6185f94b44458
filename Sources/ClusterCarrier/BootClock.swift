import AuthCore
import Basics
import Synchronization

/// The clock of leases: it goes on while the machine sleeps.
enum BootClock {
    /// Nanoseconds of CLOCK_BOOTTIME.
    static var now: Int64 { SystemTime.boot }
}

/// Until when a host may answer for its sessions.
package final class Lease: SessionFence {
    private let end = Atomic<Int64>(0)

    func extend(to end: Int64) { self.end.store(end, ordering: .releasing) }

    /// Whether the lease covers this moment, by this host's own clock.
    package var holds: Bool {
        let end = end.load(ordering: .acquiring)
        return end == .max || BootClock.now < end
    }
}
