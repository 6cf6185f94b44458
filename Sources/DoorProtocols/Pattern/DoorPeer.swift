import AuthCore

/// Who has connected, as far as the connection tells.
public struct DoorPeer: Sendable {
    /// As text; empty over a unix socket.
    public let address: String
    /// The user of the process at the other end of a unix socket; nil over TCP.
    public let userID: UInt32?
    /// The client's certificate, where one was asked for and is good.
    public let certificate: DoorCertificate?
    /// The network bytes of ``address``; an IPv4 address mapped into IPv6 is the IPv4 one.
    let addressBytes: [UInt8]?

    /// The subject's common name of its certificate.
    public var certificateName: String? { certificate?.commonName }

    /// Whether it came by a unix socket.
    public var isUnixSocket: Bool { userID != nil }

    package init(address: String, userID: UInt32? = nil, certificate: DoorCertificate? = nil) {
        self.address = address
        self.userID = userID
        self.certificate = certificate
        addressBytes = Self.bytes(ofAddress: address)
    }

    /// Reads an address of either family; nil for anything else.
    package static func bytes(ofAddress text: String) -> [UInt8]? { NetworkPrefix.address(text) }

    /// Whether network bytes are those of an address of this machine.
    static func isLoopback(_ bytes: [UInt8]) -> Bool {
        bytes.count == 4 ? bytes[0] == 127 : bytes == [UInt8](repeating: 0, count: 15) + [1]
    }

    /// Whether it is on this machine, as far as the connection tells.
    var isLocal: Bool { isUnixSocket || addressBytes.map(Self.isLoopback) == true }
}

extension DoorPeer {
    /// Who it is, for the log.
    package var described: String {
        userID.map { "uid \($0)" } ?? certificateName.map { "<\(address)> with the certificate of <\($0)>" }
            ?? "<\(address)>"
    }
}
