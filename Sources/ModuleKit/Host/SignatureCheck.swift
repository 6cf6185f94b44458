import CAuthModule

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
