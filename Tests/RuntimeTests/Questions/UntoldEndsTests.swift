import AuthCore
import Basics
import ModuleHost
import Synchronization
import Testing

@testable import Runtime

@Suite struct `Sessions that end at once` {
    /// What has happened on a lane's one thread, which waits until it is let go.
    private final class Kept: Sendable {
        let lane = WorkLane(name: "test", threads: 1, limit: 1_000)
        private let gate = ThreadSemaphore()
        private let happened = Mutex<[String]>([])
        private let asked = ThreadSemaphore()

        init() {
            let entered = ThreadSemaphore()
            lane.tell { [gate] in
                entered.signal()
                gate.wait()
            }
            entered.wait()
        }

        func note(_ what: String) { happened.withLock { $0.append(what) } }

        /// Asks so many questions, each when the one before it is answered.
        func ask(_ count: Int) {
            if count == 0 { return asked.signal() }
            let queued = lane.ask(for: WorkLane.Asker(user: "alice", session: 1)) { [self] in
                note("question")
                ask(count - 1)
            }
            #expect(queued)
        }

        /// Lets the thread go, and returns what has happened when all questions are answered and the lane is drained.
        func run() -> [String] {
            gate.signal()
            asked.wait()
            lane.drain()
            return happened.withLock { $0 }
        }
    }

    private static func end(_ number: Int, of kept: Kept) -> UntoldEnds.End {
        UntoldEnds.End(
            session: ModuleSession(handle: UInt64(number), user: TerminatedText("alice"), data: 0), reason: .ejected
        ) { kept.note("told") }
    }

    @Test func `are told in slices, between which questions are answered, and none is lost where the lane is drained`()
    {
        let kept = Kept()
        let ends = UntoldEnds(on: kept.lane, clock: ManualClock()) { kept.note("\($0.session.handle)") }
        for number in 0..<10_000 { ends.add(Self.end(number, of: kept)) }
        #expect(ends.count == 10_000)
        kept.ask(100)
        let happened = kept.run()
        #expect(happened.compactMap { Int($0) } == Array(0..<10_000))
        #expect(happened.count { $0 == "told" } == 10_000)
        let runs = happened.split(separator: "question", omittingEmptySubsequences: false)
        #expect(runs.count == 101)
        // Each end is two lines. The last run is what the drained lane has told.
        #expect(runs.dropLast().allSatisfy { $0.count <= 2 * UntoldEnds.slice }, "\(runs.map(\.count))")
        #expect(ends.count == 0)
    }

    @Test func `are told in shorter slices by a module that takes long`() {
        let (kept, clock) = (Kept(), ManualClock())
        let ends = UntoldEnds(on: kept.lane, clock: clock) { end in
            kept.note("\(end.session.handle)")
            clock.advance(.milliseconds(4))
        }
        for number in 0..<300 { ends.add(Self.end(number, of: kept)) }
        kept.ask(50)
        let happened = kept.run()
        #expect(happened.compactMap { Int($0) } == Array(0..<300))
        let runs = happened.split(separator: "question", omittingEmptySubsequences: false)
        #expect(runs.dropLast().allSatisfy { $0.count == 2 * 3 }, "\(runs.map(\.count))")
    }

    @Test func `are told behind what the module was told before`() {
        let kept = Kept()
        let ends = UntoldEnds(on: kept.lane, clock: ManualClock()) { kept.note("\($0.session.handle)") }
        ends.add(Self.end(1, of: kept))
        kept.lane.tell { kept.note("content") }
        ends.add(Self.end(2, of: kept))
        kept.ask(0)
        #expect(kept.run() == ["1", "told", "content", "2", "told"])
    }

    @Test(arguments: ["good9", "good9_serial", "good9_blocking"])
    func `are each told to the module once, also those that its stop ends`(fixture: String) throws {
        let test = try TestHost(fixture)
        let asking = try test.session("bob")
        for _ in 0..<10_000 { _ = try test.session("alice") }
        #expect(test.services.eject(user: "alice", count: 9_000, applicationID: nil, machineID: nil) == 9_000)
        // Nothing waits for the module to have heard of all of them.
        #expect(TestHost.wait(try test.check(asking, .read, "/a")).verdict == .allow)
        test.host.stop()
        let told = test.lines.all.filter { $0.contains("free_user ") }
        #expect(told.count { $0.contains("free_user \(SessionEnd.ejected.rawValue)") } == 9_000)
        #expect(told.count { $0.contains("free_user \(SessionEnd.stop.rawValue)") } == 1_001)
        #expect(told.count == 10_001)
        #expect(test.lines.all.last { $0.contains("free_user ") || $0.contains("exit") }?.contains("exit") == true)
    }
}
