import Synchronization

/// A session that was allowed and has ended.
public struct EndedSession: Sendable {
    /// Says that no function of the module's own is told.
    final class Unheard: Sendable {
        fileprivate let isSaid = Atomic(false)

        /// Whether it was.
        var wasSaid: Bool { isSaid.load(ordering: .relaxed) }
    }

    /// Which one.
    public let session: SessionID
    /// Why.
    public let reason: SessionEnd
    /// Whose it was.
    public let user: String
    /// What its log-in has set; 0 for nothing.
    public let data: UInt64
    let unheard: Unheard

    func markUnheard() { unheard.isSaid.store(true, ordering: .relaxed) }
}
