import Synchronization

/// What is there from some moment on, and then for good. No lock is taken to read it.
final class SetOnce<Value: Sendable>: Sendable {
    private final class Box: Sendable {
        let value: Value

        init(_ value: Value) { self.value = value }
    }

    private let box = AtomicLazyReference<Box>()

    /// nil before it is set.
    var value: Value? { box.load()?.value }

    /// Sets it; what was set before stays.
    func set(_ value: Value) { _ = box.storeIfNil(Box(value)) }
}
