import DoorProtocols
import Glibc
import NIOCore

extension DoorPeer {
    /// Asks the kernel who connected.
    static func of(_ channel: any Channel) -> EventLoopFuture<DoorPeer> {
        let address = channel.remoteAddress ?? channel.localAddress
        guard channel.localAddress?.protocol == .unix || address?.protocol == .unix else {
            return channel.eventLoop.makeSucceededFuture(DoorPeer(address: channel.remoteAddress?.ipAddress ?? ""))
        }
        return PeerCredentials.of(channel).map { DoorPeer(address: "", userID: $0.uid) }
    }
}

/// What SO_PEERCRED gives, unix(7); Glibc shows its own declaration to programs in C alone.
struct PeerCredentials: Sendable {
    var pid: pid_t
    var uid: uid_t
    var gid: gid_t

    /// Asks the kernel who is at the other end of a unix socket.
    static func of(_ channel: any Channel) -> EventLoopFuture<PeerCredentials> {
        guard let provider = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
        }
        return provider.unsafeGetSocketOption(level: .socket, name: .init(rawValue: SO_PEERCRED))
    }
}
