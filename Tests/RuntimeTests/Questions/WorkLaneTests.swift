import Basics
import ModuleHost
import Synchronization
import Testing

@testable import Runtime

@Suite struct `The threads of a serial or blocking module` {
    private static func asker(_ user: String, _ address: String) -> WorkLane.Asker {
        WorkLane.Asker(user: Array(user.utf8), address: Array(address.utf8))
    }

    /// A lane whose one thread waits until it is let go, and what ran on it in which order.
    private final class Kept: Sendable {
        let lane: WorkLane
        private let gate = ThreadSemaphore()
        private let ran = Mutex<[String]>([])

        init(limit: Int) {
            lane = WorkLane(name: "test", threads: 1, limit: limit)
            let entered = ThreadSemaphore()
            lane.tell { [gate] in
                entered.signal()
                gate.wait()
            }
            entered.wait()
        }

        func ask(_ name: String, for asker: WorkLane.Asker?) -> Bool {
            lane.ask(for: asker) { [self] in ran.withLock { $0.append(name) } }
        }

        func tell(_ name: String) { lane.tell { [self] in ran.withLock { $0.append(name) } } }

        func order() -> [String] {
            gate.signal()
            lane.drain()
            return ran.withLock { $0 }
        }
    }

    @Test func `serve a user after a few log-ins of who guesses, however many of them wait`() throws {
        let kept = Kept(limit: 4_096)
        for number in 0..<200 { #expect(kept.ask("guess \(number)", for: Self.asker("bob", "192.0.2.1"))) }
        #expect(kept.ask("alice", for: Self.asker("alice", "192.0.2.2")))
        let order = kept.order()
        #expect(order.count == 201)
        #expect(try #require(order.firstIndex(of: "alice")) < 4)
        #expect(order.filter { $0 != "alice" } == (0..<200).map { "guess \($0)" })
    }

    @Test func `have room for a user when who guesses has filled the rest`() {
        let kept = Kept(limit: 64)
        let guesses = (0..<200).filter { kept.ask("guess \($0)", for: Self.asker("user\($0)", "192.0.2.1")) }
        #expect(guesses.count == 16)
        #expect(kept.ask("alice", for: Self.asker("alice", "192.0.2.2")))
        #expect(kept.ask("check", for: nil))
        #expect(kept.order().count == 18)
    }

    @Test func `let sessions ask in every other turn, in the order in which they came`() throws {
        let kept = Kept(limit: 1_000)
        for number in 0..<50 { #expect(kept.ask("guess \(number)", for: Self.asker("bob", "192.0.2.1"))) }
        for number in 0..<10 { #expect(kept.ask("check \(number)", for: nil)) }
        let order = kept.order()
        #expect(order.filter { $0.hasPrefix("check") } == (0..<10).map { "check \($0)" })
        #expect(try #require(order.firstIndex(of: "check 9")) <= 20)
    }

    @Test func `leave room for a session, and give it its turn, however much another asks`() throws {
        let kept = Kept(limit: 100)
        let flood = WorkLane.Asker(user: "flood", session: 1)
        let taken = (0..<1_000).count { kept.ask("flood \($0)", for: flood) }
        #expect(taken == 81, "four times what is free")
        let polite = WorkLane.Asker(user: "polite", session: 2)
        for number in 0..<3 { #expect(kept.ask("polite \(number)", for: polite)) }
        let order = kept.order()
        #expect(order.count == taken + 3)
        #expect(order.filter { $0.hasPrefix("polite") } == (0..<3).map { "polite \($0)" })
        #expect(try #require(order.firstIndex(of: "polite 2")) <= 8)
    }

    @Test func `leave room for a user, and give it its turn, however many sessions another asks in`() throws {
        let kept = Kept(limit: 100)
        let taken = (0..<1_000).count {
            kept.ask("flood \($0)", for: WorkLane.Asker(user: "flood", session: UInt64($0 + 10)))
        }
        #expect(taken == 81)
        #expect(kept.ask("polite", for: WorkLane.Asker(user: "polite", session: 2)))
        #expect(try #require(kept.order().firstIndex(of: "polite")) <= 3)
    }

    @Test func `are told of what changes before they are asked what came behind it`() throws {
        let kept = Kept(limit: 100)
        for number in 0..<3 { #expect(kept.ask("before \(number)", for: WorkLane.Asker(user: "a", session: 1))) }
        kept.tell("change")
        // Its turn comes before those of the others, and yet not before the change.
        #expect(kept.ask("behind", for: WorkLane.Asker(user: "b", session: 2)))
        let order = kept.order()
        #expect(order.count == 5)
        #expect(try #require(order.firstIndex(of: "change")) < #require(order.firstIndex(of: "behind")))
    }
}
