import AuthCore
import Basics
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

    /// Forgets the wrong passwords of what matches; returns of which subjects.
    public func clearPenalties(_ filter: PenaltyFilter) -> [PenaltySubject] {
        guard let penalties = logins.penalties else { return [] }
        return penalties.table.withLock { $0.clear(filter, at: penalties.clock.monotonic) }
    }
}

/// What other hosts of a cluster have counted.
extension Host {
    /// Takes the key by which all of them compare wrong passwords.
    package func sharePenalties(key: (UInt64, UInt64)) { logins.penalties?.table.withLock { $0.share(key: key) } }

    /// Counts what another host has told.
    package func hear(_ news: PenaltyNews) {
        guard let penalties = logins.penalties else { return }
        penalties.table.withLock { $0.hear(news, at: penalties.clock.monotonic) }
    }

    /// Takes over what was counted before this host has listened.
    package func learn(_ counted: [(subject: PenaltySubject, count: Int, left: Duration)]) {
        guard let penalties = logins.penalties else { return }
        penalties.table.withLock { table in
            let now = penalties.clock.monotonic
            for (subject, count, left) in counted {
                table.learn(subject, count: count, left: left.nanoseconds, at: now)
            }
        }
    }

    /// Takes over where users have logged in before this host has listened.
    package func learn(_ used: [(news: PenaltyNews, ago: Duration)]) {
        guard let penalties = logins.penalties else { return }
        penalties.table.withLock { table in
            let now = penalties.clock.monotonic
            for case (.used(let name, let source, let given), let ago) in used where ago >= .zero {
                table.learn(name, source, given: given, at: now - ago.nanoseconds)
            }
        }
    }
}
