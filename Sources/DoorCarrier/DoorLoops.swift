import DoorProtocols
import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// The event loops of doors: those that serve, where entry points of a module may run, and one that accepts connections, where
/// none ever does.
///
/// A module that keeps a serving loop keeps the connections that are there already. New ones go to the other loops, and to the
/// accepting one where no loop takes them: see ``ConnectionDealer``.
package final class DoorLoops: Sendable {
    /// What is made of the connections of a listener.
    struct Serving: Sendable {
        /// What stands in front of a listener that has no descriptors left.
        let pause: @Sendable () -> AcceptPause
        /// Options of a connection besides those that all have.
        var options: @Sendable (ClientBootstrap) -> ClientBootstrap = { $0 }
        /// Prepares a connection for its first bytes, on its own loop; one whose future fails is closed.
        let prepare: @Sendable (any Channel) -> EventLoopFuture<Void>

        /// The same for connections over TCP, where small answers must not wait.
        var overTCP: Serving {
            Serving(
                pause: pause, options: { [options] in options($0).channelOption(.tcpOption(.tcp_nodelay), value: 1) },
                prepare: prepare)
        }
    }

    /// The loops that serve.
    let group: MultiThreadedEventLoopGroup
    private let acceptingGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let dealt: [DealtLoop]
    private let copying: @Sendable (CInt) -> CInt

    /// The loop that no module keeps.
    var spare: any EventLoop { acceptingGroup.next() }

    /// - Parameters:
    ///   - threads: loops that serve; at least 1.
    ///   - host: told on the accepting loop's thread that this stays free of module code.
    ///   - copying: makes a copy of a connection's descriptor, or returns -1.
    package init(
        threads: Int, host: any QuestionAnswering,
        copying: @escaping @Sendable (CInt) -> CInt = { fcntl($0, F_DUPFD_CLOEXEC, 0) }
    ) {
        self.copying = copying
        group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, threads))
        dealt = group.makeIterator().map(DealtLoop.init)
        acceptingGroup.next().execute { host.keepThreadFree() }
    }

    /// Accepts connections for the loops that serve.
    ///
    /// - Parameter descriptor: a socket that is bound; it is closed with the channel, or when this throws.
    func accept(at descriptor: CInt, _ serving: Serving) async throws -> any Channel {
        let bootstrap = ServerBootstrap(group: acceptingGroup).serverChannelInitializer { [dealt, copying] channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandlers(
                    serving.pause(), ConnectionDealer(dealt, serving, copying: copying))
            }
        }
        // For a connection that cannot be dealt.
        .childChannelOption(.allowRemoteHalfClosure, value: true)
        .childChannelInitializer(serving.prepare)
        // NIO owns the descriptor from here on, whatever happens.
        let channel = try await bootstrap.withBoundSocket(descriptor).get()
        // NIO asks for 128 whatever its option says, where it is given a socket; asking again changes the queue.
        guard listen(descriptor, ListenQueue.length) == 0 else {
            let code = errno
            try? await channel.close()
            throw IOError(errnoCode: code, reason: "listen")
        }
        return channel
    }

    /// Ends the loops. One that a module keeps is left behind after the time, so that the host ends nevertheless.
    package func shutdown(within limit: TimeAmount = .seconds(5)) async {
        await withCheckedContinuation { (ended: CheckedContinuation<Void, Never>) in
            let waiting = Mutex<CheckedContinuation<Void, Never>?>(ended)
            let end: @Sendable () -> Void = { waiting.withLock { $0.take() }?.resume() }
            spare.scheduleTask(in: limit) { end() }
            group.shutdownGracefully { _ in end() }
        }
        try? await acceptingGroup.shutdownGracefully()
    }
}
