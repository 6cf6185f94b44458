import Basics
import Rules
import Synchronization

/// Says how log-ins are worked off.
package struct AccountOptions: Sendable {
    /// Threads that hash and check tokens (`hash-threads`), 1...256; nil takes one for each processor.
    package var hashThreads: Int?
    /// How many log-ins may wait for a thread.
    package var queue: FairQueueBounds

    /// Takes the options, with the defaults of the manual page.
    package init(hashThreads: Int? = nil, queue: FairQueueBounds = FairQueueBounds()) {
        self.hashThreads = hashThreads
        self.queue = queue
    }
}

/// Decides from accounts: the whole of a module but its reader and its C face.
///
/// Every function may be called on any thread; only ``reload()`` and ``close()`` block.
package final class AccountAuthority: Sendable {
    let current: SnapshotCell<AccountSnapshot>
    private let readAccounts: @Sendable () throws -> AccountSnapshot
    private let reloading = Mutex(())
    /// Whether names are mapped, or will be in a moment.
    private let isMapping: Atomic<Bool>
    let pool: HashPool
    let clock: WallClock
    let signatures: any SignatureChecking
    let meter: PasswordCheck.Meter?

    /// Reads the accounts and starts the threads. Blocks for as long as that takes.
    ///
    /// meter: told of each hash, for tests. read: reads the accounts, now and at each reload. Throws: what `read` throws, or an error whose description says
    /// why no thread could be started.
    package init(
        options: AccountOptions, processors: Int, clock: WallClock, signatures: any SignatureChecking,
        meter: (@Sendable (HashCost) -> Void)? = nil, read: @escaping @Sendable () throws -> AccountSnapshot
    ) throws {
        readAccounts = read
        self.clock = clock
        self.signatures = signatures
        self.meter = meter
        let first = try read()
        current = SnapshotCell(first)
        isMapping = Atomic(!first.mappings.isEmpty)
        pool = try HashPool(
            threads: max(1, options.hashThreads ?? processors), bounds: options.queue, meter: meter)
    }

    /// Answers waiting log-ins "could not decide", waits for running ones, and ends the threads. Call it before the
    /// last reference goes.
    package func close() { pool.stop() }

    /// How many users and rules are in force.
    package var counts: (users: Int, rules: Int) { current.read { ($0.rules.userCount, $0.rules.ruleCount) } }

    /// The files that the accounts in force came from.
    package var files: [String] { current.read { $0.files } }

    /// Lists the groups and roles of a user, those by nesting included, in order of their numbers; none of a user who is not
    /// known. Never blocks.
    package func memberships(user: Span<UInt8>) -> [Membership] {
        current.read { snapshot in
            guard let principal = snapshot.rules.principal(user: user) else { return [] }
            // What everybody is given hangs on a role without a name.
            return (snapshot.rules.groups(of: principal) + snapshot.rules.roles(of: principal)).compactMap { id in
                let name = snapshot.rules.name(of: id)
                return name.isEmpty ? nil : Membership(isRole: snapshot.rules.isRole(id), name: name)
            }
        }
    }

    /// Maps a name. Never blocks.
    package func map(user: Span<UInt8>, name: Span<UInt8>) -> MapOutcome {
        current.read { snapshot in
            guard let principal = snapshot.rules.principal(user: user) else {
                return .refused(reason: "the user is not known")
            }
            if snapshot.mappings.isEmpty { return isMapping.load(ordering: .acquiring) ? .unmapped : .nothingIsMapped }
            var result: [UInt8] = []
            switch snapshot.mappings.apply(
                name, principal: principal, user: user, in: snapshot.rules, into: &result)
            {
            case .unmapped: return .unmapped
            case .mapped: return .mapped(result)
            case .tooLong: return .refused(reason: "the mapped name is longer than 4095 bytes")
            }
        }
    }

    /// Reads the accounts again and puts them in force as a whole, or keeps what is in force. Blocks for as long as that
    /// takes.
    ///
    /// willMap: called before names are mapped where nothing was mapped before.
    /// Returns whose sessions must be asked about again, and whose must end. Throws: what reading throws; nothing has
    /// changed then.
    package func reload(willMap: () -> Void = {}) throws -> SnapshotReload {
        try reloading.withLock { _ in
            let fresh = try readAccounts()
            // From here on no caller is told that nothing is mapped, and those who were told before hear of it.
            if !fresh.mappings.isEmpty, !isMapping.exchange(true, ordering: .acquiringAndReleasing) { willMap() }
            let reload = current.read { old in
                SnapshotReload(changes: fresh.changes(since: old), ended: fresh.ended(since: old, clock))
            }
            current.replace(with: fresh)
            if fresh.mappings.isEmpty { isMapping.store(false, ordering: .releasing) }
            return reload
        }
    }
}
