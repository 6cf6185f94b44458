import NIOCore

/// Tells those who work for a client of the framework's when that client has gone.
final class ClientWatcher: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private var watches: [Int: @Sendable () -> Void] = [:]
    private var nextKey = 0
    private(set) var hasGone = false

    /// A client may have gone between its request and the framework's handlers.
    func handlerAdded(context: ChannelHandlerContext) {
        let front = try? context.pipeline.syncOperations.handler(type: ArrivalLimit.self)
        if !context.channel.isActive || front?.hasGone == true { hasGone = true }
    }

    /// Calls `body` when the client goes, at once if it has. The key is for ``forget(_:)``.
    func watch(_ body: @escaping @Sendable () -> Void) -> Int {
        nextKey += 1
        if hasGone { body() } else { watches[nextKey] = body }
        return nextKey
    }

    func forget(_ key: Int) { watches[key] = nil }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { leave() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    private func leave() {
        hasGone = true
        let bodies = watches.values
        watches = [:]
        for body in bodies { body() }
    }
}
