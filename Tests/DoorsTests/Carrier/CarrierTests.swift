import AuthCore
import Logging
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import DoorCarrier
@testable import DoorProtocols

/// What the carrier does for every protocol, on a channel whose room and clock the test turns.
@Suite struct `A carrier` {
    private let script = Script()
    private let loop = EmbeddedEventLoop()
    private let use = ConnectionUse()
    private let channel: EmbeddedChannel

    init() throws {
        let carrier = Carrier(ConversationBox().carry(Scripted(script: script)), use)
        channel = EmbeddedChannel(handler: ChannelCarrier(carrier, Logger(label: "test")), loop: loop)
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/nowhere")).wait()
    }

    private func sent() throws -> String {
        var text = ""
        while let out = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: out) }
        return text
    }

    @Test func `overwrites what came, and sends what is written behind what came at once`() throws {
        script.set { $0.reply = Array("yes ".utf8) }
        let incoming = ByteBuffer(string: "secret")
        channel.pipeline.fireChannelRead(incoming)
        #expect(try sent() == "")
        #expect(incoming.readableBytesView.allSatisfy { $0 == 0 })
        channel.pipeline.fireChannelReadComplete()
        #expect(try sent() == "yes ")
        #expect(script.told == ["begin", "secret"])
    }

    @Test func `reads no more while the conversation or the client has enough`() throws {
        final class Reads: ChannelOutboundHandler {
            typealias OutboundIn = ByteBuffer
            var count = 0
            func read(context: ChannelHandlerContext) { count += 1 }
        }
        let reads = Reads()
        try channel.pipeline.syncOperations.addHandler(reads, position: .first)
        script.set { $0.wantsInput = false }
        channel.read()
        #expect(reads.count == 0)
        script.set { $0.wantsInput = true }
        channel.isWritable = false
        channel.pipeline.fireChannelWritabilityChanged()
        #expect(reads.count == 0)
        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
        #expect(reads.count == 1)
        #expect(script.told == ["begin", "resume false", "resume true"])
    }

    @Test func `goes on with a full turn only while the client takes what is written`() throws {
        script.set { $0.reply = [UInt8](repeating: 0x61, count: DoorTurn.fullSize) }
        channel.isWritable = false
        try channel.writeInbound(ByteBuffer(string: "x"))
        #expect(script.told == ["begin", "x"])
        #expect(try sent().utf8.count == DoorTurn.fullSize)
    }

    @Test func `watches a deadline that moves`() {
        script.set { $0.deadline = DoorInstant(nanoseconds: 5_000_000_000) }
        channel.pipeline.fireChannelReadComplete()
        loop.advanceTime(by: .seconds(3))
        // A later one: the timer looks again. An earlier one: it rings earlier.
        script.set { $0.deadline = DoorInstant(nanoseconds: 9_000_000_000) }
        loop.advanceTime(by: .seconds(3))
        #expect(script.told == ["begin"])
        script.set { $0.deadline = DoorInstant(nanoseconds: 7_000_000_000) }
        channel.pipeline.fireChannelReadComplete()
        loop.advanceTime(by: .milliseconds(999))
        #expect(script.told == ["begin"])
        script.set { $0.end = .now }
        loop.advanceTime(by: .milliseconds(1))
        #expect(script.told == ["begin", "time up", "leave"])
        #expect(!channel.isActive)
    }

    @Test func `says that a connection is held before its client can know`() throws {
        final class Seen: ChannelOutboundHandler {
            typealias OutboundIn = ByteBuffer
            let use: ConnectionUse
            var wasHeld: [Bool] = []
            init(_ use: ConnectionUse) { self.use = use }
            func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
                wasHeld.append(use.isHeld)
                context.write(data, promise: promise)
            }
        }
        let seen = Seen(use)
        try channel.pipeline.syncOperations.addHandler(seen, position: .first)
        script.set {
            $0.isHeld = true
            $0.reply = [1]
        }
        try channel.writeInbound(ByteBuffer(string: "x"))
        #expect(seen.wasHeld == [true])
        script.set { $0.isHeld = false }
        try channel.writeInbound(ByteBuffer(string: "y"))
        #expect(!use.isHeld)
    }

    @Test func `closes behind the last byte, and lingers for two seconds where it is asked to`() throws {
        // A channel of a test has one half only.
        final class Halves: ChannelOutboundHandler {
            typealias OutboundIn = ByteBuffer
            var closed: [CloseMode] = []
            func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
                closed.append(mode)
                if mode == .all { context.close(mode: mode, promise: promise) } else { promise?.succeed() }
            }
        }
        let halves = Halves()
        try channel.pipeline.syncOperations.addHandler(halves, position: .first)
        script.set {
            $0.reply = Array("bye".utf8)
            $0.end = .lingering
        }
        try channel.writeInbound(ByteBuffer(string: "x"))
        #expect(try sent() == "bye")
        let late = ByteBuffer(string: "secret")
        channel.pipeline.fireChannelRead(late)
        #expect(late.readableBytesView.allSatisfy { $0 == 0 })
        loop.advanceTime(by: .milliseconds(1_999))
        #expect(channel.isActive)
        loop.advanceTime(by: .milliseconds(1))
        #expect(!channel.isActive)
        #expect(script.told == ["begin", "x", "leave"])
        #expect(halves.closed == [.output, .all])
    }

    @Test func `lets a connection go whose client does not take its last bytes`() throws {
        final class Stuck: ChannelOutboundHandler {
            typealias OutboundIn = ByteBuffer
            var promises: [EventLoopPromise<Void>] = []
            func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
                if let promise { promises.append(promise) }
            }
        }
        let stuck = Stuck()
        defer { for promise in stuck.promises { promise.fail(ChannelError.eof) } }
        try channel.pipeline.syncOperations.addHandler(stuck, position: .first)
        script.set {
            $0.isHeld = true
            $0.reply = [1]
            $0.end = .written
        }
        try channel.writeInbound(ByteBuffer(string: "x"))
        // It may be given up from here on, and what it held has ended.
        #expect(!use.isHeld)
        #expect(script.told == ["begin", "x", "leave"])
        loop.advanceTime(by: .milliseconds(29_999))
        #expect(channel.isActive)
        loop.advanceTime(by: .milliseconds(1))
        #expect(!channel.isActive)
    }

    @Test func `gives an event that comes too late to the conversation, and sends nothing`() throws {
        let late = try #require(script.state.withLock { $0.mailbox?.kept() })
        late("one")
        loop.run()
        script.set { $0.reply = [1] }
        try channel.close().wait()
        late("two")
        loop.run()
        #expect(script.told == ["begin", "one", "leave", "two"])
        #expect(try sent() == "")
    }

    @Test func `tells of the end of input, of a door that stops, and of what was taken`() throws {
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        script.set { $0.wantsNotice = true }
        try channel.writeInbound(ByteBuffer(string: "x"))
        #expect(script.told.prefix(5) == ["begin", "end of input", "stop", "x", "sent"])
    }
}
