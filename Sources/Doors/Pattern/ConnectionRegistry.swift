import Metrics
import NIOCore
import Synchronization

/// The open connections of a door: their number is limited, and all of them are told when the door stops.
final class ConnectionRegistry: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        /// The framework's work for connections, which may end a little after them.
        var tasks = 0
        var isDraining = false
        var drained: EventLoopPromise<Void>?

        /// The promise to keep now, if nothing is left.
        mutating func takeDrained() -> EventLoopPromise<Void>? {
            guard isDraining, channels.isEmpty, tasks == 0 else { return nil }
            defer { drained = nil }
            return drained
        }
    }

    private let state = Mutex(State())
    private let maximum: Int
    private let connections: Meter
    private let rejected: Counter

    /// - Parameters:
    ///   - connections: shows how many are open.
    ///   - rejected: counts those that were not taken in.
    init(maximum: Int, connections: Meter, rejected: Counter) {
        self.maximum = maximum
        self.connections = connections
        self.rejected = rejected
    }

    /// Takes a connection in until it closes; false: there are too many, or the door stops.
    func admit(_ channel: any Channel) -> Bool {
        let admitted = state.withLock { state in
            guard !state.isDraining, state.channels.count < maximum else { return false }
            state.channels[ObjectIdentifier(channel)] = channel
            return true
        }
        guard admitted else {
            rejected.increment()
            return false
        }
        connections.increment()
        channel.closeFuture.whenComplete { _ in self.release(channel) }
        return true
    }

    /// Asks every connection to end behind its last reply; the future is there when the last has ended,
    /// and all work for them.
    func drain(on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        let (channels, done) = state.withLock { state -> ([any Channel], EventLoopPromise<Void>?) in
            state.isDraining = true
            state.drained = promise
            return (Array(state.channels.values), state.takeDrained())
        }
        done?.succeed()
        for channel in channels { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
        return promise.futureResult
    }

    /// Ends every connection now.
    func closeAll() {
        let channels = state.withLock { Array($0.channels.values) }
        for channel in channels { channel.close(promise: nil) }
    }

    private func release(_ channel: any Channel) {
        connections.decrement()
        let done = state.withLock { state in
            state.channels[ObjectIdentifier(channel)] = nil
            return state.takeDrained()
        }
        done?.succeed()
    }

    /// Runs work for a connection that the door waits for before its event loops end.
    func run(_ work: @escaping @Sendable () async -> Void) {
        state.withLock { $0.tasks += 1 }
        Task {
            await work()
            let done = state.withLock { state in
                state.tasks -= 1
                return state.takeDrained()
            }
            done?.succeed()
        }
    }
}

/// Tells a connection too many so, and closes it.
final class RejectedConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelActive(context: ChannelHandlerContext) {
        var out = ByteBuffer()
        var writer = ReplyWriter()
        let reply = Reply(RequestRefusal(503, "there are too many connections"))
        writer.write(reply, to: &out, isHTTP11: true, keepsAlive: false, withoutContent: false)
        context.writeAndFlush(wrapOutboundOut(out), promise: nil)
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}
}
