import AuthCore

/// Who may connect to a door.
package struct PermittedClients: Sendable {
    private enum Rule: Sendable {
        case network(NetworkPrefix)
        case user(UInt32)
        case certificate(name: String)
    }

    private let rules: [Rule]
    /// Whether some are known by their certificate alone, so that it has to be seen first.
    package let namesCertificates: Bool

    /// Reads `ADDRESS`, `ADDRESS/BITS`, `uid:NAME-OR-NUMBER` and `cn:COMMON-NAME`; an empty list permits everybody.
    ///
    /// - Parameters:
    ///   - certificates: whether clients show any.
    ///   - users: the numbers of the users that the texts name, by name.
    package init(_ texts: [String], certificates: Bool, users: [ExactText: UInt32] = [:]) throws(DoorProblem) {
        var rules: [Rule] = []
        for (index, text) in texts.enumerated() {
            if text.hasPrefix("cn:"), !certificates {
                throw DoorProblem(
                    .client(index),
                    "`\(text.clippedForMessage)` is the name of a certificate, and no `tls-client-authority` asks for one"
                )
            }
            if text.hasPrefix("uid:") {
                let name = String(text.dropFirst(4))
                guard let number = UInt32(name) ?? users[ExactText(name)] else {
                    throw DoorProblem(.client(index), "there is no user `\(name.clippedForMessage)` here")
                }
                rules.append(.user(number))
                continue
            }
            guard let rule = Self.certificate(text) ?? Self.network(text) else {
                throw DoorProblem(
                    .client(index),
                    "`\(text.clippedForMessage)` is not a client: an address, `ADDRESS/BITS`, `uid:NAME` and `cn:NAME` are accepted"
                )
            }
            rules.append(rule)
        }
        self.rules = rules
        namesCertificates = rules.contains { if case .certificate = $0 { true } else { false } }
    }

    package func permits(_ peer: DoorPeer) -> Bool {
        if rules.isEmpty { return true }
        return rules.contains { rule in
            switch rule {
            case .user(let number): peer.userID == number
            case .certificate(let name): peer.certificateName?.hasBytes(of: name) == true
            case .network(let network): peer.addressBytes.map(network.contains) ?? false
            }
        }
    }

    private static func certificate(_ text: String) -> Rule? {
        text.hasPrefix("cn:") && text.utf8.count > 3 ? .certificate(name: String(text.dropFirst(3))) : nil
    }

    private static func network(_ text: String) -> Rule? { NetworkPrefix(text).map(Rule.network) }
}
