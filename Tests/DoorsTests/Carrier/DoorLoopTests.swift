import AuthCore
import Epoll
import Glibc
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import DoorCarrier
@testable import DoorProtocols
@testable import Prometheus

@Suite struct `Event loops of a door` {
    /// A host whose log-ins of `slow` keep the thread that asks until they are let go.
    private struct Slow {
        let host: FakeHost
        let entered: AsyncStream<Void>
        private let gate: Gate

        init() {
            let (entered, enter) = AsyncStream<Void>.makeStream()
            self.entered = entered
            let gate = Gate()
            self.gate = gate
            host = FakeHost { question in
                if case .login(let login) = question, login.user == "slow" {
                    enter.yield()
                    gate.wait()
                }
                return FakeHost.simple(question)
            }
        }

        func letGo() { gate.open() }
    }

    private static let login = #"{"user":"slow","password":"secret"}"#
    private static let slowLogin =
        "POST /v1/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        + "Content-Length: \(login.utf8.count)\r\n\r\n\(login)"

    @Test(arguments: [1, 3])
    func `that a module keeps get no further connections, and health is answered by another`(_ loops: Int) async throws
    {
        let slow = Slow()
        try await RunningDoor.run(slow.host, loops: loops) { door in
            // Every loop that serves is kept, one after the other.
            var blocked: [TestClient] = []
            var entered = slow.entered.makeAsyncIterator()
            for _ in 0..<loops {
                blocked.append(try await door.client())
                try await blocked[blocked.count - 1].send(Self.slowLogin)
                _ = await entered.next()
            }
            for path in ["/health", "/ready", "/v1/session", "/health"] {
                let (overTCP, overSocket) = (
                    try await door.get(path),
                    try await door.exchange(
                        "GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n", unixSocket: true)
                )
                #expect(overTCP.status > 0 && overSocket.first?.status == overTCP.status, "\(path)")
            }
            #expect(try await door.get("/ready").status == 200)
            slow.letGo()
            for client in blocked {
                #expect(await client.responses(1).count == 1)
                try await client.close()
            }
        }
    }

    @Test func `leave connections in the kernel's queue when many wait for them`() {
        let untaken = UntakenConnections()
        let resumed = Mutex(0)
        let resume: @Sendable () -> Void = { resumed.withLock { $0 += 1 } }
        let offers = (0..<UntakenConnections.limit).map { _ in
            #expect(!untaken.isFull { resume })
            return ConnectionOffer(SpareDescriptor.open(), due: .now, among: untaken)
        }
        #expect(untaken.isFull { resume })
        #expect(resumed.withLock { $0 } == 0)
        for offer in offers {
            if let descriptor = offer.take() { close(descriptor) }
            #expect(offer.take() == nil)
        }
        // Once: a listener asks again.
        #expect(resumed.withLock { $0 } == 1)
        #expect(!untaken.isFull { resume })
    }

    @Test func `take all of many connections that come at once`() async throws {
        try await RunningDoor.run(FakeHost(FakeHost.simple), loops: 2) { door in
            try await withThrowingTaskGroup(of: Int?.self) { group in
                for index in 0..<200 {
                    group.addTask {
                        try await door.exchange(
                            "GET /health HTTP/1.1\r\nHost: a\r\n\r\n", unixSocket: index % 2 == 0
                        ).first?.status
                    }
                }
                for try await status in group { #expect(status == 200) }
            }
        }
    }

    @Test func `share the connections in turn while they are at work`() async throws {
        let threads = Threads()
        let host = FakeHost { question in
            threads.note()
            return FakeHost.simple(question)
        }
        try await RunningDoor.run(host, loops: 2) { door in
            for _ in 0..<8 {
                _ = try await door.exchange("POST", "/v1/login", json: #"{"user":"ann","password":"secret"}"#)
            }
        }
        #expect(threads.count == 2)
    }

    @Test func `that never come back do not keep the door from ending`() async throws {
        let slow = Slow()
        let loops = try DoorLoops(threads: 1, carrying: .ofThisRun, host: slow.host)
        let (stuck, entered) = AsyncStream<Void>.makeStream()
        let host = slow.host
        loops.executeOnFirst {
            entered.yield()
            guard let name = try? Login(user: "slow", password: Secret("secret"), door: "test") else { return }
            _ = host.ask(.login(name))
        }
        for await _ in stuck { break }
        await loops.shutdown(within: .milliseconds(10))
        slow.letGo()
    }
}

extension DoorLoops {
    /// Has work done on the first loop that serves connections without TLS.
    fileprivate func executeOnFirst(_ work: @escaping @Sendable () -> Void) {
        if let first = sockets.first { first.execute(work) } else { channelLoops().group.next().execute(work) }
    }
}

/// Closed until it is opened, and open for ever then; for threads that may block.
private final class Gate: Sendable {
    private let condition = ConditionLock(value: 0)

    func wait() {
        condition.lock(whenValue: 1)
        condition.unlock()
    }

    func open() {
        condition.lock()
        condition.unlock(withValue: 1)
    }
}

/// The threads that a host was asked on.
private final class Threads: Sendable {
    private let seen = Mutex<Set<UInt>>([])

    var count: Int { seen.withLock { $0.count } }

    func note() { seen.withLock { _ = $0.insert(UInt(pthread_self())) } }
}
