import NIOCore
import NIOHTTPTypes

/// Closes a connection of the framework's whose request takes too long to arrive, however steadily it trickles.
///
/// It stands in front of the decoder, where it sees bytes; ``RequestEnd`` stands behind it and tells it when a request is
/// complete.
final class ArrivalLimit: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    /// A request has arrived to its end.
    struct Complete: Sendable {}

    /// Whether the client has gone, or has closed its half: also before anybody behind this could hear of it.
    private(set) var hasGone = false
    private let limit: TimeAmount
    private var timer: Scheduled<Void>?

    init(_ limit: TimeAmount) { self.limit = limit }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if timer == nil {
            timer = context.eventLoop.scheduleTask(in: limit) { [channel = context.channel] in
                channel.close(promise: nil)
            }
        }
        context.fireChannelRead(data)
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard event is Complete else { return context.triggerUserOutboundEvent(event, promise: promise) }
        stop()
        promise?.succeed()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { hasGone = true }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        hasGone = true
        stop()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { stop() }

    private func stop() {
        timer?.cancel()
        timer = nil
    }
}

/// Tells ``ArrivalLimit`` that a request has arrived to its end.
final class RequestEnd: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .end = unwrapInboundIn(data) {
            context.triggerUserOutboundEvent(ArrivalLimit.Complete(), promise: nil)
        }
        context.fireChannelRead(data)
    }
}
