import AuthCore
import Basics
import DoorProtocols
import Glibc
import JSONReading

/// A client of client.authentication.k8s.io, such as kubectl: `KUBERNETES_EXEC_INFO` says which version it speaks and, with
/// `provideClusterInfo`, which server it will show the token to.
struct KubernetesClient {
    private struct ExecInfo: Decodable {
        struct Spec: Decodable { let cluster: Cluster? }
        struct Cluster: Decodable { let server: String? }

        let apiVersion: String
        let spec: Spec?
    }

    private static let versions = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"]

    /// The version of the answer, which must be the client's.
    private let version: String
    /// Of the cluster; nil where the client does not say.
    private let server: String?

    /// Reads what the client said; a person who tries the command says nothing, and gets the newest version.
    init() throws(Failure) {
        guard let text = getenv("KUBERNETES_EXEC_INFO").map({ String(cString: $0) }), !text.isEmpty else {
            (version, server) = (Self.versions[0], nil)
            return
        }
        guard let info = try? JSONReader.decode(ExecInfo.self, text.utf8, as: "object") else {
            throw Failure(.undecided, "KUBERNETES_EXEC_INFO is not an ExecCredential object of Kubernetes' clients")
        }
        guard Self.versions.contains(info.apiVersion) else {
            let accepted = Self.versions.map { "`\($0)`" }.joined(separator: " and ")
            throw Failure(
                .undecided, "the client speaks `\(info.apiVersion.controlsEscaped)`: \(accepted) are accepted")
        }
        (version, server) = (info.apiVersion, info.spec?.cluster?.server)
    }

    /// The answer with a destination's credential.
    func answer(_ destination: String, _ source: CredentialSource) throws(Failure) -> String {
        let credential = try credential(destination, source)
        let status = JSONText.object(texts: [
            ("expirationTimestamp", credential.expires?.text), ("token", credential.secret),
        ])
        return #"{"apiVersion": "\#(version)", "kind": "ExecCredential", "status": \#(status)}"#
    }

    private func credential(
        _ destination: String, _ source: CredentialSource
    ) throws(Failure) -> ControlReply.Credential {
        guard let server else { return try source.credential(of: destination).credential }
        if let credential = try source.credential(of: destination, at: server) { return credential }
        throw Failure(
            .undecided,
            "the cluster's server `\(server.controlsEscaped)` does not belong to the destination `\(destination)`: its `address` "
                + "and `git-host` lines name them")
    }
}
