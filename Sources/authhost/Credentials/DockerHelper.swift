import AuthConfiguration
import DoorProtocols

/// The helper's side of docker's protocol (github.com/docker/docker-credential-helpers): the operation is an argument, the
/// server or a document comes on standard input, and docker reads errors from **standard output** as well.
struct DockerHelper {
    private let destination: String
    private let control: ControlSocketOption

    init(_ destination: String, _ control: ControlSocketOption) {
        (self.destination, self.control) = (destination, control)
    }

    /// - Throws: ``Failure`` without a text: it was written to standard output.
    func run(_ operation: String) throws(Failure) {
        do {
            if let text = try answer(operation) { Terminal.write(text) }
        } catch {
            Terminal.write(error.text)
            throw Failure(error.status, "")
        }
    }

    private func answer(_ operation: String) throws(Failure) -> String? {
        switch operation {
        case "get": return try get(try Self.readServer())
        case "list": return try list()
        case "version": return Version.text
        case "store":
            throw Failure(
                .undecided, "the credentials come from the destination `\(destination)` of authhost, which stores none")
        case "erase":
            // docker says at `docker logout` that no user is to be known here any more; it names no secret, and says nothing
            // of whether the registry refused one.
            _ = try Self.readServer()
            return nil
        default: throw Failure(.undecided, "unknown credential action `\(operation)`")
        }
    }

    private func get(_ server: String) throws(Failure) -> String {
        guard let credential = try CredentialSource(control).credential(of: destination, at: server) else {
            // The words are the protocol: a client that finds them goes on without credentials.
            throw Failure(.undecided, "credentials not found in native keychain")
        }
        return JSONText.object(texts: [
            ("ServerURL", server), ("Username", Self.user(of: credential)), ("Secret", credential.secret),
        ])
    }

    /// The destination's servers as docker names registries: without the protocol where it is https, without its port.
    private func list() throws(Failure) -> String {
        let (credential, servers) = try CredentialSource(control).credential(of: destination)
        let names = servers.compactMap { server in
            ServerName(url: server).map { name in
                guard name.scheme == "https" else { return server }
                let host = server.dropFirst("https://".utf8.count)
                return name.port == 443 ? String(host.dropLast(":443".utf8.count)) : String(host)
            }
        }
        return JSONText.object(texts: names.map { ($0, Self.user(of: credential)) })
    }

    /// docker takes the secret of a user of this name as a token.
    private static func user(of credential: ControlReply.Credential) -> String {
        credential.user.isEmpty ? "<token>" : credential.user
    }

    private static func readServer() throws(Failure) -> String {
        var server = Terminal.readLine()
        if server.hasSuffix("\r") { server.removeLast() }
        guard !server.isEmpty else { throw Failure(.undecided, "no credentials server URL") }
        return server
    }
}
