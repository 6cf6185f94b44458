import Synchronization

/// Which passwords a shadow has had checked as signed tokens, for as long as their log-ins are under way. Kept as hashes: a token is a
/// secret, and two that meet in one only leave a log-in uncompared.
final class ShadowTokens: Sendable {
    private static let limit = 65_536
    private let noted = Mutex<Set<Int>>([])

    func note(_ token: [UInt8]) {
        noted.withLock { noted in
            if noted.count >= Self.limit { noted.removeAll() }
            noted.insert(token.hashValue)
        }
    }

    /// Returns whether a password was noted, and forgets it.
    func take(_ password: [UInt8]) -> Bool { noted.withLock { $0.remove(password.hashValue) != nil } }
}
