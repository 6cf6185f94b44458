import AuthCore
import Basics
import ModuleHost
import Synchronization

/// Objects: what they are called inside, what is known of them, and the questions about many of them in one call.
final class Objects: Sendable {
    let mappings: ConfiguredMappings
    let store: ObjectStore
    let deadlines: LiveDeadlines
    let clock: any HostClock
    private let decider: DeciderInForce
    private let invalidations: Invalidations

    /// - Parameters:
    ///   - decider: told of other content, once there is one.
    ///   - invalidations: told of objects whose content has changed.
    init(
        _ limits: ObjectLimits, mappings: [ConfiguredMapping], decider: DeciderInForce,
        invalidations: Invalidations, deadlines: LiveDeadlines, clock: any HostClock
    ) {
        self.mappings = ConfiguredMappings(mappings)
        store = ObjectStore(limits)
        self.decider = decider
        self.invalidations = invalidations
        self.deadlines = deadlines
        self.clock = clock
    }

    /// Replaces what is known of an object; nil for nothing any more. Reads that wait for it are asked again, and nothing
    /// that was kept of decisions about it is used after the return.
    ///
    /// - Throws: ``ObjectRefusal``; nothing has changed then.
    func setContent(_ content: ObjectContent?, of name: ObjectName) throws(ObjectRefusal) {
        guard store.limits.isOpen else { throw .closed }
        if let content, content.size > store.limits.size { throw .tooLarge(limit: store.limits.size) }
        let deciders = decider.all
        // A module learns of changes in the order in which they were made.
        let waiting: Set<UInt64>? = store.changing.withLock { _ in
            guard let (old, waiting) = store.replace(name, with: content) else { return nil }
            // One that does not track objects is asked again here.
            for decider in deciders where decider.tracksObjects {
                decider.tellChange(of: name, from: old, to: content, waiting: waiting)
            }
            return deciders.allSatisfy(\.tracksObjects) ? [] : waiting
        }
        guard let waiting else { throw .tooMany(limit: store.limits.total) }
        invalidations.invalidate(.object(name.text))
        for decider in deciders where !decider.tracksObjects {
            for token in waiting where decider.asks(token) { _ = decider.complete(token, .contentCame) }
        }
    }

    /// What is known of an object.
    func content(of name: ObjectName) -> ObjectContent? { store.content(of: name) }

    /// What is known of a field of an object, by names after mapping; nil for nothing.
    func value(of field: String, ofObject name: String) -> String? {
        (try? ObjectName(name)).flatMap { store.content(of: $0) }?.value(of: field)
    }
}
