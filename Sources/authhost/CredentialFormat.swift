import ArgumentParser
import Doors
import Glibc

/// How a credential is written for the program that takes it.
enum CredentialFormat: String, ExpressibleByArgument, CaseIterable {
    /// The secret alone.
    case raw
    /// One JSON object: user, secret, expires.
    case json
    /// Assignments for a shell.
    case env
    /// For kubectl and other users of Kubernetes' client library: client.authentication.k8s.io.
    case execCredential = "exec-credential"
    /// For the AWS command line and SDKs: `credential_process`.
    case credentialProcess = "credential-process"
    /// For git: gitcredentials(7).
    case git
    /// For docker: docker-credential-helpers.
    case docker

    /// Writes a credential.
    ///
    /// - Parameter server: what docker asked for.
    /// - Throws: ``Failure`` for one that the format cannot hold.
    func text(_ credential: ControlReply.Credential, server: String = "") throws(Failure) -> String {
        let expires = credential.expires.map(Self.timestamp)
        switch self {
        case .raw: return credential.secret
        case .json:
            return JSONText.object([
                ("user", credential.user), ("secret", credential.secret), ("expires", expires),
            ])
        case .env:
            return [
                ("CREDENTIAL_USER", credential.user), ("CREDENTIAL_SECRET", credential.secret),
                ("CREDENTIAL_EXPIRES", expires ?? ""),
            ].map { "\($0)=\(Self.shellQuoted($1))" }.joined(separator: "\n")
        case .execCredential: return Self.execCredential(credential.secret, expires: expires)
        case .credentialProcess: return try Self.credentialProcess(credential, expires: expires)
        case .git: return try Self.git(credential)
        case .docker:
            return JSONText.object([
                ("ServerURL", server), ("Username", credential.user.isEmpty ? "<token>" : credential.user),
                ("Secret", credential.secret),
            ])
        }
    }

    /// `KUBERNETES_EXEC_INFO` says which version the client speaks, and the answer must be of the same one.
    private static func execCredential(_ secret: String, expires: String?) -> String {
        let info = getenv("KUBERNETES_EXEC_INFO").map { String(cString: $0) } ?? ""
        let version = info.contains("client.authentication.k8s.io/v1beta1") ? "v1beta1" : "v1"
        let status = JSONText.object([("expirationTimestamp", expires), ("token", secret)])
        return
            #"{"apiVersion": "client.authentication.k8s.io/\#(version)", "kind": "ExecCredential", "status": \#(status)}"#
    }

    /// A command that speaks this format already gave the whole object as its secret; else the user is the key's id.
    private static func credentialProcess(
        _ credential: ControlReply.Credential, expires: String?
    ) throws(Failure) -> String {
        if credential.secret.hasPrefix("{") { return credential.secret }
        guard !credential.user.isEmpty else {
            throw Failure(
                .undecided, "credential-process needs a user, which is the access key's id; this one has none")
        }
        let members: [(String, String?)] = [
            ("AccessKeyId", credential.user), ("SecretAccessKey", credential.secret), ("Expiration", expires),
        ]
        return #"{"Version": 1, "# + JSONText.object(members).dropFirst()
    }

    /// Lines of `key=value` have no quoting, so a value may not hold the end of a line.
    private static func git(_ credential: ControlReply.Credential) throws(Failure) -> String {
        let values = [credential.user, credential.secret]
        guard values.allSatisfy({ !$0.utf8.contains { $0 == 0 || $0 == 0x0a || $0 == 0x0d } }) else {
            throw Failure(.undecided, "git takes no user or secret with the end of a line inside")
        }
        var lines = ["username=\(credential.user)", "password=\(credential.secret)"]
        if let expires = credential.expires { lines.append("password_expiry_utc=\(expires)") }
        return lines.joined(separator: "\n")
    }

    private static func shellQuoted(_ text: String) -> String {
        "'" + text.replacing("'", with: #"'\''"#) + "'"
    }

    /// Spells seconds since 1970 as RFC 3339 does, in UTC.
    private static func timestamp(_ seconds: Int64) -> String {
        var time = time_t(seconds)
        var utc = tm()
        gmtime_r(&time, &utc)
        var text = [CChar](repeating: 0, count: 32)
        strftime(&text, text.count, "%Y-%m-%dT%H:%M:%SZ", &utc)
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
