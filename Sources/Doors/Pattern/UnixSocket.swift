import Glibc
import NIOCore

/// A unix socket at a path: made so that nobody can connect before its permissions are right, removed when it is
/// still ours.
struct UnixSocket: Sendable {
    let path: String
    /// Bound, not listening.
    let descriptor: CInt
    private let device: dev_t
    private let inode: ino_t
    /// Numbers of inodes are used again at once; the time of the last change tells two sockets apart.
    private let changed: timespec

    /// Makes the socket.
    ///
    /// A socket that was left behind is removed, but only where nobody answers at it.
    /// - Throws: ``UnixSocketError``.
    init(path: String, mode: UInt32) throws {
        let address: SocketAddress
        do {
            address = try SocketAddress(unixDomainSocketPath: path)
        } catch {
            throw UnixSocketError(path, "the path is longer than a socket's can be, 107 bytes")
        }
        try Self.removeStale(path, address)
        let descriptor = try Self.open(path)
        do {
            let bound = address.withSockAddr { Glibc.bind(descriptor, $0, socklen_t($1)) }
            guard bound == 0 else { throw UnixSocketError(path, "it could not be bound", errno) }
            // Nobody can connect before listen(2), so the permissions are never too wide.
            guard chmod(path, mode_t(mode)) == 0 else {
                throw UnixSocketError(path, "its permissions could not be set", errno)
            }
            var status = stat()
            guard lstat(path, &status) == 0 else { throw UnixSocketError(path, "it has gone", errno) }
            device = status.st_dev
            inode = status.st_ino
            changed = status.st_ctim
        } catch {
            Glibc.close(descriptor)
            throw error
        }
        self.path = path
        self.descriptor = descriptor
    }

    /// Removes the socket, unless something else has taken its place.
    func remove() {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_dev == device, status.st_ino == inode,
            status.st_ctim.tv_sec == changed.tv_sec, status.st_ctim.tv_nsec == changed.tv_nsec
        else { return }
        unlink(path)
    }

    private static func open(_ path: String) throws(UnixSocketError) -> CInt {
        let type = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue) | CInt(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { throw UnixSocketError(path, "it could not be made", errno) }
        return descriptor
    }

    private static func removeStale(_ path: String, _ address: SocketAddress) throws {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT { return }
            throw UnixSocketError(path, "it could not be looked at", errno)
        }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw UnixSocketError(path, "there is something else than a socket; remove it or choose another path")
        }
        let probe = try open(path)
        defer { Glibc.close(probe) }
        let answered = address.withSockAddr { connect(probe, $0, socklen_t($1)) }
        if answered == 0 { throw UnixSocketError(path, "a server answers there") }
        guard errno == ECONNREFUSED else { throw UnixSocketError(path, "a server may be there", errno) }
        guard unlink(path) == 0 else { throw UnixSocketError(path, "the stale socket could not be removed", errno) }
    }
}

/// Why a unix socket could not be made.
public struct UnixSocketError: Error, CustomStringConvertible, Sendable {
    public let description: String

    init(_ path: String, _ what: String, _ code: CInt = 0) {
        let system = code == 0 ? "" : ": \(String(cString: strerror(code)).lowercased())"
        description = "cannot listen on the unix socket `\(path)`: \(what)\(system)"
    }
}
