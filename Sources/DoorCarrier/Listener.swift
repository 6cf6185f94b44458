import Basics
import CEpoll
import DoorProtocols
import Epoll
import Glibc
import NIOCore

/// Accepts connections at a socket, on the thread of an ``EpollLoop``, and deals them to the loops that serve.
final class Listener: Sendable {
    /// Accepts one connection of a descriptor; -1 with errno for none.
    typealias Accept = @Sendable (CInt) -> CInt

    private let loop: EpollLoop
    private let socket: OnThread<ListeningMember>
    /// Where it listens; nil for a socket without an address.
    let address: SocketAddress?

    /// Listens at a bound socket, which it owns: the socket is closed with the listener, or when this throws.
    ///
    /// - Parameter isHeld: whether it accepts nothing before ``resume()``; clients wait in the kernel's queue.
    init(
        _ descriptor: CInt, on loop: EpollLoop, _ dealer: ConnectionDealer, _ pause: AcceptPause, isHeld: Bool = false,
        accept: @escaping Accept = cepoll_accept
    ) async throws(SystemError) {
        // The kernel makes less of it where `net.core.somaxconn` says so.
        guard listen(descriptor, ListenQueue.length) == 0 else {
            let error = SystemError(errno, "listen")
            Glibc.close(descriptor)
            throw error
        }
        let socket = OnThread(ListeningMember(loop, descriptor, dealer, pause, isHeld: isHeld, accept))
        self.loop = loop
        self.socket = socket
        address = SocketAddress(boundTo: descriptor)
        let error = await loop.run { socket.value.begin() } ?? SystemError(ECANCELED, "listen")
        if let error { throw error }
    }

    /// Accepts no more, and closes the socket.
    func close() async {
        await loop.run { [socket] in socket.value.loopEnds() }
    }

    /// Accepts nothing until ``resume()``: clients wait in the kernel's queue.
    func hold() async { await loop.run { [socket] in socket.value.hold(true) } }

    /// Accepts again, or for the first time.
    func resume() async { await loop.run { [socket] in socket.value.hold(false) } }

    /// Whether each connection that was accepted has been taken by a loop that serves it.
    var hasDealtAll: Bool { get async { await loop.run { [socket] in socket.value.hasDealtAll } ?? true } }

    /// Serves a connection that another listener has accepted, and owns it from here on.
    func adopt(_ connection: CInt) {
        let offer = ConnectionOffer(connection, due: .now, among: UntakenConnections())
        loop.execute { [socket] in offer.take().map { socket.value.deal($0) } }
    }

    /// Another descriptor of the socket, which is the caller's; nil where there is none.
    func duplicate() async -> CInt? { await loop.run { [socket] in socket.value.duplicate() } ?? nil }
}

/// The socket of a listener. On its loop's thread.
private final class ListeningMember: LoopMember {
    /// So many are accepted before the loop's other members have their turn.
    private static let mostAccepted = 16

    private let loop: EpollLoop
    private let descriptor: CInt
    private let accept: Listener.Accept
    private var dealer: ConnectionDealer
    private var pause: AcceptPause
    private var place: EpollLoop.Place?
    private var isWatched: Bool
    private var isHeld: Bool
    private var isOver = false

    init(
        _ loop: EpollLoop, _ descriptor: CInt, _ dealer: ConnectionDealer, _ pause: AcceptPause,
        isHeld: Bool, _ accept: @escaping Listener.Accept
    ) {
        self.loop = loop
        self.descriptor = descriptor
        self.dealer = dealer
        self.pause = pause
        self.accept = accept
        self.isHeld = isHeld
        isWatched = !isHeld
    }

    private var now: DoorInstant { DoorInstant(nanoseconds: loop.now) }

    func begin() -> SystemError? {
        do {
            place = try loop.add(self, descriptor, isWatched ? .readable : .none)
            pause.begin()
            return nil
        } catch {
            loopEnds()
            return error
        }
    }

    func isReady(_ events: LoopEvents) {
        for _ in 0..<Self.mostAccepted where !pause.isPausing && !isHeld && !isFull {
            let accepted = accept(descriptor)
            if accepted >= 0 {
                pause.noteAccepted()
                dealer.deal(accepted, now)
            } else if errno == EAGAIN {
                break
            } else {
                // Any other error is of one connection, accept(2), which is no longer in the queue.
                _ = pause.noteFailed(SystemError(errno), now)
            }
        }
        watch()
    }

    func hold(_ isHeld: Bool) {
        self.isHeld = isHeld
        watch()
    }

    var hasDealtAll: Bool { isOver || dealer.untaken.isEmpty }

    func deal(_ connection: CInt) {
        if isOver { close(connection) } else { dealer.deal(connection, now) }
        watch()
    }

    func duplicate() -> CInt? {
        guard !isOver, case let other = fcntl(descriptor, F_DUPFD_CLOEXEC, 0), other >= 0 else { return nil }
        return other
    }

    func timeIsUp() {
        pause.look(now)
        dealer.look(now)
        watch()
    }

    func loopEnds() {
        if isOver { return }
        isOver = true
        dealer.end()
        pause.end()
        if let place { loop.remove(place, closing: descriptor) } else { close(descriptor) }
    }

    /// Whether too many were accepted and are taken by no loop; accepting goes on by itself when there are fewer.
    private var isFull: Bool {
        let me = OnThread(self)
        return dealer.untaken.isFull { [loop] in { loop.execute { me.value.watch() } } }
    }

    private func watch() {
        guard let place, !isOver else { return }
        let isWanted = !isHeld && !pause.isPausing && !isFull
        if isWanted != isWatched {
            isWatched = isWanted
            loop.watch(place, descriptor, isWanted ? .readable : .none)
        }
        loop.setTime(place, DoorInstant.earlier(pause.due, dealer.due)?.nanoseconds)
    }
}
