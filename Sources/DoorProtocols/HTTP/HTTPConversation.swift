import AuthCore
import CoreMetrics
import Metrics

/// One connection of HTTP/1.1.
///
/// Replies go out in the order of their requests; a delayed one holds back those behind it, not the questions behind it.
struct HTTPConversation<Service: HTTPService>: Conversation, ~Copyable {
    enum Event: Sendable {
        /// The request of a number may go on with a step.
        case step(UInt64, Step)
        /// A piece of the content of that request's reply.
        case piece(UInt64, ReplyStream.Piece)
    }

    typealias Phase = HTTPPhase
    typealias Slot = HTTPSlot

    /// Most requests of one connection that wait for their answers.
    static var maximumWaiting: Int { 64 }

    let service: Service
    var mailbox: DoorMailbox<Event>?
    var phase = Phase.reading
    var input: RequestInput
    /// Whether the client was told that the body of the request that is being read is wanted.
    private var hasToldToContinue = false
    var writer = ReplyWriter()
    var waiting: [Slot] = []
    /// Checks of pipelined requests that are read and not asked yet, each with the number of its request.
    private var burst = Burst<(number: UInt64, next: @Sendable (Answer) -> Step)>()
    /// The number of the first waiting request.
    var firstWaiting: UInt64 = 0
    var timing: HTTPTiming
    var lastCounter: (endpoint: String, status: Int, counter: Counter)?

    init(service: Service) {
        self.service = service
        input = RequestInput(limits: service.limits)
        timing = HTTPTiming(request: service.requestTimeout, idle: service.keepAliveTimeout)
    }

    var wantsInput: Bool { phase == .reading && waiting.count < Self.maximumWaiting }
    var isHeld: Bool { !waiting.isEmpty }
    var isAtRest: Bool { phase == .reading && waiting.isEmpty && burst.isEmpty && input.isEmpty }

    mutating func begin(_ mailbox: DoorMailbox<Event>, _ turn: inout DoorTurn) {
        self.mailbox = mailbox
        timing.begin(turn)
    }

    mutating func receive(_ bytes: Span<UInt8>, _ turn: inout DoorTurn) {
        guard phase == .reading else { return }
        timing.note(turn)
        input.append(bytes)
        readRequests(&turn)
    }

    mutating func resume(_ turn: inout DoorTurn) {
        timing.note(turn)
        pull(&turn)
        readRequests(&turn)
    }

    mutating func take(_ event: Event, _ turn: inout DoorTurn) {
        switch event {
        case .step(let number, let step): resume(number, step, &turn)
        case .piece(let number, let piece): take(piece, number, &turn)
        }
    }

    mutating func endOfInput(_ turn: inout DoorTurn) {
        // A client that has closed its half is taken to have gone, as nginx does when it gives a client up: a later answer
        // would find no reader, and a session that is opened for it would stay.
        leave()
        turn.close(.written)
    }

    mutating func stop(_ turn: inout DoorTurn) {
        // Closing with requests unread, or replies untaken, would reset the connection and lose replies.
        if phase == .reading {
            phase = .finishing(linger: !waiting.isEmpty || !input.isEmpty || !turn.isWritable)
        }
        endOpenStream(&turn)
        closeIfDone(&turn)
    }

    /// The client has gone, or is taken to have: no more questions are asked for it.
    mutating func leave() {
        abandonWaiting()
        input.wipe()
        phase = .gone
    }

    /// Reads and answers the requests that are complete.
    mutating func readRequests(_ turn: inout DoorTurn) {
        repeat {
            // What was gathered is asked, which may make room for more.
            askBurst(&turn)
            while wantsInput, !turn.isFull, !input.isEmpty {
                do throws(RequestRefusal) {
                    guard try readRequest(&turn) else { break }
                } catch {
                    service.refused(error)
                    refuse(Reply(error), "refused", &turn)
                }
            }
        } while !burst.isEmpty
        watchArrival(turn)
    }

    /// Reads one request; false: it is not complete yet.
    private mutating func readRequest(_ turn: inout DoorTurn) throws(RequestRefusal) -> Bool {
        guard try input.readRequestLine() else { return false }
        let endpoint = service.endpoint(input.head, input.span)
        guard let request = try input.readRest(bodyLimit: service.bodyLimit(of: endpoint)) else {
            welcomeBody(endpoint, &turn)
            return false
        }
        hasToldToContinue = false
        timing.arrival = nil
        let head = request.head
        if !head.keepsAlive { phase = .finishing(linger: !input.isEmpty) }
        var slot = slot(head, endpoint)
        slot.trace = request.traceParent
        begin(service.answer(request, at: endpoint), slot, &turn)
        return true
    }

    private func slot(_ head: RequestHead, _ endpoint: Service.Endpoint) -> Slot {
        Slot(
            isHTTP11: head.isHTTP11, keepsAlive: head.keepsAlive, withoutContent: head.method == .head,
            endpoint: service.name(of: endpoint))
    }

    /// Answers a client that waits to hear whether its body is wanted (RFC 9110, section 10.1.1): that it is, behind the
    /// replies that are due, or at once what the request is refused with whatever its body were.
    private mutating func welcomeBody(_ endpoint: Service.Endpoint, _ turn: inout DoorTurn) {
        guard input.isInBody, input.head.expectsContinue, !hasToldToContinue else { return }
        if let refusal = service.refusal(of: input.head, input.span, at: endpoint) {
            // Whether the client sends its body now is not known, so no other request is read behind it.
            return refuse(refusal, service.name(of: endpoint), &turn, withoutContent: input.head.method == .head)
        }
        guard waiting.isEmpty else { return }
        hasToldToContinue = true
        // What has begun to come needs no telling.
        if input.waitsForBody { turn.out.write("HTTP/1.1 100 Continue\r\n\r\n" as StaticString) }
    }
}

// MARK: - Replies

extension HTTPConversation {
    /// Walks towards the reply of a request, and waits on the way if need be.
    mutating func begin(_ step: Step, _ slot: Slot, _ turn: inout DoorTurn) {
        // A check that comes alone is asked at once.
        if case .ask(.check(let session, let check), let next) = step, !(burst.isEmpty && input.isEmpty) {
            burst.add(SessionCheck(session, check), (firstWaiting + UInt64(waiting.count), next))
            return waiting.append(slot)
        }
        if case .reply = step {} else { askBurst(&turn) }
        var slot = slot
        switch step.walk(asking: service.host, &slot.decision) {
        case .arrived(let reply) where waiting.isEmpty && !reply.isStream:
            send(reply, slot, &turn)
            closeIfDone(&turn)
        case .arrived(let reply):
            slot.reply = reply
            waiting.append(slot)
            sendReady(&turn)
        case .waiting(let pending):
            let number = firstWaiting + UInt64(waiting.count)
            waiting.append(slot)
            wait(for: pending, number, &turn)
        }
    }

    /// Asks the checks that were read and not asked yet, in one go.
    private mutating func askBurst(_ turn: inout DoorTurn) {
        if burst.isEmpty { return }
        let outcomes = service.host.ask(burst.checks)
        for (place, outcome) in outcomes.enumerated() {
            let (number, next) = burst.origins[place]
            switch outcome {
            case .decided(let answer): walk(.decided(answer.decision, next(answer)), number, &turn)
            case .delayed(let ticket): wait(for: PendingStep(ticket, next), number, &turn)
            }
        }
        burst.removeAll()
        sendReady(&turn)
    }

    /// Walks on towards the reply of a request that waits; false while it waits on.
    @discardableResult
    private mutating func walk(_ step: Step, _ number: UInt64, _ turn: inout DoorTurn) -> Bool {
        let place = Int(number - firstWaiting)
        switch step.walk(asking: service.host, &waiting[place].decision) {
        case .waiting(let pending):
            wait(for: pending, number, &turn)
            return false
        case .arrived(let reply):
            waiting[place].pending = nil
            waiting[place].reply = reply
            return true
        }
    }

    private mutating func wait(for pending: PendingStep, _ number: UInt64, _ turn: inout DoorTurn) {
        waiting[Int(number - firstWaiting)].pending = pending
        guard let mailbox else { return }
        pending.whenReady(&turn) { [post = mailbox.kept()] in post(.step(number, $0)) }
    }

    mutating func resume(_ number: UInt64, _ step: Step, _ turn: inout DoorTurn) {
        guard number >= firstWaiting, number - firstWaiting < UInt64(waiting.count) else {
            return step.windUp(asking: service.host)
        }
        guard walk(step, number, &turn) else { return }
        sendReady(&turn)
        readRequests(&turn)
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
            reply, to: &turn.out, at: turn.seconds, isHTTP11: slot.isHTTP11, keepsAlive: !isLast,
            withoutContent: slot.withoutContent, trace: slot.trace)
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
