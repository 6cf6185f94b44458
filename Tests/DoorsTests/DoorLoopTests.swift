import AuthCore
import Glibc
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing

@testable import Doors

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

    @Test func `that a module keeps get no further connections, and health is answered by another`() async throws {
        let slow = Slow()
        try await RunningDoor.run(slow.host) { door in
            let blocked = try await door.client()
            try await blocked.send(
                "POST /v1/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                    + "Content-Length: \(Self.login.utf8.count)\r\n\r\n\(Self.login)")
            for await _ in slow.entered { break }
            // The only loop that serves is kept: these come in one after the other while it is.
            for path in ["/health", "/ready", "/v1/session"] {
                let answer = try await door.get(path)
                #expect(answer.status > 0, "\(path)")
            }
            #expect(try await door.get("/ready").status == 200)
            slow.letGo()
            #expect(await blocked.responses(1).count == 1)
            try await blocked.close()
        }
    }

    @Test func `that never come back do not keep the door from ending`() async throws {
        let slow = Slow()
        let loops = DoorLoops(threads: 1, host: slow.host)
        let (stuck, entered) = AsyncStream<Void>.makeStream()
        let host = slow.host
        loops.group.next().execute {
            entered.yield()
            guard let name = try? Login(user: "slow", password: Secret("secret"), door: "test") else { return }
            _ = host.ask(.login(name))
        }
        for await _ in stuck { break }
        await loops.shutdown(within: .milliseconds(10))
        slow.letGo()
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
