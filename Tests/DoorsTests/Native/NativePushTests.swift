import AuthCore
import Glibc
import Synchronization
import Testing

@testable import DoorCarrier
@testable import DoorProtocols

/// What the native door tells unasked, and which clients.
@Suite struct NativePushTests {
    typealias Client = NativeDoorTests.Client
    typealias Frame = NativeDoorTests.Frame

    private static let other = SessionID(high: 1, low: 2)

    /// What the client is told that was on its way to the connection's event loop.
    private func told(_ client: Client) -> [[UInt8]] {
        var frames: [[UInt8]] = []
        // An event loop reads before it does what it was given to do: that is done before the second answer.
        for number: UInt32 in [98, 99] {
            client.write(Frame(9, number).bytes)
            while let frame = client.frame(), frame[0] != 0x89 { frames.append(frame) }
        }
        return frames
    }

    @Test func `a stranger who has only greeted is told nothing, and costs the host no watch`() async throws {
        let host = FakeHost(FakeHost.simple)
        let client = try await Client(host)
        try client.greet(pushes: true)
        #expect(host.watching == (0, 0))
        for invalidation in [
            Invalidation.everything, .user("alice"), .object("/open/a"), .session(FakeHost.session),
        ] { host.invalidate(invalidation) }
        host.end(FakeHost.session, .ejected)
        #expect(told(client) == [])
        await client.servers.stop()
    }

    @Test func `a client is told of its own sessions, users and objects, and of no others`() async throws {
        let host = FakeHost(FakeHost.simple)
        let client = try await Client(host)
        try client.greet(pushes: true)
        client.write(Frame.login(1).bytes + Frame.check(2, "/open/a").bytes)
        _ = client.frame()
        _ = client.frame()
        for invalidation in [
            Invalidation.user("bob"), .object("/secret/plan"), .session(Self.other), .user("alice"),
            .object("/open/a"), .session(FakeHost.session),
        ] { host.invalidate(invalidation) }
        let frames = told(client)
        try #require(frames.map { $0[8] } == [1, 3, 2])
        #expect(String(decoding: frames[0][11...], as: UTF8.self) == "alice")
        #expect(String(decoding: frames[1][11...], as: UTF8.self) == "/open/a")
        await client.servers.stop()
    }

    @Test func `an object that was denied is not told by name`() async throws {
        let host = FakeHost(FakeHost.simple)
        let client = try await Client(host)
        try client.greet(pushes: true)
        client.write(Frame.login(1).bytes + Frame.check(2, "/closed").bytes)
        _ = client.frame()
        _ = client.frame()
        host.invalidate(.object("/closed"))
        let frames = told(client)
        #expect(frames.map { $0[8...] } == [[0]])
        await client.servers.stop()
    }

    @Test func `a client that asks about a session hears of its end, also on a connection that did not log it in`()
        async throws
    {
        let host = FakeHost(FakeHost.simple)
        let client = try await Client(host)
        try client.greet(pushes: true)
        client.write(Frame.check(2, "/open/a").bytes)
        _ = client.frame()
        host.invalidate(.user("alice"))
        #expect(client.frame()?[8] == 1)
        host.end(FakeHost.session, .ejected)
        #expect(client.frame()?[0] == 0xC1)
        // Nothing is left to be told of.
        host.invalidate(.everything)
        #expect(told(client) == [])
        await client.servers.stop()
    }

    @Test func `a log-in that is under way hears that everything is to be asked again`() async throws {
        let ticket = Ticket {}
        let host = FakeHost { question in
            if case .login = question { .delayed(ticket) } else { FakeHost.simple(question) }
        }
        let client = try await Client(host)
        try client.greet(pushes: true)
        client.write(Frame.login(1).bytes)
        // A connection that logs in is answered behind it.
        #expect(told(client) == [])
        host.invalidate(.user("alice"))
        let frame = try #require(client.frame())
        #expect(frame[0] == 0xC2 && frame[8] == 0 && frame.count == 9)
        ticket.answer(Answer(.wrongCredentials, .invalidPassword))
        _ = client.frame()
        host.invalidate(.user("alice"))
        #expect(told(client) == [])
        await client.servers.stop()
    }

    @Test func `a connection's watches end with it`() async throws {
        let host = FakeHost(FakeHost.simple)
        let client = try await Client(host)
        try client.greet(pushes: true)
        client.write(Frame.login(1).bytes + Frame(8, 2).session().bytes + Frame(8, 3).session().bytes)
        for _ in 0..<3 { _ = client.frame() }
        #expect(host.watching == (1, 1))
        shutdown(client.descriptor, CInt(SHUT_RDWR))
        while host.watching != (0, 0) { sched_yield() }
        await client.servers.stop()
    }

    @Test func `a client that does not read what is pushed is let go, and held bytes have a bound`() async throws {
        let host = FakeHost(FakeHost.simple)
        let client = try await Client(host)
        try client.greet(pushes: true)
        client.write(Frame.login(1).bytes)
        _ = client.frame()
        // The socket's buffers and the bounds hold less than a megabyte.
        client.write(Frame.check(2, "/open/a").bytes)
        _ = client.frame()
        var told = 0
        while host.watching.invalidations == 1, told < 10_000_000 {
            host.invalidate(.object("/open/a"))
            told += 1
            sched_yield()
        }
        #expect(host.watching.invalidations == 0, "the connection is still there after \(told)")
        await client.servers.stop()
    }

    @Test func `what waits for a busy event loop becomes one that says everything`() {
        let mailbox = PushMailbox()
        #expect(mailbox.put(.user("a")))
        #expect(!mailbox.put(.user("b")))
        #expect(mailbox.take() == [.user("a"), .user("b")])
        for index in 0..<100_000 { _ = mailbox.put(.object("/\(index)")) }
        #expect(mailbox.take() == [.everything])
        for index in 0..<5 { _ = mailbox.put(.object("/\(index)" + String(repeating: "x", count: 4000))) }
        #expect(mailbox.take() == [.everything])
        #expect(mailbox.put(.everything), "it has been taken, so the next one must be too")
    }

    @Test func `a connection that has asked about more objects than are told apart hears of each, and of none by name`()
        throws
    {
        var interest = NativeInterest()
        interest.add(FakeHost.session, of: [ExactText("alice")], HostWatch {})
        for index in 0...NativeInterest.mostObjects { interest.noteQuestion(try ObjectName("/open/\(index)")) }
        #expect(interest.told(.object("/never/asked")) == .everything)
        #expect(interest.told(.user("bob")) == nil)
        interest.noteManySessions()
        #expect(interest.told(.user("bob")) == .everything)
        #expect(interest.told(.session(Self.other)) == .everything)
    }
}
