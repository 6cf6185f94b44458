import AuthCore
import Synchronization

/// The limits of what is kept about objects.
public struct ObjectLimits: Sendable {
    /// Whether content is taken at all; without it a read that waits for content is answered at once.
    public var isOpen = false
    /// Most objects with content, and most questions that hold an object or wait for content.
    public var total = 100_000
    /// Most reads of one session that wait for content, or hold objects of a module that wants to know of them.
    public var ofSession = 1_000
    /// Most bytes of an object's names and values.
    public var size = 65_536

    /// Makes the defaults of the configuration.
    public init() {}
}

/// What is known of objects, and the reads that wait for it. Every function takes one lock of its shard for a moment, and
/// calls no other code.
final class ObjectStore: Sendable {
    /// A read that waits: the token of its question.
    typealias Waiting = UInt64

    private struct Entry {
        var content: ObjectContent?
        /// Grows with every change.
        var version: UInt64
        var waiting: Set<Waiting> = []
    }

    private final class Shard: Sendable {
        let entries = Mutex<[ObjectName: Entry]>([:])
        /// How many questions of each session hold an object or wait for content.
        let holding = Mutex<[UInt64: Int]>([:])
    }

    let limits: ObjectLimits
    private let shards = (0..<16).map { _ in Shard() }
    private let objects = Atomic<Int>(0)
    private let waits = Atomic<Int>(0)
    private let versions = Atomic<UInt64>(0)
    private let held = Atomic<Int>(0)
    /// Held while content is replaced and a module's thread is told of it: both are in one order.
    let changing = Mutex(())

    init(_ limits: ObjectLimits) { self.limits = limits }

    /// Objects with content, and reads that wait for some.
    var counts: (objects: Int, waiting: Int) {
        (objects.load(ordering: .relaxed), waits.load(ordering: .relaxed))
    }

    /// What is known of an object; nothing is looked up while nothing is known of any.
    func content(of name: ObjectName) -> ObjectContent? {
        if objects.load(ordering: .relaxed) == 0 { return nil }
        return shard(name).entries.withLock { $0[name]?.content }
    }

    /// All that is known.
    var all: [ObjectName: ObjectContent] {
        shards.reduce(into: [:]) { all, shard in
            all.merge(shard.entries.withLock { $0.compactMapValues(\.content) }) { first, _ in first }
        }
    }

    /// The same, and which version of it.
    func look(at name: ObjectName) -> (content: ObjectContent?, version: UInt64) {
        shard(name).entries.withLock { ($0[name]?.content, $0[name]?.version ?? 0) }
    }

    /// Lets a read wait for the content of an object.
    ///
    /// - Parameter version: of what the module has seen.
    /// - Returns: whether it waits now; nil when the content has changed since and the module must be asked again.
    func wait(_ token: Waiting, for name: ObjectName, since version: UInt64) -> Bool? {
        shard(name).entries.withLock { entries in
            guard entries[name]?.version ?? 0 == version else { return nil }
            guard waits.wrappingAdd(1, ordering: .relaxed).newValue <= limits.total else {
                waits.wrappingSubtract(1, ordering: .relaxed)
                return false
            }
            entries[name, default: Entry(content: nil, version: 0)].waiting.insert(token)
            return true
        }
    }

    /// Forgets a read that waits no more.
    func forget(_ token: Waiting, of name: ObjectName) {
        shard(name).entries.withLock { entries in
            guard entries[name]?.waiting.remove(token) != nil else { return }
            waits.wrappingSubtract(1, ordering: .relaxed)
            if let entry = entries[name], entry.waiting.isEmpty, entry.content == nil { entries[name] = nil }
        }
    }

    /// Replaces what is known of an object; nil for nothing any more.
    ///
    /// - Returns: what was known before, and the reads that waited; nil when there are too many objects already.
    func replace(_ name: ObjectName, with content: ObjectContent?) -> (old: ObjectContent?, waiting: Set<Waiting>)? {
        let version = versions.wrappingAdd(1, ordering: .relaxed).newValue
        return shard(name).entries.withLock { entries in
            var entry = entries[name] ?? Entry(content: nil, version: 0)
            let old = entry.content
            if content != nil, old == nil, objects.wrappingAdd(1, ordering: .relaxed).newValue > limits.total {
                objects.wrappingSubtract(1, ordering: .relaxed)
                return nil
            }
            if content == nil, old != nil { objects.wrappingSubtract(1, ordering: .relaxed) }
            entry.content = content
            entry.version = version
            let waiting = content == nil ? [] : entry.waiting
            if content != nil {
                entry.waiting = []
                waits.wrappingSubtract(waiting.count, ordering: .relaxed)
            }
            entries[name] = content == nil && entry.waiting.isEmpty ? nil : entry
            return (old, waiting)
        }
    }

    /// Takes a place of a session for a question that holds an object or waits; false when it, or all together, have none left.
    func take(for session: UInt64) -> Bool {
        guard held.wrappingAdd(1, ordering: .relaxed).newValue <= limits.total else {
            held.wrappingSubtract(1, ordering: .relaxed)
            return false
        }
        let isTaken = shard(of: session).holding.withLock { holding in
            guard holding[session, default: 0] < limits.ofSession else { return false }
            holding[session, default: 0] += 1
            return true
        }
        if !isTaken { held.wrappingSubtract(1, ordering: .relaxed) }
        return isTaken
    }

    /// Gives the place back.
    func giveBack(of session: UInt64) {
        held.wrappingSubtract(1, ordering: .relaxed)
        shard(of: session).holding.withLock { holding in
            if let count = holding[session] { holding[session] = count > 1 ? count - 1 : nil }
        }
    }

    private func shard(of session: UInt64) -> Shard { shards[Int(session.hashValue.magnitude % UInt(shards.count))] }

    private func shard(_ name: ObjectName) -> Shard {
        shards[Int(UInt(bitPattern: name.hashValue) % UInt(shards.count))]
    }
}
