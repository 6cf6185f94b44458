import AuthCore

// Sessions that go from one process of the host to the next.
extension Sessions {
    /// The open sessions that a client may know, oldest first. Those of kept log-ins are not among them: the next process asks its module
    /// about a log-in anew, and makes another session of it.
    func handed(at now: SessionTime) -> [HandedSession] {
        let kept = cache.sessions
        return sessions(of: nil).compactMap { session in
            guard session.isOpen, !kept.contains(session.id), let place = session.admissionPlace, places.holds(place)
            else { return nil }
            return session.handed(at: now)
        }
    }

    /// Opens a session that another process has let in, whatever the limits are, with no module that believes in it; false where it
    /// cannot be.
    func take(_ handed: HandedSession, at now: SessionTime) -> Bool {
        guard session(handed.id) == nil, let login = try? handed.login, (try? Login.checkUser(handed.user)) != nil
        else { return false }
        let monotonic = now.monotonic - min(max(0, handed.idle), now.monotonic)
        let origin = texts.origin(applicationID: login.applicationID, door: login.door)
        let machineID = texts.shared(login.machineID)
        let session = handles.insert { handle, _ in
            Session(
                id: handed.id, handle: handle, user: handed.user, login: login, origin: origin, machineID: machineID,
                now: SessionTime(wall: handed.connected, monotonic: monotonic))
        }
        let request = AdmissionRequest(
            session: session.handle, user: handed.user, applicationID: login.applicationID, limits: UserSessionLimits())
        guard let place = places.reserveBeyondLimits(request) else {
            forget(session)
            return false
        }
        places.commit(place) { _ in }
        keep(handed.attributes, for: session)
        return open(session, in: place, expiry: handed.expiry, at: monotonic)
    }
}

extension Session {
    fileprivate func handed(at now: SessionTime) -> HandedSession {
        HandedSession(
            id: id, user: user, typedUser: typedUser, applicationID: applicationID, machineID: machineID,
            address: address, door: door, connected: connected, idle: max(0, now.monotonic - lastUse), expiry: expiry,
            attributes: attributes)
    }
}

extension HandedSession {
    /// The log-in that it was made of, without its password.
    fileprivate var login: Login {
        get throws(LoginError) {
            try Login(
                user: typedUser.isEmpty ? user : typedUser, password: Secret(""), address: address,
                applicationID: applicationID, machineID: machineID, door: door)
        }
    }
}
