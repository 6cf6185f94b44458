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
    /// - Returns: a descriptor that the caller owns.
    /// - Throws: ``ListenError``.
    static func bind(_ host: String, port: Int) throws -> CInt {
        do {
            let address = try SocketAddress.makeAddressResolvingHost(host, port: port)
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
