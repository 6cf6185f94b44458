import AuthCore

/// What one connection of the native door may be told unasked: what it can hold answers about, and nothing else.
///
/// It learns of a session by logging in or by asking about it, so a client that has done neither is told nothing. A name is
/// told where an answer over this connection allowed something under it; of other names that were asked about the client
/// hears that everything is to be asked again, which says no name.
struct NativeInterest {
    /// Objects that are told apart; a connection that has asked about more hears of every object, and of none by name.
    static let mostObjects = 1024
    /// Sessions that are told apart, besides those that logged in over the connection.
    static let mostSessions = 100_000

    private struct Known {
        let users: [ExactText]
        let watch: HostWatch
    }

    private var sessions: [SessionID: Known] = [:]
    private var users: [ExactText: Int] = [:]
    /// By the hash of a name, whether it may be told.
    private var objects: [Int: Bool] = [:]
    private var hasManyObjects = false
    private var hasManySessions = false
    /// Log-ins whose answers are not there yet, which may be about any user.
    private var logins = 0

    var isFull: Bool { sessions.count >= Self.mostSessions }

    func knows(_ session: SessionID) -> Bool { sessions[session] != nil }

    var isEmpty: Bool { sessions.isEmpty }

    /// Adds a session with the names of its user, and what tells its end.
    mutating func add(_ session: SessionID, of names: Set<ExactText>, _ watch: HostWatch) {
        sessions[session] = Known(users: Array(names), watch: watch)
        for name in names { users[name, default: 0] += 1 }
    }

    /// Notes that one session too many to be told apart was asked about.
    mutating func noteManySessions() { hasManySessions = true }

    mutating func remove(_ session: SessionID) {
        for name in sessions.removeValue(forKey: session)?.users ?? [] {
            users[name, default: 1] -= 1
            if users[name] == 0 { users[name] = nil }
        }
    }

    /// Forgets everything, and watches nothing any more.
    mutating func end() { self = NativeInterest() }

    mutating func beginLogin() { logins += 1 }

    mutating func endLogin() { logins -= 1 }

    /// Notes the name of a question, before it is asked: an answer may be on its way while something becomes invalid.
    mutating func noteQuestion(_ name: ObjectName) { note(name, mayBeTold: false) }

    mutating func noteAnswer(_ answer: Answer, about name: ObjectName) {
        let isAllowed = answer.verdict == .allow
        if isAllowed { note(name, mayBeTold: true) }
        if let mapped = answer.mappedName { note(mapped, mayBeTold: isAllowed) }
    }

    private mutating func note(_ name: ObjectName, mayBeTold: Bool) {
        if hasManyObjects { return }
        let key = name.hashValue
        if objects[key] == nil, objects.count >= Self.mostObjects {
            hasManyObjects = true
            objects = [:]
            return
        }
        if mayBeTold || objects[key] == nil { objects[key] = mayBeTold }
    }

    /// What the client is told of an invalidation; nil for nothing.
    func told(_ invalidation: Invalidation) -> Invalidation? {
        if sessions.isEmpty && !hasManySessions { return logins > 0 ? .everything : nil }
        let isKnown: Bool?
        switch invalidation {
        case .everything: isKnown = true
        case .user(let user): isKnown = users[ExactText(user)] != nil ? true : nil
        case .session(let session): isKnown = knows(session) ? true : nil
        // An invalid name may mean anything.
        case .object(let name):
            isKnown = hasManyObjects ? false : (try? ObjectName(name)).map { objects[$0.hashValue] } ?? false
        }
        switch isKnown {
        case true?: return invalidation
        case false?: return .everything
        case nil: return logins > 0 || hasManySessions ? .everything : nil
        }
    }
}
