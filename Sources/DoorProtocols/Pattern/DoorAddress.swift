import Basics

/// A host and a TCP port that a door listens at.
public struct DoorAddress: Sendable, Hashable, CustomStringConvertible {
    /// A host name or an address, an IPv6 address without its brackets.
    public let host: String
    /// 0 takes any free one.
    public let port: Int

    /// Takes a host, an IPv6 address without its brackets, and a port.
    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// `host:port`, an IPv6 address in brackets.
    public var description: String { HostAndPort.text(host, port) }

    /// Whether only programs of this machine reach it.
    var isLoopback: Bool {
        if host == "localhost" { return true }
        guard let bytes = DoorPeer.bytes(ofAddress: host) else { return false }
        return DoorPeer.isLoopback(bytes)
    }
}
