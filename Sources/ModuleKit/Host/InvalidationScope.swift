/// What ``HostInterface/invalidate(_:)`` covers.
public enum InvalidationScope: Sendable, Hashable {
    /// Everything.
    case all
    /// What was decided for a user.
    case user(String)
    /// What was decided for a session.
    case session(SessionID)
    /// What was decided about an object.
    case object(String)
}
