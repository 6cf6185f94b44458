import AuthCore
import DoorProtocols

/// The helper's side of gitcredentials(7): git names an operation, and writes what it knows to standard input.
///
/// Where there is nothing to tell git, the answer is empty, with success: git goes on to its next helper, or asks.
struct GitHelper {
    /// Most bytes of what git writes; it knows no bound of its own.
    private static let limit = 65_536

    private let destination: String
    private let control: ControlSocketOption

    init(_ destination: String, _ control: ControlSocketOption) {
        (self.destination, self.control) = (destination, control)
    }

    /// - Throws: ``Failure`` where there should be a credential, and there is none.
    func run(_ operation: String) throws(Failure) {
        switch operation {
        case "get": try get(try Self.readRequest())
        case "erase": try erase(try Self.readRequest())
        // `store`: nothing is kept that did not come from the authenticator. Others: "If a helper receives any other
        // operation, it should silently ignore the request. This leaves room for future operations to be added".
        default: return
        }
    }

    private func get(_ request: GitRequest) throws(Failure) {
        guard let server = request.server,
            let credential = try CredentialSource(control).credential(of: destination, at: server)
        else { return }
        // Git asks for the password of a user: another user's is no answer.
        if let user = request["username"], !user.isEmpty, !credential.user.isEmpty, !user.hasBytes(of: credential.user)
        {
            return
        }
        Terminal.write(try Self.text(credential))
    }

    private func erase(_ request: GitRequest) throws(Failure) {
        guard let server = request.server, let secret = request["password"] else { return }
        try CredentialSource(control).reject(destination, at: server, secret: secret)
    }

    private static func readRequest() throws(Failure) -> GitRequest {
        guard let bytes = Terminal.readAll(limit: limit) else {
            throw Failure(.undecided, "git wrote more than \(limit) bytes about what it needs")
        }
        return GitRequest(bytes)
    }

    /// Lines of `key=value` have no quoting, so a value may not hold the end of a line.
    private static func text(_ credential: ControlReply.Credential) throws(Failure) -> String {
        let values = [credential.user, credential.secret]
        guard values.allSatisfy({ !$0.utf8.contains { $0 == 0 || $0 == 0x0a || $0 == 0x0d } }) else {
            throw Failure(.undecided, "git takes no user or secret with the end of a line inside")
        }
        var lines = credential.user.isEmpty ? [] : ["username=\(credential.user)"]
        lines.append("password=\(credential.secret)")
        if let expires = credential.expires { lines.append("password_expiry_utc=\(expires.seconds)") }
        return lines.joined(separator: "\n")
    }
}

/// What git wrote: lines of `key=value` up to an empty one or the end, git-credential(1).
struct GitRequest {
    private var values: [String: String] = [:]
    private var isAmbiguous = false

    init(_ bytes: [UInt8]) {
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            guard !line.isEmpty else { return }
            guard let equals = line.firstIndex(of: UInt8(ascii: "=")),
                let key = String(validating: line[..<equals], as: UTF8.self),
                let value = String(validating: line[line.index(after: equals)...], as: UTF8.self)
            else {
                isAmbiguous = true
                continue
            }
            // `wwwauth[]` and its like come as often as there are values; of other names a second one is no request of git's.
            if values.updateValue(value, forKey: key) != nil, !key.hasSuffix("[]") { isAmbiguous = true }
        }
    }

    subscript(key: String) -> String? { values[key] }

    /// `protocol://host[:port]`; nil for what names none, or names something twice.
    var server: String? {
        guard !isAmbiguous, let scheme = values["protocol"], let host = values["host"], !scheme.isEmpty, !host.isEmpty,
            !host.contains("/")
        else { return nil }
        return "\(scheme)://\(host)"
    }
}
