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
