import Synchronization

/// Who is asked now, and who was before: a decider that is replaced stays until all that it was asked is answered.
///
/// No lock is taken to read who is asked now.
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

    /// Who is asked now; nil before there is anybody.
    var value: (any Decider)? {
        // SAFETY: what is stored points to an object that `holders` keeps.
        current.load(ordering: .acquiring)?.takeUnretainedValue().decider
    }

    /// Whether somebody who was replaced may still hold sessions or questions.
    var hasLeaving: Bool { leaving.load(ordering: .acquiring) > 0 }

    /// Everybody who may have questions, the one in force last.
    var all: [any Decider] {
        hasLeaving
            ? holders.withLock { $0.filter { !$0.isRetired.load(ordering: .relaxed) }.map(\.decider) }
            : value.map { [$0] } ?? []
    }

    /// Puts every question from now on to a decider. Returns who was asked before.
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
