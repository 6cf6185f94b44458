import DoorProtocols
import Epoll
import Glibc

/// Carries a conversation over a plain socket on an ``EpollLoop``, on the loop's thread alone.
///
/// It reads into the loop's own memory, and what is written goes straight to the kernel: bytes are kept here only when the client
/// does not take them.
final class SocketCarrier: LoopMember, CarrierSocket {
    /// How often a connection is read before the loop's other connections have their turn.
    private static let mostReads = 4

    private let loop: EpollLoop
    private let descriptor: CInt
    private var onClose: () -> Void = {}
    private var carrier: Carrier?
    private var place: EpollLoop.Place?
    private var watched = LoopEvents.none
    private var output = UnsentBytes()
    private var hasInputEnded = false
    private var isStalled = false
    private var isClosing = false
    private var isOver = false
    // What the carrier is told when it has returned.
    private var owesWritability = false
    private var owesSent = false
    private var owesFlushed = false

    /// - Parameter descriptor: does not block; it is closed with the connection, once it has begun.
    init(_ loop: EpollLoop, _ descriptor: CInt) {
        self.loop = loop
        self.descriptor = descriptor
    }

    /// Serves a connection, which is closed when it ends.
    ///
    /// - Parameter carrier: makes what carries it, once it has a place.
    /// - Returns: whether the registry has a place for it; else the descriptor stays the caller's.
    static func begin(
        _ descriptor: CInt, on loop: EpollLoop, in registry: OpenConnections, of peer: DoorPeer,
        _ carrier: (ConnectionUse) -> Carrier
    ) -> Bool {
        let connection = SocketCarrier(loop, descriptor)
        let address = ClientAddress(peer.address)
        let time = DoorInstant(nanoseconds: loop.now)
        let entry = SocketConnection(loop, connection, isUnixSocket: peer.isUnixSocket)
        guard let use = registry.admit(entry, of: address, at: time) else { return false }
        connection.begin(carrier(use)) { registry.release(use) }
        return true
    }

    /// Tells something to a client that is not served; what it does not take at once is lost.
    static func say(_ bytes: [UInt8], _ descriptor: CInt) {
        _ = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
    }

    /// - Parameter onClose: called once, when it is closed.
    func begin(_ carrier: Carrier, onClose: @escaping () -> Void) {
        self.onClose = onClose
        self.carrier = carrier
        watched = .readable | .ended
        place = try? loop.add(self, descriptor, watched)
        // A connection that the kernel does not watch would never be heard of.
        if place == nil { isClosing = true } else { carrier.begin(self) }
        finish()
    }

    // MARK: - What the loop tells

    func isReady(_ events: LoopEvents) {
        if events.hasAny(of: .writable) { send([]) }
        // When nothing more can come, all that is left is read, however much the conversation has.
        let isLast = events.hasAny(of: .ended | .broken)
        if isLast, carrier?.isLent == true {
            // What is left is for those who have it.
            isClosing = true
            return finish()
        }
        if isLast || events.hasAny(of: .readable) { read(toEnd: isLast) }
        if events.hasAny(of: .broken) { isClosing = true }
        finish()
    }

    func timeIsUp() {
        carrier?.ring(self)
        finish()
    }

    func loopEnds() { abort() }

    private func read(toEnd: Bool) {
        guard let carrier, let bytes = loop.bytes.baseAddress, !hasInputEnded else { return }
        let size = min(carrier.readSize ?? loop.bytes.count, loop.bytes.count)
        var reads = 0
        while !isClosing, toEnd || (reads < Self.mostReads && carrier.wantsRead(self)) {
            let count = recv(descriptor, bytes, size, 0)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                if count < 0 && errno != EAGAIN { isClosing = true }
                hasInputEnded = count == 0
                break
            }
            reads += 1
            carrier.receive(loop.bytes.extracting(0..<count).span, self)
            // SAFETY: the loop's own memory, of which so many bytes were written: a password may be among them.
            explicit_bzero(bytes, count)
            if count < size && !toEnd { break }
        }
        if reads > 0 && !isClosing { carrier.settle(self) }
        if hasInputEnded && !isClosing { carrier.inputEnded(self) }
    }

    /// Tells the carrier what it is owed, and the loop what is waited for.
    private func finish() {
        guard let carrier, !isOver else { return }
        while !isClosing {
            if owesWritability {
                owesWritability = false
                carrier.writabilityChanged(self)
            } else if owesSent, output.isEmpty {
                owesSent = false
                carrier.sent(self)
            } else if owesFlushed, output.isEmpty {
                owesFlushed = false
                carrier.flushed(self)
            } else {
                break
            }
        }
        if isClosing { end(carrier) } else { watch(carrier) }
    }

    private func watch(_ carrier: Carrier) {
        var wanted: LoopEvents = output.isEmpty ? .none : .writable
        if !hasInputEnded { wanted = wanted | (carrier.wantsRead(self) ? .readable | .ended : .ended) }
        guard wanted != watched, let place else { return }
        watched = wanted
        loop.watch(place, descriptor, wanted)
    }

    private func end(_ carrier: Carrier) {
        isOver = true
        carrier.leave()
        if let place { loop.remove(place, closing: descriptor) } else { Glibc.close(descriptor) }
        onClose()
    }

    // MARK: - What others ask for, on this thread

    /// Ends the connection at once.
    func abort() {
        isClosing = true
        finish()
    }

    /// Hands the socket on where nothing is under way on it, and ends without closing it; else as ``stop()``. What the client has sent
    /// and was not read is in the socket.
    func pass(to next: PassedConnections, isUnixSocket: Bool) {
        guard let carrier, !isClosing, !isOver, output.isEmpty, !hasInputEnded, carrier.isAtRest else { return stop() }
        let other = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard other >= 0 else { return stop() }
        guard next.add(other, isUnixSocket: isUnixSocket) else {
            Glibc.close(other)
            return stop()
        }
        end(carrier)
    }

    /// Lets the conversation end behind its last answer.
    func stop() {
        carrier?.stop(self)
        finish()
    }

    /// Gives the conversation what has come for it; also behind the end, when that has to be wound up.
    private func takeEvents() {
        carrier?.takeEvents(self)
        finish()
    }

    // MARK: - What the carrier asks for

    var now: DoorInstant { DoorInstant(nanoseconds: loop.now) }

    var isWritable: Bool { !isStalled && !isClosing }

    var reference: CarrierReference {
        let me = WeaklyOnThread(self)
        return CarrierReference(
            wake: { [loop] in
                guard let kept = me.kept else { return }
                loop.execute { kept.value.takeEvents() }
            }, keep: { me.kept })
    }

    func write(_ bytes: [UInt8]) { send(bytes) }

    func tellWhenSent() { owesSent = true }

    private func send(_ bytes: [UInt8]) {
        if isClosing { return }
        guard output.send(bytes, to: descriptor) else {
            isClosing = true
            return
        }
        let isNowStalled = output.count > (isStalled ? UnreadLimits.few : UnreadLimits.most)
        guard isNowStalled != isStalled else { return }
        isStalled = isNowStalled
        owesWritability = true
    }

    func flush() { owesFlushed = true }

    /// Nothing to do: what is wanted is looked at when the carrier has returned.
    func readIfWanted() {}

    func setTimer(_ due: DoorInstant?) { if let place, !isOver { loop.setTime(place, due?.nanoseconds) } }

    func closeOutput() { shutdown(descriptor, CInt(SHUT_WR)) }

    func close() { isClosing = true }
}

/// What a client has not taken yet.
private struct UnsentBytes {
    private var bytes: [UInt8] = []
    private var start = 0

    var count: Int { bytes.count - start }
    var isEmpty: Bool { count == 0 }

    /// Sends what is unsent and more behind it, and keeps what is not taken; false when the connection takes nothing any more.
    mutating func send(_ more: [UInt8], to descriptor: CInt) -> Bool {
        if isEmpty {
            guard let sent = Self.send(more[...], descriptor) else { return false }
            if sent < more.count { bytes += more[sent...] }
            return true
        }
        bytes += more
        guard let sent = Self.send(bytes[start...], descriptor) else { return false }
        start += sent
        if isEmpty {
            bytes.removeAll(keepingCapacity: bytes.capacity <= 2 * DoorTurn.fullSize)
            start = 0
        } else if start > bytes.count / 2 {
            bytes.removeFirst(start)
            start = 0
        }
        return true
    }

    /// Returns how many were taken; nil when none ever will be.
    private static func send(_ bytes: ArraySlice<UInt8>, _ descriptor: CInt) -> Int? {
        if bytes.isEmpty { return 0 }
        while true {
            let sent = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
            if sent >= 0 { return sent }
            switch errno {
            case EINTR: continue
            case EAGAIN, ENOBUFS, ENOMEM: return 0
            default: return nil
            }
        }
    }
}

/// A connection on an event loop, for the registry of its door.
struct SocketConnection: DoorConnection {
    private let loop: EpollLoop
    private let carrier: OnThread<SocketCarrier>
    private let isUnixSocket: Bool

    init(_ loop: EpollLoop, _ carrier: SocketCarrier, isUnixSocket: Bool) {
        self.loop = loop
        self.carrier = OnThread(carrier)
        self.isUnixSocket = isUnixSocket
    }

    func close() { loop.execute { [carrier] in carrier.value.abort() } }

    func stop() { loop.execute { [carrier] in carrier.value.stop() } }

    func pass(to next: PassedConnections) {
        loop.execute { [carrier, isUnixSocket] in carrier.value.pass(to: next, isUnixSocket: isUnixSocket) }
    }
}
