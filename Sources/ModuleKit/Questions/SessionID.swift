import CAuthModule

/// What a module can ask of a session; the numbers are `AUTH_SESSION_*`.
public enum SessionAttribute: UInt32, Sendable {
    /// The user's name.
    case user = 1
    /// Supplied by the client: not to be trusted for a decision.
    case applicationID
    /// Supplied by the client: not to be trusted for a decision.
    case machineID
    /// The client's address as text; may be a proxy's.
    case address
    /// The door that the session came through.
    case door
    /// What the host's own log lines name the session by; no credential.
    case id
}

/// Names a session; never used again while anybody may hold it.
public struct SessionID: RawRepresentable, Hashable, Sendable {
    /// The number on the C interface, 0 for no session.
    public let rawValue: UInt64

    /// Makes the name of a number that the host gave.
    public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// Why a session ended; the numbers are `AUTH_END_*`, and more may come.
public struct SessionEnd: RawRepresentable, Hashable, Sendable {
    /// The number on the C interface.
    public let rawValue: UInt32

    /// Makes a reason of any number.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The client logged out or its connection closed.
    public static var logout: SessionEnd { SessionEnd(rawValue: UInt32(AUTH_END_LOGOUT)) }
    /// A module, an operator or a limit ejected it.
    public static var ejected: SessionEnd { SessionEnd(rawValue: UInt32(AUTH_END_EJECTED)) }
    /// Its expiry or inactivity period passed.
    public static var expired: SessionEnd { SessionEnd(rawValue: UInt32(AUTH_END_EXPIRED)) }
    /// The host stops.
    public static var stop: SessionEnd { SessionEnd(rawValue: UInt32(AUTH_END_STOP)) }
    /// The module had allowed the log-in, but a limit of the host refused it or it was cancelled.
    public static var refused: SessionEnd { SessionEnd(rawValue: UInt32(AUTH_END_REFUSED)) }
    /// To the module that is replaced: the session goes on without it. Else: this module took over, and did not resume it.
    public static var swapped: SessionEnd { SessionEnd(rawValue: UInt32(AUTH_END_SWAPPED)) }
}
