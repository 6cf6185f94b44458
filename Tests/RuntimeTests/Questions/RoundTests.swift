import AuthCore
import ModuleHost
import Testing

@testable import Runtime

/// Checks that wait for a module's own thread.
@Suite struct `Checks that wait for a module's thread` {
    private func start(queue: Int = 1000) throws -> TestHost {
        try TestHost("rounds") {
            $0.blockingThreads = 1
            $0.queueLimit = queue
        }
    }

    /// Keeps the thread, so that what is asked from here on waits.
    private func hold(_ test: TestHost, _ session: SessionID, for name: String = "/wait") throws -> Outcome {
        let held = try test.check(session, .read, name)
        #expect(test.lines.wait(for: "info: rounds: waits"))
        return held
    }

    private func go(_ test: TestHost) throws { _ = test.ask(.login(try test.login("go"))) }

    private func reason(_ outcome: Outcome) -> Reason { TestHost.wait(outcome).reason }

    @Test func `are asked in one call, those of a session together, each with its answer`() throws {
        let test = try start()
        let (alice, bob) = (try test.session("alice"), try test.session("bob"))
        let held = try hold(test, alice)
        let outcomes = try ["/a", "/deny/b", "/alone/c", "/later/d"].map { try test.check(alice, .read, $0) }
        let other = try test.check(bob, .read, "/e")
        try go(test)
        #expect(reason(held) == .granted)
        #expect(outcomes.map(reason) == [.granted, .deniedByModule, .granted, .brokenAnswer])
        #expect(reason(other) == .granted)
        let said = test.lines.all.compactMap { $0.hasPrefix("info: rounds: ") ? $0.dropFirst(14) : nil }
        #expect(said.filter { $0.hasPrefix("batch") } == ["batch of 4: alice alice alice alice"], "\(said)")
        #expect(said.filter { $0.hasSuffix("alone") } == ["/wait alone", "/alone/c alone", "/e alone"], "\(said)")
        #expect(test.lines.all.contains { $0.contains("answered row 4 with AUTH_DELAYED") })
        #expect(test.host.openQuestions == 0)
    }

    @Test func `are not asked when their clients have gone, nor twice`() throws {
        let test = try start()
        let session = try test.session("alice")
        let held = try hold(test, session)
        let outcomes = try (0..<4).map { try test.check(session, .read, "/\($0)") }
        for outcome in outcomes.dropFirst(2) {
            if case .delayed(let ticket) = outcome { ticket.abandon() }
        }
        try go(test)
        #expect(reason(held) == .granted && outcomes.prefix(2).map(reason) == [.granted, .granted])
        #expect(test.lines.all.contains { $0.contains("batch of 2: alice alice") }, "\(test.lines.all)")
        #expect(try reason(test.check(session, .read, "/last")) == .granted)
        #expect(test.lines.all.contains { $0.contains("/last alone") }, "one check is no batch")
    }

    @Test func `are 64 of a call at most, and the others are asked alone`() throws {
        let test = try start()
        let session = try test.session("alice")
        let held = try hold(test, session)
        let outcomes = try (0..<70).map { try test.check(session, .read, "/\($0)") }
        try go(test)
        #expect(reason(held) == .granted && outcomes.allSatisfy { reason($0) == .granted })
        #expect(test.lines.all.contains { $0.contains("batch of 64:") }, "\(test.lines.all)")
        #expect(test.lines.all.count { $0.hasSuffix("alone") } == 7)
    }

    @Test func `are all answered when none may wait any more`() throws {
        let test = try start(queue: 1)
        let sessions = try (0..<8).map { try test.session("user\($0)") }
        let held = try hold(test, sessions[0])
        let outcomes = try sessions.map { try test.check($0, .read, "/a") }
        try go(test)
        #expect(reason(held) == .granted)
        #expect(Set(outcomes.map(reason)) == [.granted, .queueFull])
        #expect(test.host.openQuestions == 0)
    }

    @Test func `could not be decided when their call does not return, which costs the module one thread`() throws {
        let test = try start()
        let session = try test.session("alice")
        let held = try hold(test, session)
        let outcomes = try ["/a", "/hang", "/b"].map { try test.check(session, .read, $0) }
        try go(test)
        #expect(reason(held) == .granted)
        #expect(test.lines.wait(until: { $0.count { $0.contains("rounds: waits") } == 2 }))
        test.clock.advance(.seconds(31))
        test.host.expireDeadlines()
        #expect(outcomes.map(reason) == [.deadline, .deadline, .deadline])
        #expect(test.lines.wait(for: "auth_check_batch"))
        #expect(try reason(test.check(session, .read, "/c")) == .moduleHung)
        try go(test)
        #expect(test.lines.wait(for: "batch of 3:"))
        #expect(test.lines.wait(until: { $0.count { $0.contains("auth_check_batch has returned at last") } == 1 }))
        #expect(try reason(test.check(session, .read, "/d")) == .granted)
        #expect(test.host.openQuestions == 0)
    }
}
