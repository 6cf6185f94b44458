import AuthCore
import ModuleHost

/// Which sessions an operator means: those that have every property that is given.
public struct SessionFilter: Sendable {
    /// The user's name, compared byte by byte.
    public var user: String?
    /// The application id, "" for sessions without one.
    public var applicationID: String?
    /// The machine id, compared byte by byte.
    public var machineID: String?
    /// The client's address as text.
    public var address: String?
    /// The door that it came in by, such as `http`.
    public var door: String?
    /// The first hexadecimal digits of the session's id, 4 to 32 of them, in lower case.
    public var idPrefix: String?

    /// Matches every session.
    public init() {}

    /// The one place where sessions are compared with what somebody asks for: byte by byte, as modules do.
    func matches(_ session: Session) -> Bool {
        let pairs = [
            (user, session.user), (applicationID, session.applicationID), (machineID, session.machineID),
            (address, session.address), (door, session.door),
        ]
        return pairs.allSatisfy { wanted, has in wanted.map { has.hasBytes(of: $0) } ?? true }
            && (idPrefix.map { session.id.hexadecimal.hasPrefix($0) } ?? true)
    }
}

/// What an operator sees and does. Nothing here counts as a use of a session.
extension Host {
    /// Returns a part of the open sessions that match, oldest first, and how many match in all.
    ///
    /// Takes time in proportion to all open sessions (of the user, where one is named); never for an event loop of a door.
    ///
    /// - Parameters:
    ///   - offset: how many of those that match are left out at the front; at least 0.
    ///   - limit: how many are described at most; at least 0.
    public func sessions(
        matching filter: SessionFilter, offset: Int, limit: Int
    ) -> (sessions: [SessionDescription], total: Int) {
        let now = clock.now
        var found: [SessionDescription] = []
        var total = 0
        for session in matching(filter) {
            if total >= offset && found.count < limit { found.append(session.description(at: now)) }
            total += 1
        }
        return (found, total)
    }

    /// Ejects open sessions that match, oldest first; their clients are told so at their next question.
    ///
    /// - Parameter count: how many at most; nil for all.
    /// - Returns: how many were ejected.
    public func eject(_ filter: SessionFilter, count: Int?) -> Int {
        eject(filter, count: count, note: ": by the operator")
    }

    /// - Parameter note: what the line of the event log ends with.
    func eject(_ filter: SessionFilter, count: Int?, note: String) -> Int {
        var ejected = 0
        for session in matching(filter) where ejected < count ?? .max {
            guard end(session, .ejected) else { continue }
            ejected += 1
            log.notice("Ejected \(session.text)\(note)")
        }
        if ejected > 0 { loginCache.noteInvalidation() }
        return ejected
    }

    /// Forgets what is kept of the sessions that match; the next question of each asks the module again.
    ///
    /// - Returns: how many sessions matched.
    public func invalidate(sessions filter: SessionFilter) -> Int {
        let matching = matching(filter)
        for session in matching { invalidate(.session(handle: session.handle)) }
        return matching.count
    }

    private func matching(_ filter: SessionFilter) -> [Session] {
        sessions.sessions(of: filter.user, applicationID: filter.applicationID)
            .filter { $0.isOpen && filter.matches($0) }
    }
}
