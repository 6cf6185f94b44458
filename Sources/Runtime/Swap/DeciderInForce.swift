import Synchronization

/// The decider that is asked now, and those before it: one that is replaced stays until all its questions are answered.
///
/// No lock is taken to read which is asked now.
final class DeciderInForce: Sendable {
    private final class Holder: Sendable {
        let decider: any Decider
        let isRetired = Atomic<Bool>(false)
        init(_ decider: any Decider) { self.decider = decider }
    }

    // A holder lives as long as this: `holders` keeps all that there ever were, which is one for each swap.
    private let current = Atomic<Unmanaged<Holder>?>(nil)
    private let holders = Mutex<[Holder]>([])
    /// How many were replaced and are not retired yet.
    private let leaving = Atomic<Int>(0)

    /// The decider that is asked now; nil before there is one.
    var value: (any Decider)? {
        // SAFETY: what is stored points to an object that `holders` keeps.
        current.load(ordering: .acquiring)?.takeUnretainedValue().decider
    }

    /// Whether a decider that was replaced may still hold sessions or questions.
    var hasLeaving: Bool { leaving.load(ordering: .acquiring) > 0 }

    /// All deciders that may have questions, the one in force last.
    var all: [any Decider] {
        hasLeaving
            ? holders.withLock { $0.filter { !$0.isRetired.load(ordering: .relaxed) }.map(\.decider) }
            : value.map { [$0] } ?? []
    }

    /// Puts every question from now on to a decider. Returns the one before.
    @discardableResult
    func set(_ decider: any Decider) -> (any Decider)? {
        let holder = Holder(decider)
        return holders.withLock { holders in
            let before = holders.last
            if before != nil { leaving.add(1, ordering: .sequentiallyConsistent) }
            holders.append(holder)
            current.store(Unmanaged.passUnretained(holder), ordering: .sequentiallyConsistent)
            return before?.decider
        }
    }

    /// Returns the decider that sessions are known to by a number; nil for one that is retired, or was never in force.
    func decider(of instance: UInt32) -> (any Decider)? {
        if let now = value, now.hasLife(instance) { return now }
        return holders.withLock { holders in
            holders.first { $0.decider.hasLife(instance) && !$0.isRetired.load(ordering: .relaxed) }?.decider
        }
    }

    /// Notes that a decider that was replaced holds nothing any more.
    func retire(_ instance: UInt32) {
        holders.withLock { holders in
            guard let holder = holders.dropLast().first(where: { $0.decider.instance == instance }),
                !holder.isRetired.exchange(true, ordering: .acquiringAndReleasing)
            else { return }
            leaving.subtract(1, ordering: .sequentiallyConsistent)
        }
    }
}
