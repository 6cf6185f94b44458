import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// The event loops of doors: those that serve, where entry points of a module may run, and a spare one where none ever does.
///
/// Every loop accepts connections for itself, so that one which a module keeps gets no more of them. The spare loop accepts
/// while no other one answers: what its connections ask is put to the module on threads of the module's own, and health is
/// answered whatever the module does.
final class DoorLoops: Sendable {
    /// How often loops are asked whether they run, and how long one may take to say so.
    private static let pace = TimeAmount.milliseconds(200)

    /// The loops that serve.
    let group: MultiThreadedEventLoopGroup
    private let spareGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let spareListeners = SpareListeners()
    private let beating: RepeatedTask

    /// - Parameters:
    ///   - threads: loops that serve; at least 1.
    ///   - host: told on the spare loop's thread that this stays free of module code.
    init(threads: Int, host: any QuestionAnswering) {
        group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, threads))
        let spare = spareGroup.next()
        spare.execute { host.keepThreadFree() }
        let beats = group.makeIterator().map { LoopBeat($0) }
        beating = spare.scheduleRepeatedTask(initialDelay: .zero, delay: Self.pace) { [spareListeners] _ in
            // Each loop is asked, whatever the others have said.
            let answers = beats.map { $0.answered() }
            spareListeners.accept(!answers.contains(true))
        }
    }

    /// The loop that no module keeps.
    var spare: any EventLoop { spareGroup.next() }

    /// Accepts connections on every loop.
    ///
    /// - Parameters:
    ///   - descriptor: a socket that is bound; it is closed with the channels, or when this throws.
    ///   - configure: what connections are made of.
    /// - Returns: a channel for each loop.
    func accept(
        at descriptor: CInt, _ configure: (ServerBootstrap) -> ServerBootstrap
    ) async throws -> [any Channel] {
        let loops = group.makeIterator().map { $0 } + [spare]
        let copies = try ListeningSocket.copies(of: descriptor, loops.count)
        var channels: [any Channel] = []
        do {
            for (loop, copy) in zip(loops, copies) {
                let isSpare = loop === spare
                // NIO owns the descriptor from here on, whatever happens.
                let bootstrap = configure(ServerBootstrap(group: loop))
                    .serverChannelOption(.autoRead, value: !isSpare)
                channels.append(try await bootstrap.withBoundSocket(copy).get())
            }
        } catch {
            for channel in channels { try? await channel.close() }
            for copy in copies.dropFirst(channels.count + 1) { ListeningSocket.close(copy) }
            throw error
        }
        // NIO asks for 128 whatever its option says, where it is given a socket; asking again changes the queue.
        guard listen(descriptor, ListenQueue.length) == 0 else {
            let code = errno
            for channel in channels { try? await channel.close() }
            throw IOError(errnoCode: code, reason: "listen")
        }
        if let last = channels.last { spareListeners.add(last) }
        return channels
    }

    /// Ends the loops. One that a module keeps is left behind after the time, so that the host ends nevertheless.
    func shutdown(within limit: TimeAmount = .seconds(5)) async {
        beating.cancel()
        await withCheckedContinuation { (ended: CheckedContinuation<Void, Never>) in
            let waiting = Mutex<CheckedContinuation<Void, Never>?>(ended)
            let end: @Sendable () -> Void = { waiting.withLock { $0.take() }?.resume() }
            spare.scheduleTask(in: limit) { end() }
            group.shutdownGracefully { _ in end() }
        }
        try? await spareGroup.shutdownGracefully()
    }
}

/// Whether an event loop runs what it is given.
private final class LoopBeat: Sendable {
    private let loop: any EventLoop
    private let hasAnswered = Atomic<Bool>(true)

    init(_ loop: any EventLoop) { self.loop = loop }

    /// Whether it has done what it was asked the last time; if so it is asked again.
    func answered() -> Bool {
        guard hasAnswered.exchange(false, ordering: .acquiringAndReleasing) else { return false }
        loop.execute { [self] in hasAnswered.store(true, ordering: .releasing) }
        return true
    }
}

/// The listeners of the spare loop, which accept while no other does. On that loop.
private final class SpareListeners: Sendable {
    private let state = Mutex<(channels: [any Channel], accepts: Bool)>(([], false))

    func add(_ channel: any Channel) {
        state.withLock { state -> (any Channel)? in
            state.channels.removeAll { !$0.isActive }
            state.channels.append(channel)
            return state.accepts ? channel : nil
        }?.setOption(.autoRead, value: true).whenFailure { _ in }
    }

    func accept(_ accepts: Bool) {
        let changing = state.withLock { state -> [any Channel] in
            guard state.accepts != accepts else { return [] }
            state.accepts = accepts
            return state.channels
        }
        for channel in changing { channel.setOption(.autoRead, value: accepts).whenFailure { _ in } }
    }
}
