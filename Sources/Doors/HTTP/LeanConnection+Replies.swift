import NIOCore

extension LeanConnection {
    /// Walks towards the reply of a request, and waits on the way if need be.
    func begin(_ step: Step, _ slot: Slot, _ context: ChannelHandlerContext) {
        switch step.walk(asking: service.host) {
        case .arrived(let reply) where waiting.isEmpty: send(reply, slot)
        case .arrived(let reply):
            var slot = slot
            slot.reply = reply
            waiting.append(slot)
        case .waiting(let pending):
            let number = firstWaiting + UInt64(waiting.count)
            waiting.append(slot)
            wait(for: pending, number, context)
        }
    }

    private func wait(for pending: PendingStep, _ number: UInt64, _ context: ChannelHandlerContext) {
        waiting[offset: Int(number - firstWaiting)].pending = pending
        let eventLoop = context.eventLoop
        let connection = NIOLoopBound(self, eventLoop: eventLoop)
        pending.whenReady { step in eventLoop.execute { connection.value.resume(number, step) } }
    }

    private func resume(_ number: UInt64, _ step: Step) {
        guard let context, number >= firstWaiting, number - firstWaiting < UInt64(waiting.count) else {
            return step.windUp(asking: service.host)
        }
        switch step.walk(asking: service.host) {
        case .waiting(let pending): wait(for: pending, number, context)
        case .arrived(let reply):
            let offset = Int(number - firstWaiting)
            waiting[offset: offset].pending = nil
            waiting[offset: offset].reply = reply
            sendReady()
            readRequests(context)
            settle(context)
        }
    }

    private func sendReady() {
        while let slot = waiting.first, let reply = slot.reply {
            waiting.removeFirst()
            firstWaiting += 1
            send(reply, slot)
        }
        if waiting.isEmpty { lastProgress = .now() }
    }

    private func send(_ reply: Reply, _ slot: Slot) {
        if out.readableBytes == 0 { out.clear() }
        // While the door stops, the last reply says so.
        let isLast = !slot.keepsAlive || (phase != .reading && phase != .moving && waiting.isEmpty)
        writer.write(
            reply, to: &out, isHTTP11: slot.isHTTP11, keepsAlive: !isLast, withoutContent: slot.withoutContent)
        count(slot.endpoint, reply.status)
    }

    private func count(_ endpoint: String, _ status: Int) {
        if let last = lastCounter, last.status == status, last.endpoint == endpoint {
            last.counter.increment()
            return
        }
        guard let counter = service.responses(endpoint, status) else { return }
        counter.increment()
        lastCounter = (endpoint, status, counter)
    }

    /// Answers a request that is none, behind the replies that are still due, and reads no further.
    func refuse(_ refusal: RequestRefusal, _ context: ChannelHandlerContext) {
        service.refused(refusal)
        phase = .finishing(linger: true)
        buffer = ByteBuffer()
        let slot = Slot(isHTTP11: true, keepsAlive: false, withoutContent: false, endpoint: "refused")
        begin(.reply(Reply(refusal)), slot, context)
    }

    func abandonWaiting() {
        for slot in waiting { slot.pending?.abandon() }
        firstWaiting += UInt64(waiting.count)
        waiting.removeAll()
    }

    func flush(_ context: ChannelHandlerContext) {
        guard out.readableBytes > 0 else { return }
        context.writeAndFlush(wrapOutboundOut(out), promise: nil)
        out.clear()
    }

    /// Sends what there is to send, and does what the phase asks for once nothing waits any more.
    func settle(_ context: ChannelHandlerContext) {
        flush(context)
        switch phase {
        case .moving where waiting.isEmpty: moveAway(context)
        case .finishing(let linger) where waiting.isEmpty:
            if linger { self.linger(context) } else { close(context) }
        case .reading where isReadHeld && waiting.count < Self.maximumWaiting && context.channel.isWritable:
            isReadHeld = false
            context.read()
        default: break
        }
    }

    private func close(_ context: ChannelHandlerContext) {
        phase = .gone
        context.close(promise: nil)
    }

    /// Closes our half first: closing both with input unread would reset the connection and could lose the reply.
    private func linger(_ context: ChannelHandlerContext) {
        phase = .lingering
        context.close(mode: .output, promise: nil)
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(2)) { self.context?.close(promise: nil) }
        if isReadHeld {
            isReadHeld = false
            context.read()
        }
    }

    private func moveAway(_ context: ChannelHandlerContext) {
        phase = .gone
        timer?.cancel()
        let rest = buffer
        buffer = ByteBuffer()
        service.takeOver(context.channel)
        context.fireChannelRead(wrapInboundOut(rest))
        context.fireChannelReadComplete()
        if isReadHeld { context.read() }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    /// Looks for a connection that is too slow. Runs once in each request timeout, so a limit is kept to within that.
    func tick() {
        guard let context else { return }
        let idle = NIODeadline.now() - lastProgress
        if phase == .reading && waiting.isEmpty && context.channel.isWritable && buffer.readableBytes > 0 {
            if idle >= service.requestTimeout {
                refuse(RequestRefusal(408, "the request did not arrive in time"), context)
                settle(context)
                return
            }
        } else if idle >= service.keepAliveTimeout && waiting.isEmpty {
            // No request, or a client that does not take its replies.
            close(context)
            return
        }
        scheduleTimer(context)
    }
}
