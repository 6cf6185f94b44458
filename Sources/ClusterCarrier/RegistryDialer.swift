import Glibc
import NIOCore
import NIOPosix
import NIOSSL

/// Makes connections to where the registry is now; everything on one event loop.
final class RegistryDialer {
    private let place: RegistryPlace
    private let context: NIOSSLContext?
    private let loop: any EventLoop
    private var sentinels: Sentinels?
    /// The master to which the last connection was made, where sentinels name it.
    private(set) var master: RegistryPlace.Endpoint?

    /// - Parameter settings: user and password, which sentinels are told as well.
    init(_ place: RegistryPlace, _ context: NIOSSLContext?, password: [[UInt8]]?, loop: any EventLoop) {
        self.place = place
        self.context = context
        self.loop = loop
        guard case .sentinels(let endpoints, let name) = place.address else { return }
        sentinels = Sentinels(endpoints, master: name, password: password, loop: loop) { [context, loop] in
            Self.connect(to: .host($0), context, loop, $1)
        }
    }

    /// Connects.
    func dial(_ line: RegistryLine) -> EventLoopFuture<any Channel> {
        let line = NIOLoopBound(line, eventLoop: loop)
        guard let sentinels else { return Self.connect(to: place.address, context, loop, line) }
        let box = NIOLoopBound(self, eventLoop: loop)
        return sentinels.master().flatMap { [context, loop] endpoint in
            box.value.master = endpoint
            return Self.connect(to: .host(endpoint), context, loop, line)
        }
    }

    /// Asks the sentinels again, and calls back where they name another master than the connections are to.
    func look(_ changed: @escaping @Sendable (RegistryPlace.Endpoint) -> Void) {
        guard let sentinels, master != nil else { return }
        let box = NIOLoopBound(self, eventLoop: loop)
        sentinels.master().whenSuccess { endpoint in
            if endpoint != box.value.master { changed(endpoint) }
        }
    }

    /// Ends the connections to sentinels.
    func stop() { sentinels?.stop() }

    private static func connect(
        to address: RegistryPlace.Address, _ context: NIOSSLContext?, _ loop: any EventLoop,
        _ line: NIOLoopBound<RegistryLine>
    ) -> EventLoopFuture<any Channel> {
        var name: String?
        if case .host(let endpoint) = address, (try? SocketAddress(ipAddress: endpoint.host, port: 0)) == nil {
            name = endpoint.host
        }
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(.seconds(2))
            // An answer is one piece: a second look for more of it would cost a system call each time.
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelInitializer { [name] channel in
                channel.eventLoop.makeCompletedFuture {
                    let operations = channel.pipeline.syncOperations
                    // NIO opens sockets that programs of this process would inherit; they would also be told as a module's doing.
                    _ = try operations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
                        fcntl($0, F_SETFD, FD_CLOEXEC)
                    }
                    if let context {
                        try operations.addHandler(NIOSSLClientHandler(context: context, serverHostname: name))
                    }
                    try operations.addHandler(line.value)
                }
            }
        let connecting: EventLoopFuture<any Channel> =
            switch address {
            case .unix(let path): bootstrap.connect(unixDomainSocketPath: path)
            case .host(let endpoint): bootstrap.connect(host: endpoint.host, port: endpoint.port)
            case .sentinels: loop.makeFailedFuture(SentinelError(description: "sentinels name no sentinels"))
            }
        return connecting.hop(to: loop)
    }
}
