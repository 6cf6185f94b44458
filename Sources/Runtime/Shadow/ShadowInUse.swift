import Synchronization

/// The shadow that questions are shown to. No lock is taken to see that there is none.
final class ShadowInUse: Sendable {
    private let isThere = Atomic<Bool>(false)
    private let current = Mutex<Shadow?>(nil)

    var value: Shadow? { isThere.load(ordering: .acquiring) ? current.withLock { $0 } : nil }

    func set(_ shadow: Shadow?) {
        current.withLock { $0 = shadow }
        isThere.store(shadow != nil, ordering: .releasing)
    }
}
