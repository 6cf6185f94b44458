import Glibc
import Synchronization

/// Holds the current snapshot; readers take no lock and touch no reference count, a writer waits for those before it.
///
/// NOTE: two generations of reader counters in stripes, as in sleepable read-copy-update: a reader counts itself into
/// the current generation of its thread's stripe, and only then loads the snapshot. A writer swaps the snapshot, then
/// moves the generation on twice and each time waits until the one left behind is empty. After that no reader can hold the
/// old snapshot.
final class SnapshotCell<Value: AnyObject & Sendable>: @unchecked Sendable {
    // Sendable: the pointer is atomic, and the object behind it is released only when no reader can hold it.
    private struct Stripe: ~Copyable {
        let even = Atomic<Int>(0)
        let odd = Atomic<Int>(0)
        // One cache line pair each, so that threads do not share.
        let padding = InlineArray<14, Int>(repeating: 0)
    }

    private static var stripeCount: Int { 16 }
    private let stripes: UnsafeMutablePointer<Stripe>
    private let generation = Atomic<Int>(0)
    private let current: Atomic<UnsafeRawPointer>
    private let writer = Mutex(())

    init(_ value: Value) {
        stripes = .allocate(capacity: Self.stripeCount)
        for index in 0..<Self.stripeCount { (stripes + index).initialize(to: Stripe()) }
        current = Atomic(UnsafeRawPointer(Unmanaged.passRetained(value).toOpaque()))
    }

    deinit {
        stripes.deinitialize(count: Self.stripeCount)
        stripes.deallocate()
        // SAFETY: the cell owned one reference to the current snapshot.
        Unmanaged<Value>.fromOpaque(current.load(ordering: .acquiring)).release()
    }

    /// Lends the current snapshot to `body`, which must be short and must not call ``replace(with:)``.
    @inline(__always)
    func read<Result>(_ body: (Value) -> Result) -> Result {
        let thread = UInt(pthread_self())
        let stripe = Int(truncatingIfNeeded: (thread &* 0x9E37_79B9_7F4A_7C15) &>> 60)
        let isOdd = generation.load(ordering: .sequentiallyConsistent) & 1 == 1
        count(stripe, isOdd, 1)
        defer { count(stripe, isOdd, -1) }
        let pointer = current.load(ordering: .sequentiallyConsistent)
        // SAFETY: counted above, so a writer keeps the snapshot until the count goes down.
        return Unmanaged<Value>.fromOpaque(pointer)._withUnsafeGuaranteedRef { body($0) }
    }

    /// Puts a new snapshot in place and lets the old one go once no thread reads it.
    func replace(with value: Value) {
        writer.withLock { _ in
            let fresh = UnsafeRawPointer(Unmanaged.passRetained(value).toOpaque())
            let old = current.exchange(fresh, ordering: .sequentiallyConsistent)
            for _ in 0..<2 {
                let left = generation.wrappingAdd(1, ordering: .sequentiallyConsistent).oldValue
                while isBusy(isOdd: left & 1 == 1) { sched_yield() }
            }
            // SAFETY: no reader that could have loaded `old` is left, and the cell owned a reference to it.
            Unmanaged<Value>.fromOpaque(old).release()
        }
    }

    @inline(__always)
    private func count(_ stripe: Int, _ isOdd: Bool, _ change: Int) {
        // SAFETY: the stripe number has four bits, and there are sixteen.
        if isOdd {
            stripes[stripe].odd.wrappingAdd(change, ordering: .sequentiallyConsistent)
        } else {
            stripes[stripe].even.wrappingAdd(change, ordering: .sequentiallyConsistent)
        }
    }

    private func isBusy(isOdd: Bool) -> Bool {
        (0..<Self.stripeCount).contains { index in
            let stripe = stripes + index
            let count =
                isOdd
                ? stripe.pointee.odd.load(ordering: .sequentiallyConsistent)
                : stripe.pointee.even.load(ordering: .sequentiallyConsistent)
            return count != 0
        }
    }
}
