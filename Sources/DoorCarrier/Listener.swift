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
    init(
        _ descriptor: CInt, on loop: EpollLoop, _ dealer: ConnectionDealer, _ pause: AcceptPause,
        accept: @escaping Accept = cepoll_accept
    ) async throws(SystemError) {
        // The kernel makes less of it where `net.core.somaxconn` says so.
        guard listen(descriptor, ListenQueue.length) == 0 else {
            let error = SystemError(errno, "listen")
            Glibc.close(descriptor)
            throw error
        }
        let socket = OnThread(ListeningMember(loop, descriptor, dealer, pause, accept))
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
    private var isWatched = true
    private var isOver = false

    init(
        _ loop: EpollLoop, _ descriptor: CInt, _ dealer: ConnectionDealer, _ pause: AcceptPause,
        _ accept: @escaping Listener.Accept
    ) {
        self.loop = loop
        self.descriptor = descriptor
        self.dealer = dealer
        self.pause = pause
        self.accept = accept
    }

    private var now: DoorInstant { DoorInstant(nanoseconds: loop.now) }

    func begin() -> SystemError? {
        do {
            place = try loop.add(self, descriptor, .readable)
            pause.begin()
            return nil
        } catch {
            loopEnds()
            return error
        }
    }

    func isReady(_ events: LoopEvents) {
        for _ in 0..<Self.mostAccepted where !pause.isPausing && !isFull {
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
        return dealer.untaken.isFull { [loop] in loop.execute { me.value.watch() } }
    }

    private func watch() {
        guard let place, !isOver else { return }
        let isWanted = !pause.isPausing && !isFull
        if isWanted != isWatched {
            isWatched = isWanted
            loop.watch(place, descriptor, isWanted ? .readable : .none)
        }
        let due = [pause.due, dealer.due].compactMap(\.self).min()
        loop.setTime(place, due?.nanoseconds)
    }
}
