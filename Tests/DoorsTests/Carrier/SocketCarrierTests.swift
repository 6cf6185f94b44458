import AuthCore
import Epoll
import Glibc
import Synchronization
import Testing

@testable import DoorCarrier
@testable import DoorProtocols

/// What a carrier does over a socket of an event loop; the other end is the test's.
@Suite struct `A carrier over a socket` {
    private let script = Script()
    private let loop: EpollLoop
    private let registry = OpenConnections(maximum: 10)
    private let client: CInt

    /// Begins a connection with what the script says by then.
    private init(_ prepare: (inout Script.State) -> Void = { _ in }) async throws {
        script.set(prepare)
        loop = try EpollLoop("test")
        var ends: [CInt] = [0, 0]
        try #require(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
        client = ends[0]
        // A door that says nothing is a failure, and no test that never ends.
        var patience = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let (door, registry, script, loop) = (ends[1], registry, script, loop)
        _ = fcntl(door, F_SETFL, O_NONBLOCK)
        let begun = await loop.run {
            SocketCarrier.begin(door, on: loop, in: registry, of: DoorPeer(address: "", userID: 0)) { use in
                Carrier(ConversationBox().carry(Scripted(script: script)), use)
            }
        }
        #expect(begun == true)
    }

    private func end() async {
        close(client)
        await loop.end()
        #expect(registry.all.isEmpty)
    }

    private func send(_ text: String) {
        _ = text.withCString { Glibc.send(client, $0, strlen($0), CInt(MSG_NOSIGNAL)) }
    }

    /// What comes, up to so many bytes or the end.
    private func receive(_ count: Int = .max) -> [UInt8] {
        var all: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while all.count < count {
            let got = recv(client, &piece, min(piece.count, count - all.count), 0)
            if got <= 0 { break }
            all += piece[..<got]
        }
        return all
    }

    private func wait(for isSo: ([String]) -> Bool) async { while !isSo(script.told) { await Task.yield() } }

    @Test func `sends what is written, and keeps nothing of what came in the memory that it reads into`() async throws {
        let test = try await Self { $0.reply = Array("yes ".utf8) }
        #expect(test.receive(4) == Array("yes ".utf8))
        test.send("secret")
        #expect(test.receive(4) == Array("yes ".utf8))
        let loop = test.loop
        #expect(await loop.run { loop.bytes.allSatisfy { $0 == 0 } } == true)
        #expect(test.script.told == ["begin", "secret"])
        await test.end()
    }

    @Test func `reads no more while the conversation has enough, and all when nothing more can come`() async throws {
        let test = try await Self { $0.wantsInput = false }
        test.send("one")
        await test.loop.run {}
        await test.loop.run {}
        #expect(test.script.told == ["begin"])
        // An event lets it look again.
        test.script.set { $0.wantsInput = true }
        let mailbox = try #require(test.script.state.withLock { $0.mailbox })
        mailbox.post("event")
        await test.wait { $0.count == 3 }
        #expect(test.script.told == ["begin", "event", "one"])
        test.script.set { $0.wantsInput = false }
        mailbox.post("another")
        await test.loop.run {}
        test.send("two")
        shutdown(test.client, CInt(SHUT_WR))
        await test.wait { $0.last == "end of input" }
        #expect(test.script.told.suffix(2) == ["two", "end of input"])
        await test.end()
    }

    @Test func `tells of a client that takes nothing, and when it takes something again`() async throws {
        let size = 4 << 20
        let test = try await Self { $0.replyOf["much"] = [UInt8](repeating: 0x61, count: size) }
        test.send("much")
        await test.wait { $0.contains("resume false") }
        #expect(!test.script.told.contains("resume true"))
        // It is not read from meanwhile.
        test.send("more")
        await test.loop.run {}
        await test.loop.run {}
        #expect(!test.script.told.contains("more"))
        #expect(test.receive(size).count == size)
        await test.wait { $0.last == "more" }
        #expect(test.script.told.contains("resume true"))
        await test.end()
    }

    @Test func `tells when what was written is with the client's system`() async throws {
        let test = try await Self { $0.wantsNotice = true }
        test.send("x")
        await test.wait { $0.last == "sent" }
        await test.end()
    }

    @Test(arguments: [DoorTurn.End.written, .lingering])
    func `ends behind the last byte`(_ end: DoorTurn.End) async throws {
        let size = 2 << 20
        let test = try await Self {
            $0.replyOf["bye"] = [UInt8](repeating: 0x62, count: size)
            $0.endOf["bye"] = end
        }
        test.send("bye")
        #expect(test.receive().count == size)
        #expect(test.script.told.suffix(2) == ["bye", "leave"])
        // A connection that lingers ends with its client's half.
        shutdown(test.client, CInt(SHUT_WR))
        while !test.registry.all.isEmpty { await Task.yield() }
        await test.end()
    }

    @Test func `watches a deadline`() async throws {
        let test = try await Self { $0.deadline = DoorInstant.now + .milliseconds(5) }
        await test.wait { $0.contains("time up") }
        await test.end()
    }

    @Test func `ends with its client, at once where the registry says so, and stops with its door`() async throws {
        for reason in 0..<3 {
            let test = try await Self { $0.endOf["stop"] = .now }
            switch reason {
            case 0: close(test.client)
            case 1: test.registry.closeAll()
            default: await test.registry.drain()
            }
            await test.wait { $0.last == "leave" }
            while !test.registry.all.isEmpty { await Task.yield() }
            #expect(reason == 0 || test.receive().isEmpty)
            await test.loop.end()
            if reason > 0 { close(test.client) }
        }
    }

    @Test func `winds up what comes behind the end, and leaves nothing behind`() async throws {
        let test = try await Self()
        let script = test.script
        var late = script.state.withLock { $0.mailbox?.kept() }
        let lost = try #require(script.state.withLock { $0.mailbox?.post })
        close(test.client)
        await test.wait { $0.last == "leave" }
        while !test.registry.all.isEmpty { await Task.yield() }
        #expect(script.conversations == 1)
        late?("late")
        await test.wait { $0.last == "late" }
        #expect(script.conversations == 1, "`kept` keeps it")
        late = nil
        // The loop may still be letting go of it.
        await test.loop.end()
        #expect(script.conversations == 0)
        lost("lost")
        #expect(script.told.last == "late")
    }
}
