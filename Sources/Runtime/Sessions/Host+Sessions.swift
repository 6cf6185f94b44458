import AuthCore
import ModuleHost

extension Host {
    /// Calls `body` once when an open session ends, with the reason, on the thread that ends it; for doors that push.
    ///
    /// `body` must not block. It may ask the host, but not wait for an answer.
    ///
    /// - Returns: false, and `body` is never called, when there is no such session (any more).
    public func whenEnded(_ id: SessionID, _ body: @escaping @Sendable (SessionEnd) -> Void) -> Bool {
        watchSession(id, body) != nil
    }

    /// As ``whenEnded(_:_:)``, for as long as what is returned is held; nil where there is no such session (any more).
    public func watchEnd(of id: SessionID, _ body: @escaping @Sendable (SessionEnd) -> Void) -> HostWatch? {
        watchSession(id, body).map { handle, key in
            HostWatch { [weak observers] in observers?.remove(key, of: handle) }
        }
    }

    private func watchSession(
        _ id: SessionID, _ body: @escaping @Sendable (SessionEnd) -> Void
    ) -> (handle: UInt64, key: UInt64)? {
        guard let session = openSession(id) else { return nil }
        let key = observers.add(body, to: session.handle)
        // It may have ended before the observer was there: then nobody else will take it out.
        if case .ended(let reason) = session.state {
            for body in observers.take(session.handle) { body(reason) }
        }
        return (session.handle, key)
    }

    /// Calls `body` with every invalidation, until what is returned goes away; for doors that push. It must not block.
    public func whenInvalidated(_ body: @escaping @Sendable (Invalidation) -> Void) -> HostWatch {
        invalidationObservers.add(body)
    }

    /// Calls `body` with the user and the application id ("" for none) of every open session.
    public func forEachSession(_ body: (_ user: String, _ application: String) -> Void) {
        for session in sessions.sessions(of: nil) { body(session.user, session.applicationID) }
    }

    /// Takes other limits; nobody is ejected for them before the next log-in.
    public func setLimits(_ limits: SessionLimits) { sessions.setLimits(limits) }

    /// Ejects a session whose place another takes.
    func eject(_ session: Session, for other: Session) {
        guard end(session, .ejected) else { return }
        log.notice("Ejected \(session.text): session \(other.id) takes its place")
    }
}

extension Session {
    /// Which session it is, for the event log.
    var text: String { "session \(id) of user <\(user)>, application <\(applicationID)>, address <\(address)>" }
}
