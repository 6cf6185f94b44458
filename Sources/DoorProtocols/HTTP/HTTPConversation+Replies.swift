import CoreMetrics

extension HTTPConversation {
    /// Walks towards the reply of a request, and waits on the way if need be.
    mutating func begin(_ step: Step, _ slot: Slot, _ turn: inout DoorTurn) {
        switch step.walk(asking: service.host) {
        case .arrived(let reply) where waiting.isEmpty && !reply.isStream:
            send(reply, slot, &turn)
            closeIfDone(&turn)
        case .arrived(let reply):
            var slot = slot
            slot.reply = reply
            waiting.append(slot)
            sendReady(&turn)
        case .waiting(let pending):
            let number = firstWaiting + UInt64(waiting.count)
            waiting.append(slot)
            wait(for: pending, number)
        }
    }

    private mutating func wait(for pending: PendingStep, _ number: UInt64) {
        waiting[Int(number - firstWaiting)].pending = pending
        guard let mailbox else { return }
        pending.whenReady { mailbox.post(.step(number, $0)) }
    }

    mutating func resume(_ number: UInt64, _ step: Step, _ turn: inout DoorTurn) {
        guard number >= firstWaiting, number - firstWaiting < UInt64(waiting.count) else {
            return step.windUp(asking: service.host)
        }
        switch step.walk(asking: service.host) {
        case .waiting(let pending): wait(for: pending, number)
        case .arrived(let reply):
            let place = Int(number - firstWaiting)
            waiting[place].pending = nil
            waiting[place].reply = reply
            sendReady(&turn)
            readRequests(&turn)
        }
    }

    /// Sends the replies that are there, up to one that is not, or whose content comes in pieces.
    mutating func sendReady(_ turn: inout DoorTurn) {
        while let slot = waiting.first, let reply = slot.reply {
            if case .stream(let stream) = reply.content {
                if !slot.withoutContent { return beginStream(stream, reply, &turn) }
                stream.abandon()
            }
            waiting.removeFirst()
            firstWaiting += 1
            send(reply, slot, &turn)
        }
        if waiting.isEmpty { timing.note(turn) }
        closeIfDone(&turn)
    }

    mutating func send(_ reply: Reply, _ slot: Slot, _ turn: inout DoorTurn) {
        // While the door stops, the last reply says so.
        let isLast = !slot.keepsAlive || (phase != .reading && waiting.isEmpty)
        writer.write(
            reply, to: &turn.out, isHTTP11: slot.isHTTP11, keepsAlive: !isLast, withoutContent: slot.withoutContent)
        count(slot.endpoint, reply.status)
    }

    private mutating func count(_ endpoint: String, _ status: Int) {
        if let last = lastCounter, last.status == status, last.endpoint == endpoint {
            last.counter.increment()
            return
        }
        guard let counter = service.responses(endpoint, status) else { return }
        counter.increment()
        lastCounter = (endpoint, status, counter)
    }

    /// Refuses a request that is not read to its end, behind the replies that are still due, and reads no further.
    mutating func refuse(_ reply: Reply, _ endpoint: String, _ turn: inout DoorTurn, withoutContent: Bool = false) {
        phase = .finishing(linger: true)
        input.wipe()
        timing.arrival = nil
        let slot = Slot(isHTTP11: true, keepsAlive: false, withoutContent: withoutContent, endpoint: endpoint)
        begin(.reply(reply), slot, &turn)
    }

    mutating func abandonWaiting() {
        for slot in waiting { slot.abandon() }
        firstWaiting += UInt64(waiting.count)
        waiting.removeAll()
    }

    /// Ends the connection behind the last byte of the last reply, where nothing more is read.
    func closeIfDone(_ turn: inout DoorTurn) {
        guard case .finishing(let linger) = phase, waiting.isEmpty else { return }
        turn.close(linger ? .lingering : .written)
    }
}
