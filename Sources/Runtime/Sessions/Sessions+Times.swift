import AuthCore
import Basics
import ModuleHost

/// Sessions whose time has come, and those who wait for an end.
extension Sessions {
    /// Ends what is over: sessions by their own times, and those that the log-in cache hands out no more.
    func sweep() {
        endReplaced()
        endDue()
        metrics.record(open: count)
    }

    /// Ends the sessions whose expiry has passed or that were idle for too long; returns how many.
    @discardableResult
    func endDue() -> Int { takeDue(at: clock.now).count { end($0, .expired) } }

    /// Ends the sessions that the log-in cache hands out no more, after their grace.
    func endReplaced() {
        for id in cache.sweep(at: clock.monotonic) {
            if let session = session(id) { end(session, .expired) }
        }
        freeReplacedPlaces()
    }

    /// A session that is not handed out any more lives on for the questions that have it, without a place.
    func freeReplacedPlaces() {
        for id in cache.takeReplaced() {
            if let place = session(id)?.admissionPlace { admission.retire(place) }
        }
    }

    /// Calls `body` once when an open session ends, with the reason, on the thread that ends it.
    ///
    /// - Returns: what takes it back; nil, and `body` is never called, when there is no such session (any more).
    func whenEnded(
        _ id: SessionID, _ body: @escaping @Sendable (SessionEnd) -> Void
    ) -> (handle: UInt64, key: UInt64)? {
        use(id, at: clock.monotonic).map { whenEnded($0, body) }
    }

    /// As ``whenEnded(_:_:)``, without a use of the session.
    func whenEnded(
        _ session: Session, _ body: @escaping @Sendable (SessionEnd) -> Void
    ) -> (handle: UInt64, key: UInt64) {
        let key = observers.add(body, to: session.handle)
        // It may have ended before the observer was there: then no other code will take it out.
        if case .ended(let reason) = session.state {
            for body in observers.take(session.handle) { body(reason) }
        }
        return (session.handle, key)
    }

    /// As ``whenEnded(_:_:)``, for as long as what is returned is held.
    func watchEnd(of id: SessionID, _ body: @escaping @Sendable (SessionEnd) -> Void) -> HostWatch? {
        whenEnded(id, body).map { handle, key in
            HostWatch { [weak observers] in observers?.remove(key, of: handle) }
        }
    }
}

extension Session {
    /// Which session it is, for the event log.
    var text: String { "session \(id) of user <\(user)>, application <\(applicationID)>, address <\(address)>" }
}
