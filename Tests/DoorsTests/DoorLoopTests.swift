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
        private let gate: Gate

        init() {
            let gate = Gate()
            self.gate = gate
            host = FakeHost { question in
                if case .login(let login) = question, login.user == "slow" { gate.wait() }
                return FakeHost.simple(question)
            }
        }

        func letGo() { gate.open() }
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
