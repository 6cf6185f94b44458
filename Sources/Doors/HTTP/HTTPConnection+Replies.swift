import NIOCore

extension HTTPConnection {
    /// Walks towards the reply of a request, and waits on the way if need be.
    func begin(_ step: Step, _ slot: Slot, _ context: ChannelHandlerContext) {
        switch step.walk(asking: service.host) {
        case .arrived(let reply) where waiting.isEmpty && !reply.isStream: send(reply, slot)
        case .arrived(let reply):
            var slot = slot
            slot.reply = reply
            waiting.append(slot)
            sendReady()
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

    /// Sends the replies that are there, up to one that is not, or whose content comes in pieces.
    func sendReady() {
        while let slot = waiting.first, let reply = slot.reply {
            if case .stream(let stream) = reply.content {
                if !slot.withoutContent, let context { return beginStream(stream, reply, context) }
                stream.abandon()
            }
            waiting.removeFirst()
            firstWaiting += 1
            send(reply, slot)
        }
        if waiting.isEmpty, let context { timing.note(context.eventLoop.now) }
    }

    func send(_ reply: Reply, _ slot: Slot) {
        if out.readableBytes == 0 { out.clear() }
        // While the door stops, the last reply says so.
        let isLast = !slot.keepsAlive || (phase != .reading && waiting.isEmpty)
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

    /// Refuses a request that is not read to its end, behind the replies that are still due, and reads no further.
    func refuse(
        _ reply: Reply, _ endpoint: String, _ context: ChannelHandlerContext, withoutContent: Bool = false
    ) {
        phase = .finishing(linger: true)
        received.wipe()
        timing.arrived()
        let slot = Slot(isHTTP11: true, keepsAlive: false, withoutContent: withoutContent, endpoint: endpoint)
        begin(.reply(reply), slot, context)
    }

    func abandonWaiting() {
        for slot in waiting { slot.abandon() }
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
        case .finishing(let linger) where waiting.isEmpty: finish(linger, context)
        case .reading where isReadHeld && waiting.count < Self.maximumWaiting && context.channel.isWritable:
            isReadHeld = false
            context.read()
        default: break
        }
    }

    /// Closes behind the last byte of the last reply.
    private func finish(_ linger: Bool, _ context: ChannelHandlerContext) {
        phase = linger ? .lingering : .closing
        let sent = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: sent)
        sent.futureResult.assumeIsolated().whenComplete { _ in
            guard let context = self.context else { return }
            if linger { self.linger(context) } else { context.close(promise: nil) }
        }
    }

    /// Closes our half first: closing both with input unread would reset the connection and could lose the reply.
    private func linger(_ context: ChannelHandlerContext) {
        context.close(mode: .output, promise: nil)
        closeSoon(context)
        if isReadHeld {
            isReadHeld = false
            context.read()
        }
    }
}
