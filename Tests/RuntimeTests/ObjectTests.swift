import AuthCore
import Basics
import Glibc
import ModuleHost
import Synchronization
import Testing

@testable import Runtime

extension TestHost {
    /// A host that takes content of objects.
    fileprivate init(open fixture: String, _ change: (inout ObjectLimits) -> Void = { _ in }) throws {
        try self.init(fixture) { configuration in
            configuration.objectLimits.isOpen = true
            change(&configuration.objectLimits)
        }
    }

    fileprivate func put(_ desk: String?, _ name: String, rows: [String: [Field]] = [:]) throws {
        let content = desk.map { ObjectContent(fields: [Field("Desk", $0)], rows: rows) }
        try host.setContent(content, of: try ObjectName(name))
    }

    /// Waits until a read waits for content; a minute at most.
    fileprivate func waitsForContent() -> Bool {
        let end = SystemClock().monotonic + 60_000_000_000
        while host.objects.store.counts.waiting == 0, SystemClock().monotonic < end { sched_yield() }
        return host.objects.store.counts.waiting > 0
    }

    /// What the module said since the last time, without its name and the severity.
    fileprivate func said(_ from: Int = 0) -> [String] {
        lines.all.dropFirst(from).compactMap { line in
            line.split(separator: ": ", maxSplits: 2).dropFirst(2).first.map(String.init)
        }
    }
}

@Suite struct ObjectContentTests {
    @Test func `a read that is decided by content waits for it`() throws {
        let test = try TestHost(open: "content9")
        let session = try test.session()
        for (name, desk, verdict) in [("/A", "FX", Verdict.allow), ("/B", "Rates", .deny)] {
            let outcome = try test.check(session, .read, name)
            guard case .delayed(let ticket) = outcome else {
                Issue.record("\(outcome) was not delayed")
                continue
            }
            try test.put(desk, name)
            #expect(TestHost.wait(.delayed(ticket)).verdict == verdict)
            #expect(TestHost.wait(try test.check(session, .read, name)).verdict == verdict, "it is known now")
        }
        #expect(test.said().contains("asked about /A: type 201, Desk of 2 bytes, 1 fields"))
        #expect(test.host.objects.store.counts == (2, 0))
    }

    @Test func `content that changes is decided by anew, and content that goes is waited for again`() throws {
        let test = try TestHost(open: "content9")
        let session = try test.session()
        try test.put("FX", "/A")
        #expect(TestHost.wait(try test.check(session, .read, "/A")).verdict == .allow)
        try test.put("Rates", "/A")
        #expect(TestHost.wait(try test.check(session, .read, "/A")).verdict == .deny)
        try test.put(nil, "/A")
        guard case .delayed = try test.check(session, .read, "/A") else {
            Issue.record("it was not delayed")
            return
        }
        #expect(test.host.objects.store.counts == (0, 1))
    }

    @Test func `content that does not come in time leaves the read undecided, and nothing behind`() throws {
        let test = try TestHost(open: "content9")
        let session = try test.session()
        let outcome = try test.check(session, .read, "/A")
        test.clock.advance(.seconds(31))
        test.host.expireDeadlines()
        let answer = TestHost.wait(outcome)
        #expect(answer.verdict == .undecided && answer.reason == .deadline)
        #expect(test.host.objects.store.counts == (0, 0))
    }

    @Test func `a read that is abandoned waits no more`() throws {
        let test = try TestHost(open: "content9")
        let session = try test.session()
        guard case .delayed(let ticket) = try test.check(session, .read, "/A") else {
            Issue.record("it was not delayed")
            return
        }
        ticket.abandon()
        #expect(test.host.objects.store.counts == (0, 0))
    }

    @Test func `without content to come a read is answered at once`() throws {
        let test = try TestHost("content9")
        let answer = TestHost.wait(try test.check(try test.session(), .read, "/A"))
        #expect(answer.verdict == .undecided && answer.reason == .contentUnknown)
        #expect(throws: ObjectRefusal.self) { try test.put("FX", "/A") }
    }

    @Test func `what is kept and what waits is bounded`() throws {
        let test = try TestHost(open: "content9") { limits in
            limits.total = 2
            limits.ofSession = 2
            limits.size = 8
        }
        let (first, second) = (try test.session(), try test.session("bob"))
        _ = try test.check(first, .read, "/A")
        _ = try test.check(first, .read, "/B")
        for session in [first, second] {
            let answer = TestHost.wait(try test.check(session, .read, "/C"))
            #expect(answer.verdict == .undecided && answer.reason == .objectLimit)
        }
        #expect(throws: ObjectRefusal.self) { try test.put("too long", "/A") }
        try test.put("FX", "/D")
        try test.put("FX", "/E")
        #expect(throws: ObjectRefusal.self) { try test.put("FX", "/F") }
        try test.put(nil, "/D")
        try test.put("FX", "/F")
    }

    @Test func `content that comes while the module is asked is not missed`() throws {
        let store = ObjectStore(ObjectLimits())
        let name = try ObjectName("/A")
        let seen = store.look(at: name)
        _ = store.replace(name, with: ObjectContent(fields: []))
        #expect(store.wait(1, for: name, since: seen.version) == nil)
        #expect(store.wait(1, for: name, since: store.look(at: name).version) == true)
        #expect(store.replace(name, with: ObjectContent(fields: []))?.waiting == [1])
    }
}

@Suite struct ObjectLifecycleTests {
    @Test func `a module that wants to know of objects is told in order`() throws {
        let test = try TestHost("objects7")
        let session = try test.session()
        let before = test.lines.all.count
        #expect(TestHost.wait(try test.check(session, .read, "/A/B")).verdict == .allow)
        #expect(TestHost.wait(try test.check(session, .write, "/A")).verdict == .allow)
        #expect(test.lines.wait(for: "write /A"))
        _ = test.ask(.logout(session))
        test.host.stop()
        #expect(
            test.said(before).filter { !$0.hasPrefix("Logged") && !$0.contains("module") } == [
                "new / in nothing, type 220", "new /A in /, type 200", "new /A/B in /A, type 200", "request /A/B",
                "read /A/B, type 200, Desk <>", "discard /A/B", "free /A/B", "free /A", "free /",
                "new / in nothing, type 220", "new /A in /, type 200", "write /A", "free /A", "free /",
            ])
    }

    @Test func `content holds an object, and its updates are shown to who reads`() throws {
        let test = try TestHost(open: "objects7")
        let session = try test.session()
        let waiting = try test.check(session, .read, "/wait")
        #expect(test.waitsForContent())
        try test.put("FX", "/wait", rows: ["staff": [Field("may", "all")]])
        #expect(TestHost.wait(waiting).verdict == .allow)
        #expect(test.lines.wait(for: "read /wait, type 201, Desk <FX>"))
        try test.put("FX", "/wait", rows: ["staff": [Field("may", "none")], "guests": []])
        try test.put("FX", "/wait")
        try test.put(nil, "/wait")
        test.host.stop()
        let said = test.said()
        for line in [
            "update /wait: Desk=FX", "permission /wait staff: 1 values, first all, operation 1",
            "permission /wait staff: 1 values, first none, operation 1",
            "permission /wait guests: 0 values, first none, operation 1",
            "permission /wait : 0 values, first none, operation 3",
        ] {
            #expect(said.contains(line), "\(line) in \(said)")
        }
        #expect(said.last { $0.hasPrefix("free") || $0.hasPrefix("new") } == "free /")
        let (news, frees) = (said.filter { $0.hasPrefix("new ") }.count, said.filter { $0.hasPrefix("free ") }.count)
        #expect(news == frees)
    }

    @Test func `an update that the module refuses to a session denies its read`() throws {
        let test = try TestHost(open: "objects7")
        let waiting = try test.check(try test.session(), .read, "/wait")
        #expect(test.waitsForContent())
        try test.put("secret", "/wait")
        #expect(TestHost.wait(waiting).verdict == .deny)
    }

    @Test func `objects that questions hold are limited for each session`() throws {
        let test = try TestHost("objects7") { $0.objectLimits.ofSession = 0 }
        let answer = TestHost.wait(try test.check(try test.session(), .read, "/A"))
        #expect(answer.verdict == .undecided && answer.reason == .objectLimit)
    }
}
