import AuthCore
import Synchronization

/// What operators see and do of penalties.
extension Host {
    /// Returns a part of the subjects with wrong passwords, the most first, and how many match in all; none where penalties are off.
    ///
    /// Takes time in proportion to all that there are; never for an event loop of a door.
    public func penalties(
        matching filter: PenaltyFilter, offset: Int, limit: Int
    ) -> (found: [PenaltyDescription], total: Int) {
        guard let penalties = logins.penalties else { return ([], 0) }
        return penalties.table.withLock {
            $0.descriptions(filter, offset: offset, limit: limit, at: penalties.clock.monotonic)
        }
    }

    /// Forgets the wrong passwords of what matches; returns of how many subjects.
    public func clearPenalties(_ filter: PenaltyFilter) -> Int {
        guard let penalties = logins.penalties else { return 0 }
        return penalties.table.withLock { $0.clear(filter, at: penalties.clock.monotonic) }
    }

    /// How much is counted now, and how many log-ins wait because of it.
    public var penaltyNumbers: (counted: PenaltyNumbers, waiting: Int) {
        (logins.penalties?.numbers ?? PenaltyNumbers(), logins.penalties?.waiting ?? 0)
    }
}
