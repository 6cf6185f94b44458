import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// The event loops of doors: those that serve, where entry points of a module may run, and one that accepts connections, where
/// none ever does.
///
/// One socket has one acceptor: NIO takes it for a fault when a readable listener has nobody to accept.
final class DoorLoops: Sendable {
    /// The loops that serve.
    let group: MultiThreadedEventLoopGroup
    private let acceptingGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    /// The loop that no module keeps.
    var spare: any EventLoop { acceptingGroup.next() }

    /// - Parameters:
    ///   - threads: loops that serve; at least 1.
    ///   - host: told on the accepting loop's thread that this stays free of module code.
    init(threads: Int, host: any QuestionAnswering) {
        group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, threads))
        acceptingGroup.next().execute { host.keepThreadFree() }
    }

    /// Accepts connections for the loops that serve.
    ///
    /// - Parameters:
    ///   - descriptor: a socket that is bound; it is closed with the channel, or when this throws.
    ///   - configure: what connections are made of.
    func accept(
        at descriptor: CInt, _ configure: (ServerBootstrap) -> ServerBootstrap
    ) async throws -> [any Channel] {
        let bootstrap = configure(ServerBootstrap(group: acceptingGroup, childGroup: group))
        // NIO owns the descriptor from here on, whatever happens.
        let channel = try await bootstrap.withBoundSocket(descriptor).get()
        // NIO asks for 128 whatever its option says, where it is given a socket; asking again changes the queue.
        guard listen(descriptor, ListenQueue.length) == 0 else {
            let code = errno
            try? await channel.close()
            throw IOError(errnoCode: code, reason: "listen")
        }
        return [channel]
    }

    /// Ends the loops. One that a module keeps is left behind after the time, so that the host ends nevertheless.
    func shutdown(within limit: TimeAmount = .seconds(5)) async {
        await withCheckedContinuation { (ended: CheckedContinuation<Void, Never>) in
            let waiting = Mutex<CheckedContinuation<Void, Never>?>(ended)
            let end: @Sendable () -> Void = { waiting.withLock { $0.take() }?.resume() }
            spare.scheduleTask(in: limit) { end() }
            group.shutdownGracefully { _ in end() }
        }
        try? await acceptingGroup.shutdownGracefully()
    }
}
