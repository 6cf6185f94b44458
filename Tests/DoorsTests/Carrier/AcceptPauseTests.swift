import Basics
import Epoll
import Glibc
import Logging
import NIOCore
import Synchronization
import Testing

@testable import DoorCarrier
@testable import DoorProtocols

/// What a listener does when the system has no descriptors for another connection.
@Suite struct AcceptPauseTests {
    /// Listeners of a loop that count what they accept, and whose accept(2) fails for as long as the test says so.
    private final class Accepting: Sendable {
        let isShort = Atomic(false)
        let accepted = Atomic(0)
        let givenUp = Atomic(0)

        func listener(on loop: EpollLoop, _ log: Logger, _ shortage: DescriptorShortage) async throws -> Listener {
            let serving = DoorServing(isUnixSocket: false) { [self] descriptor, _, _ in
                accepted.add(1, ordering: .sequentiallyConsistent)
                close(descriptor)
            }
            let pause = AcceptPause(
                log, keepsSpare: false, shortage: shortage,
                giveUp: { [self] in givenUp.add(1, ordering: .sequentiallyConsistent) })
            return try await Listener(
                ListeningSocket.bind("127.0.0.1", port: 0), on: loop, ConnectionDealer([], spare: loop, serving), pause
            ) { [self] descriptor in
                guard isShort.load(ordering: .sequentiallyConsistent) else { return accept(descriptor, nil, nil) }
                errno = EMFILE
                return -1
            }
        }
    }

    private static func until(_ isSo: @Sendable () -> Bool) async { while !isSo() { await Task.yield() } }

    private static func connect(_ listener: Listener) throws -> CInt {
        let client = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        let address = try #require(listener.address)
        try #require(address.withSockAddr { Glibc.connect(client, $0, socklen_t($1)) } == 0)
        return client
    }

    @Test func `accepting pauses and goes on, and one event says each, for all listeners`() async throws {
        let log = KeptLog()
        let logger = Logger(label: "test") { _ in KeptLog.Handler(log: log) }
        let hasEnough = Atomic(false)
        let shortage = DescriptorShortage(quiet: .zero, isOver: { hasEnough.load(ordering: .sequentiallyConsistent) })
        let accepting = Accepting()
        let loop = try EpollLoop("test")
        var listeners: [Listener] = []
        for _ in 0..<2 { listeners.append(try await accepting.listener(on: loop, logger, shortage)) }
        accepting.isShort.store(true, ordering: .sequentiallyConsistent)
        let begun = ContinuousClock.now
        let clients = try listeners.map { try Self.connect($0) }
        // Each tries, gives up idle ones and pauses; and tries again behind its pause.
        await Self.until { accepting.givenUp.load(ordering: .sequentiallyConsistent) >= 6 }
        // One of the two has paused for 20 ms and for 40 ms.
        #expect(ContinuousClock.now - begun >= .milliseconds(60), "nothing asks the kernel while it pauses")
        #expect(accepting.accepted.load(ordering: .sequentiallyConsistent) == 0)
        accepting.isShort.store(false, ordering: .sequentiallyConsistent)
        await Self.until { accepting.accepted.load(ordering: .sequentiallyConsistent) == 2 }
        #expect(log.lines.count == 1 && log.lines[0].hasPrefix("error: no connection can be accepted"), "\(log.lines)")
        hasEnough.store(true, ordering: .sequentiallyConsistent)
        await Self.until { log.lines.count > 1 }
        #expect(log.lines.dropFirst() == ["notice: connections are accepted as usual again"])
        for client in clients { close(client) }
        for listener in listeners { await listener.close() }
        await loop.end()
    }

    @Test func `pauses grow to a second, and a connection makes them short again`() {
        var pause = AcceptPause(
            Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, keepsSpare: false,
            shortage: DescriptorShortage(isOver: { false }))
        var now = DoorInstant(nanoseconds: 1_000_000_000)
        func wait() -> Double {
            let isShort = pause.noteFailed(SystemError(EMFILE), now)
            #expect(isShort)
            let begun = now
            while pause.isPausing, let due = pause.due {
                now = due
                pause.look(now)
            }
            return Double(now.nanoseconds - begun.nanoseconds) / 1e6
        }
        #expect((0..<8).map { _ in wait() } == [20, 40, 80, 160, 320, 640, 1000, 1000])
        pause.noteAccepted()
        #expect(wait() == 20)
        let isShort = pause.noteFailed(SystemError(ECONNABORTED), now)
        #expect(!isShort)
        #expect(!pause.isPausing)
    }

    @Test func `a spare descriptor serves once and is filled again`() {
        var spare = SpareDescriptor()
        let isThere = spare.release()
        #expect(!isThere)
        for _ in 0..<2 {
            spare.fill()
            let wasThere = spare.release()
            #expect(wasThere)
        }
    }
}
