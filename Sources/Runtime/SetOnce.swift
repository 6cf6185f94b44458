import Synchronization

/// A value that is there from some moment on, and then for good. No lock is taken to read it.
///
/// Not an `AtomicLazyReference`: that holds objects alone, so an existential would need a box, and a generic one of those costs
/// several hundred instructions for each look.
final class SetOnce<Value: Sendable>: Sendable {
    private nonisolated(unsafe) var stored: Value?
    // Written once, by the one that took `isTaken`, before `isSet` is stored; read only after `isSet` was loaded as true.
    private let isTaken = Atomic<Bool>(false)
    private let isSet = Atomic<Bool>(false)

    /// nil before it is set.
    var value: Value? { isSet.load(ordering: .acquiring) ? stored : nil }

    /// Sets it; what was set before stays.
    func set(_ value: Value) {
        guard !isTaken.exchange(true, ordering: .relaxed) else { return }
        stored = value
        isSet.store(true, ordering: .releasing)
    }
}
