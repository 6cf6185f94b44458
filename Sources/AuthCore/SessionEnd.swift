/// Why a session ended; the numbers are `AUTH_END_*`.
public enum SessionEnd: UInt32, Sendable {
    case logout = 1
    case ejected, expired, stop, refused, swapped
}

/// Which earlier answers are no longer good.
public enum Invalidation: Sendable, Hashable {
    case everything
    case user(String)
    case session(SessionID)
    case object(String)
}

/// Watches invalidations, or for the end of a session, for as long as a reference to it is held.
public final class HostWatch: Sendable {
    private let end: @Sendable () -> Void

    /// - Parameter end: what ends the watch.
    public init(_ end: @escaping @Sendable () -> Void) { self.end = end }

    deinit { end() }
}
