import AuthCore

/// The server's side of a mechanism that gives the password itself: PLAIN (RFC 4616) and LOGIN
/// (draft-murchison-sasl-login).
struct SASLExchange {
    static let mechanisms = ["PLAIN", "LOGIN"]

    enum Step {
        /// Ask the client with these bytes, in base64.
        case challenge(String)
        case credentials(user: String, password: Secret)
        /// The client wants to be another user than the one whose password it has.
        case otherUser
        case malformed
    }

    private enum State {
        case plain
        case loginUser
        case loginPassword(user: String)
    }

    private var state: State

    /// Returns nil for a mechanism that is not offered.
    init?(_ mechanism: String) {
        switch mechanism {
        case "PLAIN": state = .plain
        case "LOGIN": state = .loginUser
        default: return nil
        }
    }

    /// What is said to a client that has sent no response yet.
    var firstChallenge: String {
        if case .plain = state { return "" }
        // "Username:"
        return "VXNlcm5hbWU6"
    }

    /// Takes a response.
    mutating func take(_ response: Secret) -> Step {
        switch state {
        case .plain: return response.withTerminatedBytes { Self.plain(UnsafeBufferPointer(rebasing: $0.dropLast())) }
        case .loginUser:
            let name = response.withTerminatedBytes { String(utf8: UnsafeBufferPointer(rebasing: $0.dropLast()).span) }
            guard let name else { return .malformed }
            state = .loginPassword(user: name)
            // "Password:"
            return .challenge("UGFzc3dvcmQ6")
        case .loginPassword(let user): return .credentials(user: user, password: response)
        }
    }

    /// Reads `[authorization identity] NUL authentication identity NUL password`.
    private static func plain(_ message: UnsafeBufferPointer<UInt8>) -> Step {
        guard let first = message.firstIndex(of: 0), let second = message[(first + 1)...].firstIndex(of: 0) else {
            return .malformed
        }
        let name = UnsafeBufferPointer(rebasing: message[(first + 1)..<second])
        guard let user = String(utf8: name.span) else { return .malformed }
        guard first == 0 || message[..<first].elementsEqual(name) else { return .otherUser }
        return .credentials(user: user, password: Secret(UnsafeBufferPointer(rebasing: message[(second + 1)...]).span))
    }
}
