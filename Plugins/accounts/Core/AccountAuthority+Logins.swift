import Rules

extension AccountAuthority {
    /// Checks a password or a signed token, and then whether the user may log in from there and now.
    ///
    /// What costs less than handing it to another thread is answered at once, on the caller's. Else the answer is nil, and
    /// what `completion` gives is told it: on a thread of the pool, or at once when too many wait.
    ///
    /// user: 1...255 bytes. password: copied where the pool checks it, and the copy is wiped.
    /// Whatever is not accepted costs the same hashes, about any user, so that time does not tell who exists: see
    /// ``WrongAnswerWork``.
    package func login(
        user: Span<UInt8>, password: Span<UInt8>, client: LoginClient,
        completion: () -> @Sendable (LoginOutcome) -> Void
    ) -> LoginOutcome? {
        switch current.read({ look($0, user, password, client) }) {
        case .answered(let outcome): return outcome
        case .wrong(let outcome, let done, let work):
            submit(user, password, client, completion()) { check, secret in
                check.spend(work, on: secret, after: done)
                return outcome
            }
        case .slow(let credential, let name, let work):
            submit(user, password, client, completion()) { [self] check, secret in
                let (failure, cost) = failure(of: credential, secret, name, check)
                let outcome = failure ?? admit(name, client, proving: credential)
                if case .accepted = outcome { return outcome }
                check.spend(work, on: secret, after: cost)
                return outcome
            }
        }
        return nil
    }

    /// Decides about a user that a trusted program has authenticated: whether it may log in from there and now. Never
    /// blocks.
    package func resume(user: Span<UInt8>, client: LoginClient) -> LoginOutcome {
        current.read { snapshot in
            guard let principal = snapshot.rules.principal(user: user) else { return .unknownUser }
            return Self.admission(snapshot, principal, client, clock)
        }
    }

    /// How far a log-in comes on the thread that asks.
    private enum Look {
        case answered(LoginOutcome)
        /// It is no. Of the work that every such answer costs, `done` alone is done.
        case wrong(LoginOutcome, done: HashCost?, WrongAnswerWork)
        /// The credential is for the pool.
        case slow(Credential, name: [UInt8], WrongAnswerWork)
    }

    private func look(
        _ snapshot: AccountSnapshot, _ user: Span<UInt8>, _ password: Span<UInt8>, _ client: LoginClient
    ) -> Look {
        password.withUnsafeBufferPointer { password in
            let (outcome, done): (LoginOutcome, HashCost?)
            if let principal = snapshot.rules.principal(user: user) {
                guard let checked = quickAnswer(snapshot, principal, password, client) else {
                    return .slow(
                        snapshot.credential(of: principal), name: snapshot.rules.name(of: principal.user),
                        snapshot.accounts.wrongAnswerWork)
                }
                (outcome, done) = checked
            } else {
                (outcome, done) = (.unknownUser, nil)
            }
            if case .accepted = outcome { return .answered(outcome) }
            let work = snapshot.accounts.wrongAnswerWork
            guard work.isQuick else { return .wrong(outcome, done: done, work) }
            QuickCheck.spend(work, on: password, after: done, meter: meter)
            return .answered(outcome)
        }
    }

    /// Answers a log-in whose credential takes no time to check, and says which hash that has cost; nil for any other.
    private func quickAnswer(
        _ snapshot: AccountSnapshot, _ principal: Principal, _ password: LentText, _ client: LoginClient
    ) -> (LoginOutcome, HashCost?)? {
        let checked = snapshot.accounts.withPassword(principal.user.position) { stored in
            QuickCheck.covers(stored) ? QuickCheck.verify(password, against: stored, meter: meter) : nil
        }
        if let (answer, cost) = checked {
            return (Self.failure(answer) ?? Self.admission(snapshot, principal, client, clock), cost)
        }
        return snapshot.credential(of: principal) == .missing ? (Self.noPassword, nil) : nil
    }

    /// Has work done on a thread of the pool, on a copy of the password; `completion` has the outcome.
    private func submit(
        _ user: Span<UInt8>, _ password: Span<UInt8>, _ client: LoginClient,
        _ completion: @escaping @Sendable (LoginOutcome) -> Void,
        _ work: @escaping @Sendable (PasswordCheck, SecretCopy) -> LoginOutcome
    ) {
        let copy = SecretCopy(password)
        let asker = HashPool.Asker(user: user.withUnsafeBufferPointer { Array($0) }, address: client.address)
        let refusal = pool.submit(for: asker) { check in
            guard let check else { return completion(.couldNotDecide(reason: "the module is stopping")) }
            completion(work(check, copy))
        }
        if let refusal { completion(.couldNotDecide(reason: refusal)) }
    }

    /// Says what is wrong with the credentials, nil when they are right, and which hash finding out has cost.
    private func failure(
        of credential: Credential, _ secret: SecretCopy, _ name: [UInt8], _ check: PasswordCheck
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
        case .missing: return (Self.noPassword, nil)
        }
    }

    /// Applies what restricts the user, by the accounts that are in force now: they may have been read again while the
    /// hash ran.
    private func admit(_ name: [UInt8], _ client: LoginClient, proving credential: Credential) -> LoginOutcome {
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

    private static var noPassword: LoginOutcome { .wrongCredentials(reason: "the user has no password") }
}
