import Glibc
import NIOCore

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
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Whether only programs of this machine reach it.
    var isLoopback: Bool {
        if host == "localhost" { return true }
        guard let bytes = DoorPeer.bytes(ofAddress: host) else { return false }
        return DoorPeer.isLoopback(bytes)
    }
}

/// Why a door could not listen at an address.
public struct ListenError: Error, CustomStringConvertible, Sendable {
    /// What hindered listening, in words.
    public let description: String

    init(_ address: DoorAddress, _ error: any Error) {
        let reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)).lowercased() } ?? "\(error)"
        description = "cannot listen on `\(address)`: \(reason)"
    }
}
