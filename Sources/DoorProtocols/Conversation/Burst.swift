import AuthCore

/// Checks that came at once, which are asked in one go: a module that takes batches is called once for them.
///
/// INVARIANT: it is empty between the turns of a conversation, and whenever anything else is asked.
struct Burst<Origin> {
    /// So many checks are asked without waiting for more: more at once would save little, and keep the event loop longer.
    static var most: Int { 64 }

    private(set) var checks: [SessionCheck] = []
    /// What each becomes an answer to.
    private(set) var origins: [Origin] = []

    var count: Int { checks.count }
    var isEmpty: Bool { checks.isEmpty }
    var isFull: Bool { checks.count >= Self.most }

    mutating func add(_ check: SessionCheck, _ origin: Origin) {
        checks.append(check)
        origins.append(origin)
    }

    /// Forgets them, and keeps room for as many.
    mutating func removeAll() {
        checks.removeAll(keepingCapacity: true)
        origins.removeAll(keepingCapacity: true)
    }
}
