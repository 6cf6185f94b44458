import Basics
import CoreFoundation
import DoorProtocols
import Glibc
import NIOCore
import NIOPosix

/// A unix socket at a path: it appears there when it accepts connections and its permissions are right, and is removed
/// when it is still ours.
package struct UnixSocket: Sendable {
    let path: String
    /// Where it is found; what its channel calls its own address is the name that it had before.
    package let address: SocketAddress
    private let device: dev_t
    private let inode: ino_t
    /// Numbers of inodes are used again at once; the time of the last change tells two sockets apart.
    private let changed: timespec

    /// Listens at a path.
    ///
    /// A socket that was left behind is removed, but only where no server answers at it.
    /// - Parameter bootstrap: what accepts the connections.
    /// - Returns: the socket, and the channel that accepts and owns its descriptor.
    /// - Throws: ``UnixSocketError``. Nothing is left behind then.
    package static func listen(
        at path: String, mode: UInt32, _ bootstrap: ServerBootstrap
    ) async throws -> (socket: UnixSocket, channel: any Channel) {
        let accept: (CInt) async throws -> any Channel = { descriptor in
            let channel = try await bootstrap.withBoundSocket(descriptor).get()
            // NIO asks for 128 whatever its option says, where it is given a socket; asking again changes the queue.
            guard Glibc.listen(descriptor, ListenQueue.length) == 0 else {
                let code = errno
                try? await channel.close()
                throw IOError(errnoCode: code, reason: "listen")
            }
            return channel
        }
        return try await listen(at: path, mode: mode, accept, closing: { try? await $0.close() })
    }

    /// Listens at a path as the other function of this name does.
    ///
    /// - Parameters:
    ///   - accept: makes a listener of the descriptor, which is its own from then on.
    ///   - close: closes it.
    static func listen<Listening>(
        at path: String, mode: UInt32, _ accept: (CInt) async throws -> Listening,
        closing close: (Listening) async -> Void
    ) async throws -> (socket: UnixSocket, channel: Listening) {
        guard let address = try? SocketAddress(unixDomainSocketPath: path) else {
            throw UnixSocketError(tooLong: path)
        }
        try removeStale(path, address)
        let bound = try BoundSocket(for: path, mode: mode)
        let listening: Listening
        do {
            listening = try await accept(bound.descriptor)
        } catch {
            unlink(bound.path)
            throw UnixSocketError(path, "cannot listen on it: \(error)")
        }
        do {
            return (try UnixSocket(path, address, bound), listening)
        } catch {
            unlink(bound.path)
            await close(listening)
            throw error
        }
    }

    /// Says why nothing can listen at a path; nil where that is possible. Leaves nothing behind.
    ///
    /// - Parameter mustBeFree: whether a server that answers there is a fault.
    package static func fault(at path: String, mustBeFree: Bool) -> UnixSocketError? {
        guard let address = try? SocketAddress(unixDomainSocketPath: path) else {
            return UnixSocketError(tooLong: path)
        }
        do throws(UnixSocketError) {
            try look(at: path, address, mustBeFree: mustBeFree)
            let bound = try BoundSocket(for: path, mode: 0o600)
            unlink(bound.path)
            Glibc.close(bound.descriptor)
            return nil
        } catch {
            return error
        }
    }

    /// Takes over the name of a socket that another process has made; nil where it has gone, or is not a socket.
    init?(adopting path: String) {
        var status = stat()
        guard let address = try? SocketAddress(unixDomainSocketPath: path), lstat(path, &status) == 0,
            status.st_mode & S_IFMT == S_IFSOCK
        else { return nil }
        self.path = path
        self.address = address
        (device, inode, changed) = (status.st_dev, status.st_ino, status.st_ctim)
    }

    /// Gives a socket that accepts its name.
    private init(_ path: String, _ address: SocketAddress, _ bound: BoundSocket) throws(UnixSocketError) {
        // As rename(2), but it must not replace what another program put there meanwhile. Not every file system has links.
        var moved = link(bound.path, path)
        if moved == 0 { unlink(bound.path) }
        if moved != 0, errno == EPERM || errno == EOPNOTSUPP { moved = rename(bound.path, path) }
        guard moved == 0 else { throw UnixSocketError(path, "it could not be given its name", errno) }
        var status = stat()
        guard lstat(path, &status) == 0 else { throw UnixSocketError(path, "it has gone", errno) }
        self.path = path
        self.address = address
        device = status.st_dev
        inode = status.st_ino
        changed = status.st_ctim
    }

    /// Removes the socket, unless something else has taken its place.
    package func remove() {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_dev == device, status.st_ino == inode,
            status.st_ctim.tv_sec == changed.tv_sec, status.st_ctim.tv_nsec == changed.tv_nsec
        else { return }
        unlink(path)
    }

    fileprivate static func open(_ path: String) throws(UnixSocketError) -> CInt {
        let type = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue) | CInt(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { throw UnixSocketError(path, "it could not be made", errno) }
        return descriptor
    }

    private static func removeStale(_ path: String, _ address: SocketAddress) throws(UnixSocketError) {
        guard try look(at: path, address, mustBeFree: true) else { return }
        guard unlink(path) == 0 else { throw UnixSocketError(path, "the stale socket could not be removed", errno) }
    }

    /// Whether a socket is there; whatever else is there is a fault.
    @discardableResult
    private static func look(
        at path: String, _ address: SocketAddress, mustBeFree: Bool
    ) throws(UnixSocketError) -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT { return false }
            throw UnixSocketError(path, "it cannot be examined", errno)
        }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw UnixSocketError(path, "there is something other than a socket; remove it or choose another path")
        }
        guard mustBeFree else { return true }
        let probe = try open(path)
        defer { Glibc.close(probe) }
        let answered = address.withSockAddr { connect(probe, $0, socklen_t($1)) }
        if answered == 0 { throw UnixSocketError(path, "a server answers there") }
        guard errno == ECONNREFUSED else { throw UnixSocketError(path, "a server may be there", errno) }
        return true
    }
}

/// How many connections the kernel keeps for a listener that has not accepted them yet: TCP's and unix sockets'.
///
/// The kernel makes less of it where `net.core.somaxconn` says so.
enum ListenQueue {
    static let length: CInt = 4096
}

/// A socket that is bound to a name that no client looks for, in the folder of its final name.
private struct BoundSocket {
    let path: String
    let descriptor: CInt

    init(for final: String, mode: UInt32) throws(UnixSocketError) {
        let descriptor = try UnixSocket.open(final)
        do throws(UnixSocketError) {
            path = try Self.bind(descriptor, final)
            // No client can connect before listen(2), so the permissions are never too wide.
            guard chmod(path, mode_t(mode)) == 0 else {
                let code = errno
                unlink(path)
                throw UnixSocketError(final, "its permissions could not be set", code)
            }
        } catch {
            Glibc.close(descriptor)
            throw error
        }
        self.descriptor = descriptor
    }

    /// Returns the name. It is short, so that it fits wherever the final one does, but for final names of fewer bytes in
    /// the longest of paths.
    private static func bind(_ descriptor: CInt, _ final: String) throws(UnixSocketError) -> String {
        let folder = final.lastIndex(of: "/").map { final[...$0] } ?? ""
        for _ in 0..<64 {
            let path = "\(folder).\(String(UInt32.random(in: 0 ... .max), radix: 36))"
            guard let address = try? SocketAddress(unixDomainSocketPath: path) else {
                throw UnixSocketError(final, "its folder's path has more than 98 bytes, and its name is too short")
            }
            if address.withSockAddr({ Glibc.bind(descriptor, $0, socklen_t($1)) }) == 0 { return path }
            guard errno == EADDRINUSE else { throw UnixSocketError(final, "it could not be bound", errno) }
        }
        throw UnixSocketError(final, "it could not be bound", EADDRINUSE)
    }
}

/// Why a unix socket could not be made.
public struct UnixSocketError: Error, CustomStringConvertible, Sendable {
    /// What hindered listening, in words.
    public let description: String

    init(tooLong path: String) {
        self.init(path, "the path is longer than a socket's can be, 107 bytes")
    }

    init(_ path: String, _ what: String, _ code: CInt = 0) {
        let system = code == 0 ? "" : ": \(SystemError(code))"
        description = "cannot listen on the unix socket `\(path)`: \(what)\(system)"
    }
}
