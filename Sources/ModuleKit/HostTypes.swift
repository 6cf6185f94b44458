// What ``HostInterface`` is given and gives back.
import CAuthModule

/// Why there are no credentials; for the log, never a secret.
public struct CredentialFailure: Error, Hashable, CustomStringConvertible {
    /// What was tried and what was found.
    public let description: String

    init(_ description: String) { self.description = description }
}

/// Says whether a signed token is good. The reasons are for the log, never for a client.
public enum SignatureCheck: Sendable, Hashable {
    /// It is good, and used up now.
    case valid
    /// It is not good: the credentials are wrong.
    case refused(String)
    /// The host cannot say, as without such a key: the module could not decide.
    case failed(String)

    init(_ status: Int32, _ reason: String) {
        switch status {
        case AUTH_OK: self = .valid
        case AUTH_DENY: self = .refused(reason)
        default: self = .failed(reason)
        }
    }
}

/// How the rules in force stand to those that they are read from; the reasons are for the log. The numbers on the C
/// interface are `AUTH_RULES_*`.
public enum RulesState: Sendable, Hashable {
    /// They are the same.
    case current
    /// There are newer ones, which could not be read: after `rules-stale-time` the host denies, unless it is told not to.
    case unreadable(String)
    /// There are newer ones, which are wrong: the host goes on, and is not ready after `rules-stale-time`.
    case wrong(String)
}

/// Severities of the event log; the numbers are `AUTH_LOG_*`.
public enum LogSeverity: Int32, Sendable {
    /// For who looks for a fault.
    case debug = 0
    /// Everyday facts.
    case info
    /// Facts that an operator wants to see.
    case notify
    /// Something that may become a fault.
    case warn
    /// A fault.
    case error
    /// A fault that stops the service.
    case crit
}

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
