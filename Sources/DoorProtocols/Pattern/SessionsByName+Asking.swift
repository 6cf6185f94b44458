import AuthCore

/// A check for a client who is known by name alone, on the way to its answer.
struct CheckByName: Sendable {
    let check: Check
    let client: SessionsByName.Client
    /// What the module is asked to take back in where the client has no session; nil for what no module may see.
    let login: @Sendable () -> Login?
    /// What becomes of the answer.
    let then: @Sendable (Answer) -> Step
    /// What becomes of a refusal to take the client back in; nil: ``then`` gets it.
    var notResumed: @Sendable (Answer) -> Step? = { _ in nil }
    /// Whether the client may be taken back in as another user, whose rights count then.
    var mayStandForOther = true
}

extension SessionsByName {
    /// Asks with the client's session, or with one that the module opens without a password.
    ///
    /// A session that is gone when it is asked about is opened anew, twice at most: a module that ends every session at once is
    /// not asked for ever.
    func ask(_ asked: CheckByName, of host: any QuestionAnswering, tries: Int = 2) -> Step {
        switch standing(of: asked.client) {
        case .ejected: return asked.then(Answer(.ejected, .ejectedSession))
        case .unknown where tries == 0: return asked.then(Answer(.deny, .unknownSession))
        case .unknown: return resume(asked, of: host, tries: tries)
        case .open(let session):
            return .ask(.check(session, asked.check)) { [self] answer in
                if answer.verdict == .ejected { note(.ejected, of: session, asked.client) }
                guard answer.reason == .unknownSession else { return asked.then(answer) }
                note(.expired, of: session, asked.client)
                return tries == 0 ? asked.then(answer) : ask(asked, of: host, tries: tries - 1)
            }
        }
    }

    private func resume(_ asked: CheckByName, of host: any QuestionAnswering, tries: Int) -> Step {
        guard let login = asked.login() else { return asked.then(Answer(.wrongCredentials, .invalidUser)) }
        return .ask(.resume(login)) { [self] answer in
            if answer.verdict == .overLimit, case .open = standing(of: asked.client) {
                // Another question took the client back in meanwhile, and has the place.
                return ask(asked, of: host, tries: tries - 1)
            }
            if !asked.mayStandForOther, answer.isAbout(otherThan: login.user) {
                let refusal = answer.refusedAsOther(than: login.user)
                return .logOut([answer.session].compactMap(\.self), then: asked.then(refusal))
            }
            guard answer.verdict == .allow, let session = answer.session else {
                let refusal = answer.verdict == .allow ? Answer(.undecided, .brokenAnswer) : answer
                return asked.notResumed(refusal) ?? asked.then(refusal)
            }
            let (standing, unused) = adopt(session, of: asked.client)
            if standing == .open(session) { watch(session, of: asked.client, by: host) }
            return .logOut(unused, then: ask(asked, of: host, tries: tries - 1))
        }
    }

    /// Hears of the end of a session, where an ejection is remembered.
    func watch(_ session: SessionID, of client: Client, by host: any QuestionAnswering) {
        guard remembersEjections else { return }
        _ = host.whenEnded(session) { [self] end in note(end, of: session, client) }
    }
}
