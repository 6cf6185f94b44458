import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import DoorCarrier
@testable import DoorProtocols

/// Which connections a door holds, and which it gives up.
@Suite struct OpenConnectionsTests {
    private func channel(_ address: String? = nil) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel()
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        channel.embeddedEventLoop.run()
        channel.remoteAddress = try address.map { try SocketAddress(ipAddress: $0, port: 1) }
        return channel
    }

    @Test func `a door that is full gives up the connection that was idle for longest`() throws {
        let counted = Mutex(0)
        let registry = OpenConnections(maximum: 3, givenUp: { counted.withLock { $0 += 1 } })
        let channels = try (0..<3).map { _ in try channel() }
        let uses = try channels.map { try #require(registry.admit($0)) }
        uses[0].note(DoorInstant(nanoseconds: 500))
        uses[1].note(DoorInstant(nanoseconds: 300))
        uses[2].note(DoorInstant(nanoseconds: 400))
        #expect(registry.admit(try channel()) != nil)
        #expect(channels.map(\.isActive) == [true, false, true])
        #expect(counted.withLock { $0 } == 1)
        #expect(registry.all.count == 3)
    }

    @Test func `a connection with questions or sessions is never given up`() throws {
        let registry = OpenConnections(maximum: 2)
        let channels = try (0..<2).map { _ in try channel() }
        let uses = try channels.map { try #require(registry.admit($0)) }
        for use in uses { use.isHeld = true }
        #expect(registry.admit(try channel()) == nil)
        uses[1].isHeld = false
        #expect(registry.admit(try channel()) != nil)
        #expect(channels.map(\.isActive) == [true, false])
    }

    @Test func `one that was used since it was chosen stays`() throws {
        let registry = OpenConnections(maximum: 3)
        let channels = try (0..<3).map { _ in try channel() }
        let uses = try channels.map { try #require(registry.admit($0)) }
        for (index, use) in uses.enumerated() { use.note(DoorInstant(nanoseconds: UInt64(100 + index))) }
        #expect(registry.admit(try channel()) != nil)
        // The second was the next to go.
        uses[1].note()
        #expect(registry.admit(try channel()) != nil)
        #expect(channels.map(\.isActive) == [false, true, false])
    }

    @Test func `a client that has its share gives up its own connections, and no other client's`() throws {
        let registry = OpenConnections(maximum: 100, maximumOfClient: 2)
        let other = try channel("10.0.0.2")
        try #require(registry.admit(other)).note(DoorInstant(nanoseconds: 1))
        let greedy = try (0..<3).map { _ in try channel("10.0.0.1") }
        for channel in greedy { #expect(registry.admit(channel) != nil) }
        #expect(other.isActive)
        #expect(greedy.map(\.isActive).filter { $0 }.count == 2)
        #expect(greedy[2].isActive)
    }

    @Test func `one client may have half of a door that says nothing of it`() throws {
        let registry = OpenConnections(maximum: 4)
        let uses = try (0..<2).map { _ in try #require(registry.admit(try channel("10.0.0.1"))) }
        for use in uses { use.isHeld = true }
        #expect(registry.admit(try channel("10.0.0.1")) == nil)
        #expect(registry.admit(try channel("10.0.0.2")) != nil)
        #expect(registry.admit(try channel()) != nil)
    }

    @Test(arguments: [
        ("10.0.0.1", "10.0.0.1", true), ("10.0.0.1", "10.0.0.2", false), ("10.0.0.1", "::ffff:10.0.0.1", true),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true), ("2001:db8:1:2::1", "2001:db8:1:3::1", false),
    ])
    func `addresses are told apart as their owners are`(one: String, other: String, isSame: Bool) throws {
        let addresses = [one, other].map { ClientAddress($0) }
        #expect((addresses[0] == addresses[1]) == isSame)
        #expect(addresses[0] != nil)
    }

    @Test func `places are free again when connections end`() throws {
        let registry = OpenConnections(maximum: 1, maximumOfClient: 1)
        for _ in 0..<3 {
            let channel = try channel("10.0.0.1")
            let use = try #require(registry.admit(channel))
            use.isHeld = true
            channel.close(promise: nil)
            channel.embeddedEventLoop.run()
        }
        #expect(registry.all.isEmpty)
    }
}

/// When connections that say nothing end, by a clock that the test turns.
@Suite struct ConnectionGuardTests {
    private func guarded(
        _ use: ConnectionUse, firstByte: Duration?, idle: Duration?
    ) throws -> (channel: EmbeddedChannel, loop: EmbeddedEventLoop) {
        let loop = EmbeddedEventLoop()
        let channel = EmbeddedChannel(handler: nil, loop: loop)
        try channel.pipeline.syncOperations.addHandler(
            ConnectionGuard(IdleWatch(use, firstByte: firstByte, idle: idle, begun: loop.instant)))
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        loop.run()
        return (channel, loop)
    }

    @Test func `a client without a first byte is let go`() throws {
        let (channel, loop) = try guarded(
            ConnectionUse(at: DoorInstant(nanoseconds: 0)), firstByte: .seconds(10), idle: .seconds(600))
        loop.advanceTime(by: .milliseconds(9999))
        #expect(channel.isActive)
        loop.advanceTime(by: .milliseconds(1))
        #expect(!channel.isActive)
    }

    @Test func `a connection may be idle for its time, and as long as it is held`() throws {
        let use = ConnectionUse(at: DoorInstant(nanoseconds: 0))
        let (channel, loop) = try guarded(use, firstByte: .seconds(10), idle: .seconds(600))
        loop.advanceTime(by: .seconds(5))
        try channel.writeInbound(ByteBuffer(string: "x"))
        loop.advanceTime(by: .seconds(500))
        try channel.writeOutbound(ByteBuffer(string: "y"))
        use.isHeld = true
        loop.advanceTime(by: .hours(10))
        #expect(channel.isActive)
        use.isHeld = false
        loop.advanceTime(by: .minutes(1))
        #expect(!channel.isActive)
    }

    @Test func `every byte begins the time anew`() throws {
        let (channel, loop) = try guarded(
            ConnectionUse(at: DoorInstant(nanoseconds: 0)), firstByte: nil, idle: .seconds(60))
        for _ in 0..<10 {
            loop.advanceTime(by: .seconds(59))
            try channel.writeInbound(ByteBuffer(string: "x"))
        }
        #expect(channel.isActive)
        loop.advanceTime(by: .seconds(60))
        #expect(!channel.isActive)
    }

    @Test func `nothing ends a connection without a bound`() throws {
        let (channel, loop) = try guarded(ConnectionUse(at: DoorInstant(nanoseconds: 0)), firstByte: nil, idle: nil)
        loop.advanceTime(by: .hours(100))
        #expect(channel.isActive)
    }
}
