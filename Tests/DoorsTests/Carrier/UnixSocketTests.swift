import Glibc
import NIOCore
import NIOPosix
import Testing

@testable import DoorCarrier
@testable import DoorProtocols

/// Unix sockets in a folder of their own.
@Suite struct UnixSocketTests {
    private static var bootstrap: ServerBootstrap { ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton) }

    private static func inFolder(_ body: (String) async throws -> Void) async throws {
        let folder = try RunningDoor.temporaryFolder()
        try await body(folder)
        #expect(rmdir(folder) == 0, "something is left behind: \(names(in: folder))")
    }

    private static func names(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(withUnsafePointer(to: &entry.pointee.d_name.0) { String(cString: $0) })
        }
        return names.filter { $0 != "." && $0 != ".." }
    }

    /// Binds a socket at a path without listening, and lets it lie there.
    private static func leaveStale(_ path: String) throws {
        let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        let address = try SocketAddress(unixDomainSocketPath: path)
        try #require(address.withSockAddr { bind(descriptor, $0, socklen_t($1)) } == 0)
    }

    @Test func `takes the place of a socket without a listener, and of nothing else`() async throws {
        try await Self.inFolder { folder in
            let path = "\(folder)/s"
            try Self.leaveStale(path)
            let first = try await UnixSocket.listen(at: path, mode: 0o600, Self.bootstrap)
            var status = stat()
            #expect(lstat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
            await #expect(throws: UnixSocketError.self) {
                try await UnixSocket.listen(at: path, mode: 0o600, Self.bootstrap)
            }
            try await first.channel.close()
            let second = try await UnixSocket.listen(at: path, mode: 0o660, Self.bootstrap)
            first.socket.remove()
            #expect(access(path, F_OK) == 0, "the new socket is not the old one's to remove")
            second.socket.remove()
            try await second.channel.close()
            #expect(Self.names(in: folder) == [])
            try #require(mkdir(path, 0o700) == 0)
            await #expect(throws: UnixSocketError.self) {
                try await UnixSocket.listen(at: path, mode: 0o600, Self.bootstrap)
            }
            rmdir(path)
        }
    }

    /// The queue of a listener is what the kernel shows as `Send-Q` in ss(8); here it is counted, with a listener that never accepts.
    @Test func `as many connections wait as the queue is long, before anything is accepted`() async throws {
        try await Self.inFolder { folder in
            let path = "\(folder)/s"
            // More than NIO's own 128, and than the 512 and 1,024 of TCP; as many descriptors fit into a test's limit.
            let wanted = 1500
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            limit.rlim_cur = limit.rlim_max
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            let paused = Self.bootstrap.serverChannelOption(.autoRead, value: false)
            let listening = try await UnixSocket.listen(at: path, mode: 0o600, paused)
            let address = try SocketAddress(unixDomainSocketPath: path)
            var clients: [CInt] = []
            var refused: CInt = 0
            for _ in 0..<wanted where refused == 0 {
                let client = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue), 0)
                try #require(client >= 0)
                if address.withSockAddr({ connect(client, $0, socklen_t($1)) }) != 0 { refused = errno }
                clients.append(client)
            }
            #expect(refused == 0, "connection \(clients.count): \(String(cString: strerror(refused)))")
            for client in clients { close(client) }
            listening.socket.remove()
            try await listening.channel.close()
        }
    }

    @Test func `a socket that somebody can see accepts connections`() async throws {
        try await Self.inFolder { folder in
            for _ in 0..<50 {
                let path = "\(folder)/\(UInt32.random(in: 0 ... .max))"
                let address = try SocketAddress(unixDomainSocketPath: path)
                // Connects in the moment in which the name is there.
                let watching = Task.detached {
                    while access(path, F_OK) != 0 { sched_yield() }
                    let client = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
                    defer { close(client) }
                    return address.withSockAddr { connect(client, $0, socklen_t($1)) } == 0 ? 0 : errno
                }
                let listening = try await UnixSocket.listen(at: path, mode: 0o600, Self.bootstrap)
                #expect(await watching.value == 0)
                listening.socket.remove()
                try await listening.channel.close()
            }
        }
    }
}
