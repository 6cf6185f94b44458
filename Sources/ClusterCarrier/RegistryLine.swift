import NIOCore
import NIOPosix
import NIOSSL

/// One connection to the registry, as its member hears of it; everything on its event loop.
final class RegistryLine: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let received: ([UInt8]) -> Void
    private let closed: (String) -> Void
    private var reason = "the connection was closed"

    init(received: @escaping ([UInt8]) -> Void, closed: @escaping (String) -> Void) {
        self.received = received
        self.closed = closed
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received(Array(unwrapInboundIn(data).readableBytesView))
    }

    func channelInactive(context: ChannelHandlerContext) { closed(reason) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        reason = "\(error)"
        context.close(promise: nil)
    }
}
