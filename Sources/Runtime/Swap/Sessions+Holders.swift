import AuthCore
import ModuleHost
import Synchronization

/// Which instance of a module believes in a session: each is told once that the session has ended, or goes on without it.
extension Sessions {
    /// Tells the module that a session has ended; it can ask for the session's attributes until it has heard of it.
    func tellEnd(of session: Session, _ reason: SessionEnd) {
        // A session moves only while an instance leaves, or from no instance; see `Session.release`.
        let (instance, known) = decider.hasLeaving ? moving.withLock { _ in session.taken() } : session.taken()
        tellEnd(of: session, known, to: instance, reason)
    }

    private func tellEnd(
        of session: Session, _ known: ModuleSession, to instance: UInt32, _ reason: SessionEnd
    ) {
        guard instance != 0, let decider = decider.decider(of: instance),
            decider.learnsEnds
        else { return }
        leaving.add(session)
        decider.tellFree(known, reason) { [leaving] in leaving.remove(session) }
    }

    /// Moves an open session to an instance of a module that believes in it from now on.
    ///
    /// - Parameters:
    ///   - data: what that wants to be told with every question of the session.
    ///   - expiry: when the session ends now, in seconds since 1970, 0 for never.
    /// - Returns: the instance before, and what that knew of the session; nil where none believed in it any more.
    func move(
        _ session: Session, to instance: UInt32, data: UInt64, expiry: Int64
    ) -> (instance: UInt32, known: ModuleSession)? {
        let before = moving.withLock { _ -> (UInt32, ModuleSession)? in
            let (known, before) = (session.moduleSession, session.instance)
            session.hold(by: instance, data: data)
            return before == 0 ? nil : (before, known)
        }
        if expiry != session.expiry {
            session.setExpiry(expiry)
            if expiry != 0 { expiries.add(session.handle, due: min(expiry, Self.latestExpiry) * 1_000_000_000) }
        }
        // A session that was ended meanwhile was taken from the instance before, and not from this one.
        if case .ended(let reason) = session.state { tellEnd(of: session, reason) }
        return before
    }

    /// Tells an instance that was replaced that a session goes on without it, unless that has moved or ended already.
    func letGo(_ session: Session, of instance: UInt32) {
        let known = moving.withLock { _ -> ModuleSession? in
            session.instance == instance ? session.taken().known : nil
        }
        if let known { tellEnd(of: session, known, to: instance, .swapped) }
    }
}

extension Session {
    /// Takes a session from the instance that believes in it, with what that instance knows of it.
    fileprivate func taken() -> (instance: UInt32, known: ModuleSession) {
        // In this order: what the instance has set is there once its number is.
        let instance = release()
        let known = moduleSession
        return (instance, ModuleSession(handle: known.handle, user: known.user, data: known.data, life: instance))
    }
}
