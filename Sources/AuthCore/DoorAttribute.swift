/// What doors tell beside a question, by the names that modules know: `include/authhost/attributes.h` says what each means.
public enum DoorAttribute: String, Sendable, CaseIterable {
    case tlsSubject = "tls.subject"
    case tlsDNS = "tls.dns"
    case tlsEmail = "tls.email"
    case tlsURI = "tls.uri"
    case tlsDigest = "tls.digest"
    case saslMechanism = "sasl.mechanism"
    case service
    case realm
    case virtualHost = "virtual-host"
    case forwardedMethod = "forwarded.method"
    case forwardedHost = "forwarded.host"
    case forwardedAddress = "forwarded.address"
    case traceParent = "trace-parent"
    case requestID = "request-id"
    /// The host's own: which decision the answer will be.
    case decisionID = "decision-id"

    /// Most attributes of a question or an answer.
    public static let maximumCount = 64

    /// Whether an attribute is another one for each request, so that no log-in may be decided by it.
    public static func isOfOneRequest(_ name: String) -> Bool {
        switch DoorAttribute(rawValue: name) {
        case .traceParent, .requestID, .decisionID: true
        default: false
        }
    }
}
