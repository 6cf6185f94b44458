/// Remembers the ids of ejected sessions for a while, so that their clients are told "ejected" and not "unknown".
///
/// A pure value. Holds at most `limit` ids; the oldest are forgotten first.
public struct EjectedSessions: Sendable {
    private var ends: [SessionID: Int64] = [:]
    /// The ids in the order of their ejection, a ring once it is full.
    private var order: [SessionID] = []
    private var oldest = 0
    private let limit: Int

    /// - Parameter limit: at least 1.
    public init(limit: Int) { self.limit = limit }

    /// How many are remembered.
    public var count: Int { ends.count }

    /// Remembers an id until a time, in seconds of the clock that ``contains(_:at:)`` is asked on.
    public mutating func insert(_ id: SessionID, until end: Int64) {
        if order.count < limit {
            order.append(id)
        } else {
            ends[order[oldest]] = nil
            order[oldest] = id
            oldest = (oldest + 1) % limit
        }
        ends[id] = end
    }

    /// Whether a session was ejected a while ago.
    public func contains(_ id: SessionID, at now: Int64) -> Bool { ends[id].map { now < $0 } ?? false }
}
