import NIOCore

/// When a connection last came on, and the timers that look after it.
struct HTTPTiming {
    /// When bytes have come in or replies have gone out last.
    fileprivate(set) var lastProgress = NIODeadline.uptimeNanoseconds(0)
    /// Whether any byte has come in yet.
    fileprivate var hasBegun = false
    fileprivate var idle: Scheduled<Void>?
    /// Runs while a request is not complete.
    fileprivate var arrival: Scheduled<Void>?

    /// Notes that the client does something.
    mutating func note(_ now: NIODeadline) {
        lastProgress = now
        hasBegun = true
    }

    /// Notes that a request is complete.
    mutating func arrived() {
        arrival?.cancel()
        arrival = nil
    }
}

/// The time-outs of a connection: for its first byte, for the whole of each request from its first byte on, and for staying
/// without one, or without taking its replies.
extension HTTPConnection {
    func startTimer(_ context: ChannelHandlerContext) {
        timing.lastProgress = context.eventLoop.now
        look(in: service.requestTimeout, context)
    }

    func stopTimers() {
        timing.idle?.cancel()
        timing.arrived()
    }

    /// Gives a request that is not complete its time, and no more however steadily it trickles.
    func watchArrival(_ context: ChannelHandlerContext) {
        guard wantsMore(context), !received.isEmpty else { return timing.arrived() }
        guard timing.arrival == nil else { return }
        timing.arrival = context.eventLoop.assumeIsolated().scheduleTask(in: service.requestTimeout) {
            self.isLate()
        }
    }

    private func isLate() {
        guard let context, wantsMore(context), !received.isEmpty else { return }
        let refusal = RequestRefusal(408, "the request did not arrive in time")
        service.refused(refusal)
        refuse(Reply(refusal), "refused", context)
        settle(context)
    }

    private func look(in time: TimeAmount, _ context: ChannelHandlerContext) {
        timing.idle?.cancel()
        timing.idle = context.eventLoop.assumeIsolated().scheduleTask(in: time) { self.tick() }
    }

    /// Lets a connection go that says nothing, or does not take its replies.
    private func tick() {
        guard let context else { return }
        let limit = timing.hasBegun ? service.keepAliveTimeout : service.requestTimeout
        let idle = context.eventLoop.now - timing.lastProgress
        let isUntaken = !context.channel.isWritable
        let isSilent = waiting.isEmpty ? received.isEmpty || isUntaken : waiting.first?.stream != nil && isUntaken
        if isSilent, idle >= limit {
            phase = .gone
            return context.close(promise: nil)
        }
        look(in: idle < limit ? limit - idle : limit, context)
    }

    /// Closes in two seconds, whatever the client does.
    func closeSoon(_ context: ChannelHandlerContext) {
        timing.idle?.cancel()
        timing.idle = context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(2)) {
            self.context?.close(promise: nil)
        }
    }
}
