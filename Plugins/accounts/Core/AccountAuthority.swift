import Rules
import Synchronization

/// Says how log-ins are worked off.
package struct AccountOptions: Sendable, Hashable {
    /// Threads that hash (`hash-threads`), 1...256; nil takes one for each processor.
    package var hashThreads: Int?
    /// Log-ins that may wait for a thread (`hash-queue`), 1...1,000,000.
    package var hashQueue: Int

    /// Takes the options, with the defaults of the manual page.
    package init(hashThreads: Int? = nil, hashQueue: Int = 1024) {
        self.hashThreads = hashThreads
        self.hashQueue = hashQueue
    }
}

/// Answers a log-in.
package enum LoginOutcome: Sendable, Hashable {
    /// The password is the user's.
    case accepted
    /// The file has no such user; a client must not see that it was this.
    case unknownUser
    /// The password is not the user's; `reason` is for the log.
    case wrongCredentials(reason: String)
    /// No answer can be given; `reason` is for the log.
    case couldNotDecide(reason: String)
}

/// Answers whether a name is called otherwise inside.
package enum MapOutcome: Sendable, Hashable {
    /// No mapping applies.
    case unmapped
    /// The name inside, UTF-8, 1...4095 bytes.
    case mapped([UInt8])
    /// A mapping applies and cannot be carried out, or the user is not known; `reason` is for the log.
    case refused(reason: String)
}

/// Answers a check, and names the rule that decided.
package struct CheckOutcome: Sendable, Hashable {
    /// Whether the action is allowed.
    package let allowed: Bool
    /// The 1-based line of the deciding rule in the users file; nil when none matched or the user is not known.
    package let line: Int?
}

/// Decides from a directory of accounts: the whole of a module but its reader and its C face.
///
/// Every function may be called on any thread; ``check(user:action:name:)`` and ``map(user:name:)`` never block.
package final class AccountAuthority: Sendable {
    private let readDirectory: @Sendable () throws -> Directory
    private let directory: SnapshotCell<Directory>
    private let reloading = Mutex(())
    private let pool: HashPool

    /// Reads the accounts and starts the threads. Blocks for as long as that takes.
    ///
    /// read: reads the accounts, now and at each reload. Throws: what `read` throws, or an error whose description says
    /// why no thread could be started.
    package init(
        options: AccountOptions, processors: Int, read: @escaping @Sendable () throws -> Directory
    ) throws {
        readDirectory = read
        directory = SnapshotCell(try read())
        pool = try HashPool(threads: max(1, options.hashThreads ?? processors), capacity: options.hashQueue)
    }

    /// Answers waiting log-ins "could not decide", waits for running ones, and ends the threads. Call it before the
    /// last reference goes.
    package func close() { pool.stop() }

    /// How many users and rules are in force.
    package var counts: (users: Int, rules: Int) { directory.read { ($0.rules.userCount, $0.rules.ruleCount) } }

    /// Checks a password on a thread of the pool; `completion` runs there, or at once when the queue is full.
    ///
    /// user: 1...255 bytes. password: copied, and the copy is wiped. An unknown user and one without a password cost a
    /// hash of the commonest kind in the file, so that time does not tell who exists.
    package func login(
        user: Span<UInt8>, password: Span<UInt8>, completion: @escaping @Sendable (LoginOutcome) -> Void
    ) {
        let (name, stored, commonest) = directory.read { directory -> ([UInt8], [UInt8]?, [UInt8]) in
            let principal = directory.rules.principal(user: user)
            return (
                principal.map { directory.rules.name(of: $0.user) } ?? [],
                principal.map { directory.storedPassword(of: $0) }, directory.accounts.commonest
            )
        }
        let copy = SecretCopy(password)
        let isQueued = pool.submit { [directory] check in
            guard let check else { return completion(.couldNotDecide(reason: "the module is stopping")) }
            guard let stored, !stored.isEmpty else {
                if !commonest.isEmpty { _ = check.verify(copy, against: commonest) }
                let hasEntry = stored != nil
                return completion(hasEntry ? .wrongCredentials(reason: "the user has no password") : .unknownUser)
            }
            let outcome = Self.outcome(check.verify(copy, against: stored))
            let now = directory.read { now in
                now.rules.principal(user: name.span).map { now.storedPassword(of: $0) }
            }
            // The file may have been read again while the hash ran.
            completion(
                outcome == .accepted && now != stored
                    ? .couldNotDecide(reason: "the user's password changed while it was checked") : outcome)
        }
        if !isQueued { completion(.couldNotDecide(reason: "the queue of passwords to be hashed is full")) }
    }

    /// Says whether the file has the user. Never blocks.
    package func knows(user: Span<UInt8>) -> Bool { directory.read { $0.rules.principal(user: user) != nil } }

    /// Maps a name. Never blocks.
    package func map(user: Span<UInt8>, name: Span<UInt8>) -> MapOutcome {
        directory.read { directory in
            guard let principal = directory.rules.principal(user: user) else {
                return .refused(reason: "the user is not known")
            }
            if directory.mappings.isEmpty { return .unmapped }
            var result: [UInt8] = []
            switch directory.mappings.apply(
                name, principal: principal, user: user, in: directory.rules, into: &result)
            {
            case .unmapped: return .unmapped
            case .mapped: return .mapped(result)
            case .tooLong: return .refused(reason: "the mapped name is longer than 4095 bytes")
            }
        }
    }

    /// Decides whether a user may do something to an object, by the name after mapping. Never blocks.
    package func check(user: Span<UInt8>, action: ObjectAction, name: Span<UInt8>) -> CheckOutcome {
        directory.read { directory in
            guard let principal = directory.rules.principal(user: user) else {
                return CheckOutcome(allowed: false, line: nil)
            }
            let decision = directory.rules.decide(principal, action, name)
            return CheckOutcome(
                allowed: decision.allowed, line: decision.rule.map { directory.rules.line(ofRule: $0) })
        }
    }

    /// Reads the accounts again and puts them in force as a whole, or keeps what is in force. Blocks for as long as that
    /// takes.
    ///
    /// Returns whose sessions must be asked about again. Throws: what reading throws; nothing has changed then.
    package func reload() throws -> DirectoryChanges {
        try reloading.withLock { _ in
            let fresh = try readDirectory()
            let changes = directory.read { fresh.changes(since: $0) }
            directory.replace(with: fresh)
            return changes
        }
    }

    private static func outcome(_ answer: PasswordCheck.Answer) -> LoginOutcome {
        switch answer {
        case .right: .accepted
        case .wrong: .wrongCredentials(reason: "wrong password")
        case .refused(let reason): .wrongCredentials(reason: reason)
        case .failed(let reason): .couldNotDecide(reason: reason)
        }
    }
}
