import AuthCore
import Foundation
import ModuleHost
import Testing

@testable import Runtime

/// Checks that wait for a helper process, which one thread of the host asks.
@Suite struct `Checks that wait for a helper process` {
    private let test: HelperHost
    /// What the module waits for.
    private let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "authhost-rounds-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        test = try HelperHost("rounds", threads: 1)
    }

    private func ask(_ test: HelperHost, _ session: SessionID, _ names: [String]) throws -> [Outcome] {
        try names.map { test.host.ask(.check(session, Check(.read, try ObjectName($0)))) }
    }

    /// Keeps the thread, so that what is asked from here on waits.
    private func hold(_ test: HelperHost, _ session: SessionID) throws -> Outcome {
        let held = try ask(test, session, ["/wait\(folder)/go"])[0]
        #expect(test.lines.wait(for: "waits for"))
        return held
    }

    private func go(_ name: String = "go") {
        #expect(FileManager.default.createFile(atPath: "\(folder)/\(name)", contents: nil))
    }

    private func end() throws { try FileManager.default.removeItem(atPath: folder) }

    private func reason(_ outcome: Outcome) -> Reason { TestHost.wait(outcome).reason }

    /// What the module has said of its calls.
    private func said(_ test: HelperHost, _ words: String) -> [String] {
        test.lines.all.filter { $0.contains(words) && !$0.contains("alone: /wait") }
    }

    @Test func `are asked in one call, those of a session together, each with its answer`() throws {
        defer { try? end() }
        let (alice, bob) = (try test.session("alice"), try test.session("bob"))
        let held = try hold(test, alice)
        let outcomes = try ask(test, alice, ["/a", "/deny/b", "/alone/c", "/later/d"])
        let other = try ask(test, bob, ["/e"])[0]
        go()
        #expect(reason(held) == .granted)
        #expect(outcomes.map(reason) == [.granted, .deniedByModule, .granted, .brokenAnswer])
        #expect(reason(other) == .granted)
        #expect(said(test, "batch of").count == 1 && said(test, "batch of 4 of alice").count == 1, "\(test.lines.all)")
        #expect(said(test, "alone: /alone/c").count == 1 && said(test, "alone: /e").count == 1)
        #expect(test.lines.all.contains { $0.contains("answered row 4 with AUTH_DELAYED") })
        #expect(test.host.openQuestions == 0)
    }

    @Test func `are not asked when their clients have gone, and one alone is no batch`() throws {
        defer { try? end() }
        let session = try test.session()
        let held = try hold(test, session)
        let outcomes = try ask(test, session, (0..<4).map { "/\($0)" })
        for outcome in outcomes.dropFirst(2) {
            if case .delayed(let ticket) = outcome { ticket.abandon() }
        }
        go()
        #expect(reason(held) == .granted && outcomes.prefix(2).map(reason) == [.granted, .granted])
        #expect(said(test, "batch of 2 of").count == 1, "\(test.lines.all)")
        #expect(try ask(test, session, ["/last"]).map(reason) == [.granted])
        #expect(said(test, "alone: /last").count == 1)
    }

    @Test func `are 64 of a call at most, and the others are asked alone`() throws {
        defer { try? end() }
        let session = try test.session()
        let held = try hold(test, session)
        let outcomes = try ask(test, session, (0..<70).map { "/\($0)" })
        go()
        #expect(reason(held) == .granted && outcomes.allSatisfy { reason($0) == .granted })
        #expect(said(test, "batch of 64 of").count == 1 && said(test, "alone: ").count == 6, "\(test.lines.all)")
    }

    @Test func `have their answers, though another one is asked alone and takes long`() throws {
        defer { try? end() }
        let session = try test.session()
        let held = try hold(test, session)
        let outcomes = try ask(test, session, ["/alone/wait\(folder)/later", "/a", "/deny/b"])
        go()
        #expect(reason(held) == .granted)
        #expect(outcomes.dropFirst().map(reason) == [.granted, .deniedByModule])
        go("later")
        #expect(reason(outcomes[0]) == .granted)
    }

    @Test func `are all answered when none may wait any more`() throws {
        defer { try? end() }
        let test = try HelperHost("rounds", queue: 1, threads: 1)
        let sessions = try (0..<8).map { try test.session("user\($0)") }
        let held = try hold(test, sessions[0])
        let outcomes = try sessions.flatMap { try ask(test, $0, ["/a"]) }
        go()
        #expect(reason(held) == .granted)
        #expect(Set(outcomes.map(reason)) == [.granted, .queueFull])
        #expect(test.host.openQuestions == 0)
    }

    @Test func `could not be decided when their call does not return, and nothing of it is the module's breach`() throws
    {
        defer { try? end() }
        let test = try HelperHost("rounds", read: .seconds(3), threads: 1)
        let session = try test.session()
        let held = try hold(test, session)
        let outcomes = try ask(test, session, ["/a", "/hang\(folder)/never", "/b"])
        go()
        #expect(reason(held) == .granted)
        #expect(outcomes.allSatisfy { TestHost.wait($0).verdict == .undecided })
        #expect(try test.readAtLast(session, "/c").verdict == .allow)
        #expect(!test.lines.all.contains { $0.contains("broke its contract") }, "\(test.lines.all)")
        #expect(test.host.openQuestions == 0)
    }

    @Test func `are asked one by one where the module may block`() throws {
        defer { try? end() }
        let test = try HelperHost("rounds_blocking", threads: 1)
        let session = try test.session()
        let held = try hold(test, session)
        let outcomes = try ask(test, session, (0..<4).map { "/\($0)" })
        go()
        #expect(reason(held) == .granted && outcomes.allSatisfy { reason($0) == .granted })
        #expect(said(test, "batch of").isEmpty && said(test, "alone: ").count == 4, "\(test.lines.all)")
    }
}
