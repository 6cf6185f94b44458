import AuthCore
import Metrics

/// The counters and times of one destination.
struct CredentialMetrics: Sendable {
    /// How a question was served.
    enum Service: String {
        /// With what was kept.
        case kept
        /// By asking the authenticator.
        case fetched
        /// With the answer to a question that had come before.
        case shared
        /// Not at all: the pause after a failure is not over.
        case waits
        /// By asking the authenticator to answer a challenge.
        case challenged
    }

    private let destination: String

    init(_ destination: String) { self.destination = destination }

    func asked(_ service: Service) { count("authhost_credential_asks_total", ("service", service.rawValue)) }

    /// - Parameter nanoseconds: how long the authenticator took.
    func fetched<Credential>(_ outcome: Result<Credential, CredentialFailure>, nanoseconds: Int64) {
        switch outcome {
        case .success: count("authhost_credential_fetches_total", ("outcome", "ok"))
        case .failure(let failure): count("authhost_credential_fetches_total", ("outcome", failure.kind))
        }
        gauge("authhost_credential_fetch_seconds", Double(nanoseconds) / 1e9)
    }

    func completed(accepted: Bool) {
        count("authhost_credential_completions_total", ("outcome", accepted ? "accepted" : "refused"))
    }

    /// - Parameter times: of what is kept, in seconds since 1970; nil for nothing.
    func keeps(_ times: (fetched: Int64, refresh: Int64, expiry: Int64?)?) {
        gauge("authhost_credential_fetched_timestamp_seconds", Double(times?.fetched ?? 0))
        gauge("authhost_credential_refresh_timestamp_seconds", Double(times?.refresh ?? 0))
        gauge("authhost_credential_expiry_timestamp_seconds", Double(times?.expiry ?? 0))
    }

    private func count(_ label: String, _ dimension: (String, String)) {
        Counter(label: label, dimensions: [("destination", destination), dimension]).increment()
    }

    private func gauge(_ label: String, _ value: Double) {
        Gauge(label: label, dimensions: [("destination", destination)]).record(value)
    }
}
