import DoorProtocols
import Glibc
import NIOCore

/// Sockets of the system that listeners are made of.
enum ListeningSocket {
    /// Binds a TCP socket.
    ///
    /// - Parameters:
    ///   - host: a name or an address; a name is looked up, which may block.
    ///   - port: 0 for one that the system chooses.
    ///   - inherited: sockets of which one that listens there is taken in its place.
    /// - Returns: a descriptor that the caller owns.
    /// - Throws: ``ListenError``.
    static func bind(_ host: String, port: Int, or inherited: InheritedSockets? = nil) throws -> CInt {
        do {
            let address = try SocketAddress.makeAddressResolvingHost(host, port: port)
            if let (descriptor, _) = inherited?.take(address) { return descriptor }
            let type = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue) | CInt(SOCK_NONBLOCK.rawValue)
            let descriptor = socket(address.protocol.rawValue, type, 0)
            guard descriptor >= 0 else { throw IOError(errnoCode: errno, reason: "socket") }
            var yes: CInt = 1
            setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<CInt>.size))
            guard address.withSockAddr({ Glibc.bind(descriptor, $0, socklen_t($1)) }) == 0 else {
                let code = errno
                close(descriptor)
                throw IOError(errnoCode: code, reason: "bind")
            }
            return descriptor
        } catch {
            throw ListenError(DoorAddress(host: host, port: port), error)
        }
    }

    static func close(_ descriptor: CInt) { _ = Glibc.close(descriptor) }
}

extension SocketAddress {
    /// What a descriptor is bound to; nil for nothing.
    init?(boundTo descriptor: CInt) {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let address = withUnsafeMutableBytes(of: &storage) { bytes -> SocketAddress? in
            // SAFETY: the storage is aligned and large enough for every family, and only what getsockname(2) has filled is read.
            guard let start = bytes.baseAddress else { return nil }
            guard getsockname(descriptor, start.assumingMemoryBound(to: sockaddr.self), &size) == 0 else { return nil }
            // Every family's address begins with its number, sockaddr(3type).
            switch CInt(start.load(as: sa_family_t.self)) {
            case AF_INET: return SocketAddress(start.load(as: sockaddr_in.self))
            case AF_INET6: return SocketAddress(start.load(as: sockaddr_in6.self))
            case AF_UNIX:
                let path = withUnsafeBytes(of: start.load(as: sockaddr_un.self).sun_path) { bytes in
                    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                }
                return path.isEmpty ? nil : try? SocketAddress(unixDomainSocketPath: path)
            default: return nil
            }
        }
        guard let address else { return nil }
        self = address
    }
}
