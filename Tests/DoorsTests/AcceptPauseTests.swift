import Glibc
import Logging
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import DoorCarrier
@testable import DoorProtocols

/// What a listener does when the system has no descriptors for another connection.
@Suite struct AcceptPauseTests {
    private static let shortage = IOError(errnoCode: EMFILE, reason: "accept")

    private static func until(_ isSo: @Sendable () async throws -> Bool) async throws {
        while try await !isSo() { await Task.yield() }
    }

    @Test func `accepting pauses and goes on, and one event says each, for all listeners`() async throws {
        let log = KeptLog()
        let logger = Logger(label: "test") { _ in KeptLog.Handler(log: log) }
        let hasEnough = Mutex(false)
        let shortage = DescriptorShortage(quiet: .zero, isOver: { hasEnough.withLock { $0 } })
        let accepted = Mutex(0)
        let givenUp = Mutex(0)
        var listeners: [any Channel] = []
        for _ in 0..<2 {
            listeners.append(
                try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .serverChannelInitializer { channel in
                        channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.addHandler(
                                AcceptPause(
                                    logger, keepsSpare: false, shortage: shortage,
                                    giveUp: { givenUp.withLock { $0 += 1 } }))
                        }
                    }
                    .childChannelInitializer { channel in
                        accepted.withLock { $0 += 1 }
                        return channel.eventLoop.makeSucceededVoidFuture()
                    }
                    .bind(host: "127.0.0.1", port: 0).get())
        }
        for listener in listeners {
            let isReading = try await listener.eventLoop.submit {
                for _ in 0..<3 { listener.pipeline.fireErrorCaught(Self.shortage) }
                return try listener.syncOptions?.getOption(.autoRead)
            }.get()
            #expect(isReading == false, "nothing asks the kernel while it pauses")
        }
        #expect(givenUp.withLock { $0 } == 6)
        for listener in listeners {
            let address = try #require(listener.localAddress)
            let before = accepted.withLock { $0 }
            let client = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(to: address)
                .get()
            try await Self.until { accepted.withLock { $0 } > before }
            try await client.close()
        }
        #expect(log.lines.count == 1 && log.lines[0].hasPrefix("error: no connection can be accepted"), "\(log.lines)")
        hasEnough.withLock { $0 = true }
        try await Self.until { log.lines.count > 1 }
        #expect(log.lines.dropFirst() == ["notice: connections are accepted as usual again"])
        for listener in listeners { try await listener.close() }
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
