import Basics
import DoorProtocols
import Glibc
import NIOCore
import Synchronization

/// Listening sockets that are open already: the service manager's, sd_listen_fds(3), which accept connections while the process is started
/// again, and those of the host that this process takes over from.
public final class InheritedSockets: Sendable {
    /// The first descriptor that is passed.
    private static let first: CInt = 3
    private static let most: CInt = 1024

    private struct Passed {
        let descriptor: CInt
        let address: SocketAddress
        /// Whether a host had it before.
        var isOfHost = false
        /// Whether its path is removed by who has it.
        var isOwned = false

        /// As the configuration spells it.
        var place: String {
            guard let host = address.ipAddress, let port = address.port else { return address.pathname ?? "\(address)" }
            return "\(DoorAddress(host: host, port: port))"
        }
    }

    private let left: Mutex<[Passed]>

    /// Takes the descriptors that LISTEN_FDS passes to the process that LISTEN_PID names, and unsets both: no other program that is
    /// started takes them for its own. Call it once, before other threads are there.
    ///
    /// - Throws: ``InheritedSocketError`` for a count that cannot be, and for what is no listening socket.
    public static func ofProcess() throws(InheritedSocketError) -> InheritedSockets {
        defer { for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { unsetenv(name) } }
        guard let process = getenv("LISTEN_PID"), String(cString: process) == "\(getpid())",
            let text = getenv("LISTEN_FDS")
        else { return try InheritedSockets([]) }
        guard let count = CInt(String(cString: text)), (0...most).contains(count) else {
            throw InheritedSocketError(
                "LISTEN_FDS is `\(String(cString: text).controlsEscaped)`; a number from 0 to \(most) is accepted")
        }
        return try InheritedSockets(first..<first + count)
    }

    /// Takes descriptors, which it closes unless they are taken.
    init(_ descriptors: some Sequence<CInt>) throws(InheritedSocketError) {
        var passed: [Passed] = []
        for descriptor in descriptors {
            let one = try Self.passed(descriptor)
            if let twin = passed.first(where: { $0.address == one.address }) {
                throw InheritedSocketError(
                    "LISTEN_FDS passes descriptors \(twin.descriptor) and \(descriptor), which are both at `\(one.place)`; one is "
                        + "accepted")
            }
            passed.append(one)
        }
        left = Mutex(passed)
    }

    deinit { left.withLock { for one in $0 { close(one.descriptor) } } }

    /// Takes a listening socket of the host that this process takes over from; one that the service manager has passed for the same place
    /// stays in its stead. The descriptor is closed unless it is taken.
    ///
    /// - Parameters:
    ///   - place: where it listens, as ``DoorServers/listening`` has it.
    ///   - isOwned: whether its path is removed by who has it.
    /// - Throws: ``InheritedSocketError`` for what is no listening socket.
    public func add(
        _ descriptor: CInt, at place: String, isUnixSocket: Bool, isOwned: Bool
    ) throws(InheritedSocketError) {
        guard Self.option(descriptor, SO_ACCEPTCONN) == 1,
            // What a unix socket calls itself is the name that it had before.
            let address = isUnixSocket
                ? (try? SocketAddress(unixDomainSocketPath: place)) : SocketAddress(boundTo: descriptor)
        else {
            close(descriptor)
            throw InheritedSocketError(
                "the host has sent a descriptor for `\(place.controlsEscaped)` that does not listen")
        }
        left.withLock { left in
            if left.contains(where: { $0.address == address }) {
                close(descriptor)
            } else {
                left.append(Passed(descriptor: descriptor, address: address, isOfHost: true, isOwned: isOwned))
            }
        }
    }

    /// The socket that listens at an address, which is the caller's from then on, and whether its path is; nil where none was passed.
    func take(_ address: SocketAddress) -> (descriptor: CInt, isOwned: Bool)? {
        left.withLock { left in
            left.firstIndex { $0.address == address }.map { left.remove(at: $0) }.map { ($0.descriptor, $0.isOwned) }
        }
    }

    /// Where those of the service manager listen that no door has taken.
    var untaken: [String] { left.withLock { $0.filter { !$0.isOfHost }.map(\.place) } }

    private static func passed(_ descriptor: CInt) throws(InheritedSocketError) -> Passed {
        let found: String? =
            switch (option(descriptor, SO_TYPE), option(descriptor, SO_ACCEPTCONN)) {
            case (nil, _): fcntl(descriptor, F_GETFD) < 0 ? "is closed" : "is no socket"
            case (CInt(SOCK_STREAM.rawValue)?, 1?): nil
            case (CInt(SOCK_STREAM.rawValue)?, _): "does not listen"
            default: "is a socket of another type"
            }
        if let found {
            throw InheritedSocketError(
                "LISTEN_FDS passes descriptor \(descriptor), which \(found); a listening stream socket is accepted, as "
                    + "`ListenStream=` of systemd makes one with `Accept=no`")
        }
        guard let address = SocketAddress(boundTo: descriptor) else {
            throw InheritedSocketError(
                "LISTEN_FDS passes descriptor \(descriptor), which is bound to no path and no TCP address")
        }
        guard fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0,
            fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) == 0
        else {
            throw InheritedSocketError("descriptor \(descriptor) of LISTEN_FDS cannot be used: \(SystemError())")
        }
        return Passed(descriptor: descriptor, address: address)
    }

    /// An option of a socket; nil for what is no socket.
    private static func option(_ descriptor: CInt, _ name: CInt) -> CInt? {
        var (value, size) = (CInt(0), socklen_t(MemoryLayout<CInt>.size))
        return getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 ? value : nil
    }
}

/// Why sockets that were passed cannot be used.
public struct InheritedSocketError: Error, Sendable, CustomStringConvertible {
    /// What was found, and what would be accepted.
    public let description: String

    init(_ description: String) { self.description = description }

    /// No door listens at some of them.
    init(untaken places: [String], doors: [String]) {
        func list(_ places: [String]) -> String { places.map { "`\($0)`" }.joined(separator: ", ") }
        self.init(
            "LISTEN_FDS passes a socket at \(list(places)), and no door listens there; doors listen at \(list(doors))")
    }
}
