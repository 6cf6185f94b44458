/// Something that one thread alone touches, in a form that others may hold and hand on.
package struct OnThread<Value: AnyObject>: @unchecked Sendable {
    // Only the reference is copied and dropped elsewhere, which any thread may.
    package let value: Value

    package init(_ value: Value) { self.value = value }
}

/// The same without keeping it.
package struct WeaklyOnThread<Value: AnyObject>: @unchecked Sendable {
    // Looking whether it is still there is safe on any thread.
    private weak var reference: Value?

    package init(_ value: Value) { reference = value }

    /// Keeps it from here on; nil when it has gone.
    package var kept: OnThread<Value>? { reference.map(OnThread.init) }
}
