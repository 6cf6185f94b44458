import AuthCore
import Basics
import Glibc
import Logging
import ModuleHost
import Testing

@testable import Runtime

@Suite struct `A shadow` {
    @Test func `is asked what clients ask, and finds answers that are the same`() throws {
        let test = TestShadow(beside: ScriptedDecider())
        defer { test.stop() }
        let session = try test.session()
        #expect(try test.read(session, "/a").verdict == .allow)
        _ = test.host.ask(.check(session, Check(.write, try ObjectName("/b"))))
        _ = test.host.ask(.check(session, Check(.create, try ObjectName("/c"))))
        let report = test.report(of: 4)
        #expect(report.findings == ["same": 4, "different": 0, "undecided": 0, "dropped": 0, "unasked": 0])
        #expect(report.differences.isEmpty)
        #expect(test.second.asked == ["auth_new_user", "auth_check_read", "auth_check_write", "auth_check_write"])
        #expect(test.counts.all == ["login same": 1, "read same": 1, "write same": 1, "create same": 1])
    }

    @Test func `has its differences counted by kind, and the first of each told in full`() throws {
        let second = ScriptedDecider { state in
            state.answers["auth_check_read"] = ModuleAnswer(.deny)
            state.answers["auth_check_read"]?.logText = "rule 7"
            state.answers["auth_check_read /same"] = ModuleAnswer(.ok)
            state.answers["auth_check_write"] = ModuleAnswer(.error)
        }
        let test = TestShadow(beside: second)
        defer { test.stop() }
        let session = try test.session()
        let first = try test.read(session, "/a")
        for name in ["/b", "/same", "/c"] { #expect(try test.read(session, name).verdict == .allow) }
        _ = test.host.ask(.check(session, Check(.write, try ObjectName("/d"))))
        let report = test.report(of: 6)
        #expect(report.findings["same"] == 2 && report.findings["different"] == 3 && report.findings["undecided"] == 1)
        #expect(report.differences.map(\.times) == [3, 1])
        let row = try #require(report.differences.first?.first)
        #expect(row.question == "read" && row.what == .verdict && row.was == .allow && row.now == .deny)
        #expect(row.user == "alice" && row.object == "/a" && row.door == "test")
        #expect(row.oldReason == "granted" && row.newReason == "denied-by-module: rule 7")
        #expect(row.decision == first.decision.hexadecimal)
        let undecided = try #require(report.differences.last?.first)
        #expect(undecided.what == .undecided && undecided.newReason.hasPrefix("module-error"))
        #expect(test.counts.all["read verdict allow deny"] == 3)
        #expect(test.lines.all.count { $0.contains("the first of its kind: alice read /a: allow → deny") } == 1)
        #expect(!test.lines.all.contains { $0.contains("read /b") })
    }

    @Test func `that refuses a log-in has no session for it, and what that asks is not compared`() throws {
        let test = TestShadow(beside: ScriptedDecider { $0.answers["auth_new_user"] = ModuleAnswer(.deny) })
        defer { test.stop() }
        let session = try test.session()
        #expect(try test.read(session, "/a").verdict == .allow)
        let report = test.report(of: 2)
        #expect(report.findings["different"] == 1 && report.findings["unasked"] == 1)
        #expect(report.differences.map(\.first.question) == ["login"] && report.sessions == 0)
        #expect(test.host.sessionCount == 1)
    }

    @Test func `lets no user in that the module refuses`() throws {
        let test = TestShadow(
            ScriptedDecider { $0.answers["auth_new_user"] = ModuleAnswer(.deny) }, beside: ScriptedDecider())
        defer { test.stop() }
        #expect(try test.logIn().verdict == .wrongCredentials)
        let report = test.report(of: 1)
        #expect(report.differences.map(\.first.change) == ["wrong-credentials → allow"])
        #expect(Patience.wait { test.shadow.report.sessions == 0 })
        #expect(test.host.sessionCount == 0 && test.second.told == ["free logout"])
    }

    @Test func `never keeps an answer waiting, and drops what it cannot keep up with`() throws {
        let gate = ThreadSemaphore()
        let test = TestShadow(beside: ScriptedDecider { $0.before = { _ in gate.wait() } }, limit: 3)
        defer { test.stop() }
        let session = try test.session()
        // The shadow hangs in the log-in: two more have room, and five have none.
        for number in 0..<7 {
            let outcome = test.host.ask(.check(session, Check(.read, try ObjectName("/\(number)"))))
            #expect(outcome.decided?.verdict == .allow)
        }
        #expect(test.shadow.report.waiting == 3 && test.shadow.report.findings["dropped"] == 5)
        for _ in 0..<3 { gate.signal() }
        let report = test.report(of: 8)
        #expect(report.findings["same"] == 3 && report.findings["dropped"] == 5)
        #expect(test.counts.all == ["login same": 1, "read same": 2, "read dropped": 5])
    }

    @Test func `is asked nothing that has waited for longer than a log-in may take`() throws {
        let (gate, asked) = (ThreadSemaphore(), ThreadSemaphore())
        let second = ScriptedDecider {
            $0.before = { _ in
                asked.signal()
                gate.wait()
            }
        }
        let test = TestShadow(beside: second)
        defer { test.stop() }
        let session = try test.session("alice")
        asked.wait()
        _ = try test.session("bob")
        test.clock.advance(.seconds(31))
        for _ in 0..<2 { gate.signal() }
        _ = try test.read(session, "/a")
        let report = test.report(of: 3)
        #expect(report.findings["dropped"] == 1 && report.findings["same"] == 2)
        #expect(test.second.asked == ["auth_new_user", "auth_check_read"])
    }

    @Test func `is asked whether it takes sessions back that it has not let in`() throws {
        let test = TestShadow(
            beside: ScriptedDecider(entries: ["auth_resume_user"]), follows: false)
        defer { test.stop() }
        let session = try test.session()
        test.host.follow(test.shadow)
        for name in ["/a", "/b"] { _ = try test.read(session, name) }
        let report = test.report(of: 3)
        #expect(report.findings["same"] == 3)
        #expect(test.second.asked == ["auth_resume_user", "auth_check_read", "auth_check_read"])
    }

    @Test func `that does not take a session back is a difference, once for each`() throws {
        let second = ScriptedDecider(entries: ["auth_resume_user"]) {
            $0.answers["auth_resume_user"] = ModuleAnswer(.deny)
        }
        let test = TestShadow(beside: second, follows: false)
        defer { test.stop() }
        let session = try test.session()
        test.host.follow(test.shadow)
        for name in ["/a", "/b"] { #expect(try test.read(session, name).verdict == .allow) }
        let report = test.report(of: 3)
        #expect(report.findings["different"] == 1 && report.findings["unasked"] == 2)
        #expect(report.differences.map(\.first.question) == ["resume"])
        #expect(test.second.asked == ["auth_resume_user"])
    }

    @Test func `hears of the end of a session behind all that it has asked`() throws {
        let test = TestShadow(beside: ScriptedDecider())
        defer { test.stop() }
        let session = try test.session()
        _ = try test.read(session, "/a")
        _ = test.host.ask(.logout(session))
        #expect(test.report(of: 2).findings["same"] == 2)
        #expect(Patience.wait { test.second.told == ["free logout"] })
        #expect(test.shadow.report.sessions == 0)
    }

    @Test func `answers what a session has asked, however soon that ends`() throws {
        let folder = try TemporaryFolder()
        // The module answers once the file exists.
        let file = "\(folder.path)/answer"
        let test = TestShadow(beside: ScriptedDecider(), host: try TestHost("swapped").host)
        defer { test.stop() }
        let session = try test.session()
        #expect(try test.read(session, "/until\(file)").verdict == .allow)
        _ = test.host.ask(.logout(session))
        #expect(Patience.wait { test.shadow.report.findings["same"] == 1 && test.secondHost.openQuestions == 1 })
        // Behind the end of the session.
        _ = try test.logIn("bob")
        #expect(Patience.wait { test.shadow.report.findings["same"] == 2 })
        _ = try folder.copy("/dev/null", as: "answer")
        #expect(test.report(of: 3).findings["same"] == 3)
        #expect(Patience.wait { test.shadow.report.sessions == 1 })
    }

    @Test func `is not asked what the host answers itself`() throws {
        let test = TestShadow(beside: ScriptedDecider()) { $0.limits.sessions = 1 }
        defer { test.stop() }
        let session = try test.session()
        #expect(try test.logIn("bob").verdict == .overLimit)
        #expect(try test.read(SessionID(high: 1, low: 2), "/a").reason == .unknownSession)
        _ = try test.read(session, "/a")
        let report = test.report(of: 4)
        #expect(report.findings["unasked"] == 2 && report.findings["same"] == 2)
        #expect(test.second.asked == ["auth_new_user", "auth_check_read"])
    }

    @Test func `ejects no session of a client, and invalidates nothing`() throws {
        let test = TestShadow(beside: ScriptedDecider(entries: ["auth_resume_user"]))
        defer { test.stop() }
        let session = try test.session()
        #expect(test.report(of: 1).sessions == 1)
        #expect(test.secondHost.services.eject(user: "alice", count: nil, applicationID: nil, machineID: nil) == 1)
        test.secondHost.services.invalidate(.all)
        #expect(try test.read(session, "/a").verdict == .allow)
        let report = test.report(of: 2)
        #expect(report.differences.map(\.first.now) == [.ejected] && report.invalidations == 1)
        // It is asked at the next question whether it takes the session back.
        _ = try test.read(session, "/b")
        #expect(test.report(of: 4).findings["same"] == 3)
    }

    @Test func `is asked the rows of a batch, and what an HTTP realm is asked for`() throws {
        let module = ScriptedDecider { state in
            state.batch = [ModuleAnswer(.ok), ModuleAnswer(.deny)]
        }
        let second = ScriptedDecider { state in state.answers["auth_http_request"] = ModuleAnswer(.deny) }
        let test = TestShadow(module, beside: second)
        defer { test.stop() }
        let session = try test.session()
        let checks = try ["/a", "/b"].map { Check(.read, try ObjectName($0)) }
        #expect(test.host.ask(checks, session: session).map(\.decided?.verdict) == [.allow, .deny])
        let request = RealmRequest(.get, path: try ObjectName("/admin/x"), user: "alice", password: Secret("secret"))
        _ = TestHost.wait(test.host.permits(request, session: session, object: try ObjectName("/admin/x")))
        let report = test.report(of: 4)
        #expect(test.counts.all["read same"] == 1 && test.counts.all["read different"] == 1)
        #expect(test.counts.all.keys.contains { $0.hasPrefix("realm ") }, "\(test.counts.all)")
        #expect(report.differences.contains { $0.first.object == "/b" && $0.first.change == "deny → allow" })
    }

    @Test func `knows the content of objects, also what came before it`() throws {
        let second = ScriptedDecider(tracksObjects: true)
        let test = TestShadow(beside: second, follows: false) { $0.objectLimits.isOpen = true }
        defer { test.stop() }
        let (early, late) = (try ObjectName("/early"), try ObjectName("/late"))
        let content = ObjectContent(fields: [Field("a", "1")])
        try test.host.setContent(content, of: early)
        test.host.follow(test.shadow)
        try test.host.setContent(content, of: late)
        #expect(Patience.wait { test.second.told.count >= 2 })
        #expect(Set(test.second.told) == ["change /early", "change /late"])
        #expect(test.secondHost.objects.content(of: late)?.value(of: "a") == "1")
    }

    @Test func `uses up no signed token, and compares no log-in that a used one may have refused`() throws {
        let test = try TestHost("signed_tokens") { settings in
            settings.signatureCheck = { _, token, _ in token == "used" ? .refused(reason: "used before") : .valid }
        }
        var settings = HostConfiguration()
        settings.exitTimeout = .seconds(600)
        settings.signatureCheck = { _, token, _ in token == "forged" ? .refused(reason: "forged") : .valid }
        let log = Logger(label: "test") { _ in LineHandler(lines: test.lines) }
        let shadow = try Shadow(
            beside: test.host, TestHost.request("signed_tokens"), settings, limit: 10, log: log, clock: test.clock)
        test.host.follow(shadow)
        defer { test.host.stop() }
        #expect(test.ask(.login(try test.login("alice", password: "used"))).verdict == .wrongCredentials)
        #expect(test.ask(.login(try test.login("alice", password: "good"))).verdict == .allow)
        #expect(Patience.wait { shadow.report.findings["same"] == 1 && shadow.report.findings["unasked"] == 1 })
        #expect(shadow.report.differences.isEmpty)
        #expect(test.lines.all.contains { $0.contains("shadow: Loaded auth module <signed_tokens>") })
    }

    @Test func `leaves no trace once it is gone`() throws {
        let test = TestShadow(beside: ScriptedDecider())
        let session = try test.session()
        _ = test.report(of: 1)
        test.host.follow(nil)
        test.shadow.stop()
        #expect(test.host.shadow == nil)
        #expect(try test.read(session, "/a").verdict == .allow)
        #expect(test.shadow.report.findings["same"] == 1 && test.shadow.report.waiting == 0)
        test.host.stop()
        #expect(!test.host.follow(test.shadow) && test.host.shadow == nil, "a host that stops shows nothing")
    }
}

@Suite struct `What a shadow finds` {
    private static func allow(
        _ user: String = "alice", _ name: String? = nil, _ attributes: [Field] = []
    ) throws -> Answer {
        var answer = Answer(.allow, .granted, user: user, mappedName: try name.map { try ObjectName($0) })
        answer.attributes = attributes
        return answer
    }

    @Test func `is a difference in the verdict, the user, the name inside, or attributes`() throws {
        let (one, other) = (Field("group", "a"), Field("group", "b"))
        func found(_ was: Answer, _ now: Answer) -> ShadowFinding { .comparing(was, now) }
        let deny = Answer(.deny, .deniedByModule)
        #expect(try found(Self.allow(), Self.allow()) == .same)
        #expect(try found(Self.allow(), deny) == .different(.verdict))
        #expect(found(deny, Answer(.wrongCredentials, .invalidPassword)) == .different(.verdict))
        #expect(found(deny, Answer(.deny, .userCode)) == .same, "a reason decides nothing")
        #expect(try found(Self.allow("alice"), Self.allow("Alice")) == .different(.user))
        #expect(try found(Self.allow("a", "/x"), Self.allow("a", "/y")) == .different(.name))
        #expect(try found(Self.allow("a", nil, [one, other]), Self.allow("a", nil, [other, one])) == .same)
        #expect(try found(Self.allow("a", nil, [one]), Self.allow("a", nil, [other])) == .different(.attributes))
    }

    @Test func `is told apart where there is nothing to compare`() throws {
        let allow = try Self.allow()
        #expect(ShadowFinding.comparing(allow, Answer(.undecided, .deadline)) == .undecided)
        #expect(ShadowFinding.comparing(allow, Answer(.undecided, .queueFull)) == .dropped)
        #expect(ShadowFinding.comparing(allow, Answer(.overLimit, .userLimit)) == .unasked)
        #expect(ShadowFinding.comparing(allow, Answer(.deny, .unknownSession)) == .unasked)
        #expect(ShadowFinding.isHostsOwn(Answer(.wrongCredentials, .tooManyGuesses)))
        #expect(!ShadowFinding.isHostsOwn(Answer(.wrongCredentials, .invalidPassword)))
    }
}
