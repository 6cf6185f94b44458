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
    private let pool: HashPool
    private let clock: WallClock
    private let signatures: any SignatureChecking

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
        current = SnapshotCell(try read())
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

    /// Checks a password or a signed token on a thread of the pool, and then whether the user may log in from there
    /// and now; `completion` runs there, or at once when too many wait.
    ///
    /// user: 1...255 bytes. password: copied, and the copy is wiped. Whatever is not accepted costs the same hashes,
    /// about any user, so that time does not tell who exists: see ``WrongAnswerWork``.
    package func login(
        user: Span<UInt8>, password: Span<UInt8>, client: LoginClient,
        completion: @escaping @Sendable (LoginOutcome) -> Void
    ) {
        let (name, credential, work) = current.read { snapshot -> ([UInt8], Credential?, WrongAnswerWork) in
            let principal = snapshot.rules.principal(user: user)
            return (
                principal.map { snapshot.rules.name(of: $0.user) } ?? [],
                principal.map { snapshot.credential(of: $0) }, snapshot.accounts.wrongAnswerWork
            )
        }
        let copy = SecretCopy(password)
        let asker = HashPool.Asker(user: user.withUnsafeBufferPointer { Array($0) }, address: client.address)
        let refusal = pool.submit(for: asker) { [self] check in
            guard let check else { return completion(.couldNotDecide(reason: "the module is stopping")) }
            let (failure, cost) = failure(of: credential, copy, name, check)
            let outcome = failure ?? admit(name, client, proving: credential)
            if case .accepted = outcome { return completion(outcome) }
            check.spend(work, on: copy, after: cost)
            completion(outcome)
        }
        if let refusal { completion(.couldNotDecide(reason: refusal)) }
    }

    /// Decides about a user that a trusted program has authenticated: whether it may log in from there and now. Never
    /// blocks.
    package func resume(user: Span<UInt8>, client: LoginClient) -> LoginOutcome {
        current.read { snapshot in
            guard let principal = snapshot.rules.principal(user: user) else { return .unknownUser }
            return Self.admission(snapshot, principal, client, clock)
        }
    }

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
            if snapshot.mappings.isEmpty { return .unmapped }
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
    /// Returns whose sessions must be asked about again, and whose must end. Throws: what reading throws; nothing has
    /// changed then.
    package func reload() throws -> SnapshotReload {
        try reloading.withLock { _ in
            let fresh = try readAccounts()
            let reload = current.read { old in
                SnapshotReload(changes: fresh.changes(since: old), ended: fresh.ended(since: old, clock))
            }
            current.replace(with: fresh)
            return reload
        }
    }

    /// Says what is wrong with the credentials, nil when they are right, and which hash finding out has cost.
    private func failure(
        of credential: Credential?, _ secret: SecretCopy, _ name: [UInt8], _ check: PasswordCheck
    ) -> (LoginOutcome?, HashCost?) {
        switch credential {
        case .password(let stored):
            let answer = check.verify(secret, against: stored)
            return (Self.failure(answer), check.lastCost)
        case .key(let key):
            switch signatures.check(key: key, token: secret.bytes.span, user: name.span) {
            case .accepted: return (nil, nil)
            case .refused(let reason): return (.wrongCredentials(reason: reason), nil)
            case .failed(let reason): return (.couldNotDecide(reason: reason), nil)
            }
        case .missing: return (.wrongCredentials(reason: "the user has no password"), nil)
        case nil: return (.unknownUser, nil)
        }
    }

    /// Applies what restricts the user, by the accounts that are in force now: they may have been read again while the
    /// hash ran.
    private func admit(_ name: [UInt8], _ client: LoginClient, proving credential: Credential?) -> LoginOutcome {
        current.read { now in
            guard let principal = now.rules.principal(user: name.span), now.credential(of: principal) == credential
            else { return .couldNotDecide(reason: "the user's password changed while it was checked") }
            return Self.admission(now, principal, client, clock)
        }
    }

    private static func admission(
        _ snapshot: AccountSnapshot, _ principal: Principal, _ client: LoginClient, _ clock: WallClock
    ) -> LoginOutcome {
        do {
            return .accepted(try snapshot.admit(principal, client, clock))
        } catch {
            return .notPermitted(error)
        }
    }

    private static func failure(_ answer: PasswordCheck.Answer) -> LoginOutcome? {
        switch answer {
        case .right: nil
        case .wrong: .wrongCredentials(reason: "wrong password")
        case .refused(let reason): .wrongCredentials(reason: reason)
        case .failed(let reason): .couldNotDecide(reason: reason)
        }
    }
}
