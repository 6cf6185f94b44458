import ArgumentParser
import Basics
import DoorProtocols
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

    /// Writes a credential in a format that is not a protocol of its own.
    ///
    /// - Throws: ``Failure`` for one that the format cannot hold.
    func text(_ credential: ControlReply.Credential) throws(Failure) -> String {
        let expires = credential.expires?.text
        switch self {
        case .raw: return credential.secret
        case .json:
            return JSONText.object(texts: [
                ("user", credential.user), ("secret", credential.secret), ("expires", expires),
            ])
        case .env:
            return [
                ("CREDENTIAL_USER", credential.user), ("CREDENTIAL_SECRET", credential.secret),
                ("CREDENTIAL_EXPIRES", expires ?? ""),
            ].map { "\($0)=\(Self.shellQuoted($1))" }.joined(separator: "\n")
        case .credentialProcess: return try Self.credentialProcess(credential, expires: expires)
        case .execCredential, .git, .docker:
            throw Failure(.undecided, "`\(rawValue)` is written where its protocol is spoken")
        }
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
        return #"{"Version": 1, "# + JSONText.object(texts: members).dropFirst()
    }

    private static func shellQuoted(_ text: String) -> String {
        "'" + text.replacingEach("'", with: #"'\''"#) + "'"
    }
}
