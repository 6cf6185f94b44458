import AuthCore
import ModuleHost

extension Host {
    /// Replaces what is known of an object; nil is nothing any more. Reads that wait for it are asked again, and nothing
    /// that was kept of decisions about it is used after the return.
    ///
    /// - Throws: ``ObjectRefusal``; nothing has changed then.
    public func setContent(_ content: ObjectContent?, of name: ObjectName) throws(ObjectRefusal) {
        guard objects.limits.isOpen else { throw .closed }
        if let content, content.size > objects.limits.size { throw .tooLarge(limit: objects.limits.size) }
        let decider = decider
        // A module learns of changes in the order in which they were made.
        let waiting: Set<UInt64>? = objects.changing.withLock { _ in
            guard let (old, waiting) = objects.replace(name, with: content) else { return nil }
            guard let decider, decider.tracksObjects else { return waiting }
            decider.tellChange(of: name, from: old, to: content, waiting: waiting)
            return []
        }
        guard let waiting else { throw .tooMany(limit: objects.limits.total) }
        invalidate(.object(name.text))
        for token in waiting { _ = decider?.complete(token, .contentCame) }
    }

    /// What is known of an object.
    public func content(of name: ObjectName) -> ObjectContent? { objects.content(of: name) }

    /// What is known of a field of an object, by names after mapping; nil for nothing.
    public func value(of field: String, ofObject name: String) -> String? {
        (try? ObjectName(name)).flatMap { objects.content(of: $0) }?.value(of: field)
    }
}
