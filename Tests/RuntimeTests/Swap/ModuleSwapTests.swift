import AuthCore
import ModuleHost
import Synchronization
import Testing

@testable import Runtime

@Suite struct `A module that takes over from another` {
    private func host(_ fixture: String = "swapped", _ configure: (inout HostConfiguration) -> Void = { _ in }) throws
        -> TestHost
    {
        try TestHost(fixture, configure: configure)
    }

    @Test func `answers from then on, and sessions stay that it resumes`() throws {
        let test = try host()
        let alice = try test.session()
        #expect(TestHost.wait(try test.check(alice, .read, "/a")).verdict == .allow)
        let swap = try test.host.modules.swap(to: TestHost.request("swapped_strict"))
        #expect(swap.from == "<swapped> 1.0 (instance 1)" && swap.to == "<swapped_strict> 1.0 (instance 2)")
        #expect(swap.sessions == 1)
        let denied = TestHost.wait(try test.check(alice, .read, "/a"))
        #expect(denied.verdict == .deny && denied.reason == .deniedByModule)
        #expect(test.host.describe(alice) != nil)
        #expect(test.host.module?.identity.name == "swapped_strict")
    }

    @Test func `ends the sessions that it does not resume, each at its next question`() throws {
        let test = try host()
        let (alice, bob) = (try test.session(), try test.session("bob"))
        let ends = Seen<SessionEnd>()
        #expect(test.host.whenEnded(bob) { ends.add($0) })
        _ = try test.host.modules.swap(to: TestHost.request("swapped_late"))
        #expect(test.host.sessionCount == 2)
        #expect(TestHost.wait(try test.check(bob, .read, "/a")).reason == .unknownSession)
        #expect(ends.all == [.swapped])
        #expect(TestHost.wait(try test.check(alice, .read, "/a")).verdict == .allow)
        #expect(test.host.sessionCount == 1)
    }

    @Test func `is asked once about a session, however many questions wait for that`() throws {
        let test = try host()
        let alice = try test.session()
        _ = try test.host.modules.swap(to: TestHost.request("swapped_late"))
        let outcomes = try (0..<20).map { try test.check(alice, .read, "/a/\($0)") }
        #expect(outcomes.map { TestHost.wait($0).verdict } == Array(repeating: .allow, count: 20))
        let asked = test.host.modules.all.first?.calls
        #expect(asked == 41, "one about the session, and two entries for each check: \(asked ?? 0)")
    }

    @Test func `answers could not decide about a session that it breaks its contract about, which stays`() throws {
        let test = try host()
        let alice = try test.session()
        _ = try test.host.modules.swap(to: TestHost.request("swapped_broken"))
        #expect(TestHost.wait(try test.check(alice, .read, "/a")).verdict == .undecided)
        #expect(test.host.sessionCount == 1)
        _ = try test.host.modules.swap(to: TestHost.request("swapped"))
        #expect(TestHost.wait(try test.check(alice, .read, "/a")).verdict == .allow)
    }

    @Test(arguments: [true, false])
    func `cannot resume without an entry, which the configuration decides about`(keeps: Bool) throws {
        let test = try host { $0.swap.keepsUnresumable = keeps }
        let alice = try test.session()
        _ = try test.host.modules.swap(to: TestHost.request("swapped_forgets"))
        let answer = TestHost.wait(try test.check(alice, .read, "/a"))
        #expect(answer.reason == (keeps ? .granted : .unknownSession))
        #expect(test.host.sessionCount == (keeps ? 1 : 0))
    }

    @Test func `keeps no session by an entry point that says that it is missing`() throws {
        let test = try host { $0.swap.keepsUnresumable = true }
        let alice = try test.session()
        _ = try test.host.modules.swap(to: TestHost.request("no_such_entry"))
        #expect(TestHost.wait(try test.check(alice, .read, "/a")).reason == .unknownSession)
        #expect(test.host.sessionCount == 0)
    }

    @Test func `is asked about all at once where the configuration says so`() throws {
        let test = try host { $0.swap.asksAtOnce = true }
        for number in 0..<300 { _ = try test.session("user\(number)") }
        _ = try test.session("bob")
        _ = try test.host.modules.swap(to: TestHost.request("swapped_late"))
        #expect(Patience.wait { test.host.sessionCount == 300 })
        #expect(Patience.wait { test.host.modules.all.first?.calls == 301 })
    }

    @Test func `leaves what the old one was asked to the old one, which ends when it has answered`() throws {
        let test = try host()
        let alice = try test.session()
        let open = try test.check(alice, .read, "/never/a")
        _ = try test.host.modules.swap(to: TestHost.request("swapped_strict"))
        #expect(TestHost.wait(try test.check(alice, .read, "/b")).verdict == .deny)
        #expect(test.host.modules.all.map(\.stage) == [.inForce, .leaving])
        #expect(test.host.modules.all.last?.pending == 1)
        test.clock.advance(.seconds(3600))
        test.host.expireDeadlines()
        #expect(TestHost.wait(open).reason == .deadline)
        #expect(test.lines.wait(for: "Auth module <swapped> 1.0 (instance 1) is retired"))
        #expect(test.lines.all.contains { $0.contains("swapped: free_user 6 of 1") }, "its session goes on without it")
        #expect(test.lines.all.filter { $0.hasSuffix("swapped: exit") }.count == 1)
        #expect(test.host.modules.all.map(\.stage) == [.inForce, .retired])
    }

    @Test func `is told of the end of its sessions, and the one before of those that it never let go`() throws {
        let test = try host()
        let (alice, carol) = (try test.session(), try test.session("carol"))
        _ = try test.host.modules.swap(to: TestHost.request("swapped_late"))
        #expect(TestHost.wait(try test.check(alice, .read, "/a")).verdict == .allow)
        #expect(test.ask(.logout(alice)).verdict == .allow)
        #expect(test.lines.wait(for: "swapped_late: free_user 1 of 1"))
        #expect(test.lines.wait(for: "(instance 1) is retired"))
        let old = test.lines.all.filter { $0.contains("swapped: free_user") }
        #expect(old.count == 2 && old.allSatisfy { $0.contains("free_user 6") }, "\(old)")
        #expect(test.ask(.logout(carol)).verdict == .allow)
        #expect(test.lines.all.filter { $0.contains("free_user") }.count == 3, "carol's session is believed no longer")
    }

    @Test(arguments: [
        ("init_fails", "`auth_init` returned"), ("truncated", "truncated"), ("no_such_file_at_all", "no such file"),
        ("gives_credentials", "it lacks `auth_new_user`"),
    ])
    func `changes nothing where it cannot be loaded`(fixture: String, why: String) throws {
        let test = try host()
        let alice = try test.session()
        let failure = #expect(throws: SwapFailure.self) { try test.host.modules.swap(to: TestHost.request(fixture)) }
        #expect(failure?.description.contains(why) == true, "\(failure?.description ?? "")")
        #expect(TestHost.wait(try test.check(alice, .read, "/a")).verdict == .allow)
        #expect(test.host.modules.all.map(\.stage) == [.inForce])
        #expect(test.lines.all.contains { $0.hasPrefix("error: The swap to module") })
    }

    @Test func `is not put in force where its tests fail, and ends`() throws {
        let login = try Login(user: "alice", password: Secret("secret"), door: "test")
        let source = "authhost.conf:12:3"
        let tests = [
            ModuleTest(
                login: login, admits: .init(nil, allows: true, source: source),
                checks: [
                    .init(Check(.read, try ObjectName("/a")), allows: true, source: source),
                    .init(Check(.write, try ObjectName("/later/a")), allows: true, source: source),
                ])
        ]
        let test = try host { $0.moduleTests = tests }
        let session = try test.session()
        let failure = #expect(throws: SwapFailure.self) {
            try test.host.modules.swap(to: TestHost.request("swapped_strict"))
        }
        #expect(
            failure?.description
                == "its tests failed: authhost.conf:12:3: user `alice`, read `/a`: expected allow, found deny "
                + "(denied-by-module)")
        #expect(test.lines.wait(for: "swapped_strict: exit"))
        #expect(TestHost.wait(try test.check(session, .read, "/a")).verdict == .allow)
        _ = try test.host.modules.swap(to: TestHost.request("swapped_late"))
        #expect(test.host.sessionCount == 1, "a test's session is none of the host's")
    }

    @Test func `goes back to the bytes that ran before`() throws {
        let folder = try TemporaryFolder()
        let test = try host()
        let alice = try test.session()
        let path = try folder.copy("\(TestHost.fixtureFolder)/swapped_strict.so", as: "rules.so")
        _ = try test.host.modules.swap(to: TestHost.request(path: path))
        let ran = test.host.modules.all.first?.digest
        _ = try test.host.modules.swap(to: TestHost.request("swapped_late"))
        _ = try folder.copy("\(TestHost.fixtureFolder)/not_elf.so", as: "rules.so")
        #expect(throws: SwapFailure.self) { try test.host.modules.swap(to: TestHost.request(path: path)) }
        let back = try test.host.modules.rollBack()
        #expect(back.to == "<swapped_strict> 1.0 (instance 5)")
        #expect(test.host.modules.all.first?.digest == ran && ran?.utf8.count == 64)
        #expect(TestHost.wait(try test.check(alice, .read, "/a")).verdict == .deny)
    }

    @Test func `ends with the host, and so does the one before that has not ended yet`() throws {
        let test = try host()
        _ = try test.session()
        _ = try test.host.modules.swap(to: TestHost.request("swapped_late"))
        test.host.stop()
        let exits = test.lines.all.filter { $0.hasSuffix(": exit") }.map { $0.split(separator: " ")[1] }
        #expect(exits.sorted() == ["swapped:", "swapped_late:"])
        #expect(throws: SwapFailure.self) { try test.host.modules.swap(to: TestHost.request("swapped")) }
    }

    @Test func `is not swapped twice at a time`() throws {
        let test = try host()
        let outcomes = Seen<Bool>()
        TestThreads.run(4) { _ in
            outcomes.add((try? test.host.modules.swap(to: TestHost.request("swapped_late"))) != nil)
        }
        #expect(outcomes.all.contains(true) && outcomes.all.count == 4)
        let refused = test.lines.all.filter { $0.contains("a module is being swapped already") }.count
        #expect(refused == outcomes.all.count { !$0 })
        #expect(test.host.modules.all.count == 1 + outcomes.all.count { $0 })
    }

    @Test func `is told its own session data, also of a question that another one has seen the session through`() throws
    {
        let folder = try TemporaryFolder()
        let test = try host()
        let alice = try test.session()
        let mapping = try test.check(alice, .read, "/until\(folder.path)/now")
        _ = try test.host.modules.swap(to: TestHost.request("swapped_strict"))
        #expect(TestHost.wait(try test.check(alice, .read, "/a")).verdict == .deny)
        // Data of another one would abort in the old module's check.
        _ = try folder.copy("\(TestHost.fixtureFolder)/not_elf.so", as: "now")
        #expect(TestHost.wait(mapping).verdict == .allow)
        #expect(test.lines.wait(for: "(instance 1) is retired"))
    }

    @Test func `gives questions back to the one before that wait for a module that never says whether it resumes`()
        throws
    {
        let test = try host()
        let alice = try test.session()
        _ = try test.host.modules.swap(to: TestHost.request("swapped_never"))
        let waiting = try (0..<3).map { _ in try test.check(alice, .read, "/a") }
        _ = try test.host.modules.rollBack()
        #expect(waiting.map { TestHost.wait($0).verdict } == [.allow, .allow, .allow])
        #expect(test.host.sessionCount == 1)
    }

    @Test func `answers by the deadline where asking about a session does not return, and goes on after a way back`()
        throws
    {
        let folder = try TemporaryFolder()
        let test = try host()
        let login = try test.login("alice", application: "\(folder.path)/now")
        let alice = try #require(test.ask(.login(login)).session)
        _ = try test.host.modules.swap(to: TestHost.request("swapped_blocks"))
        let asked = Seen<Verdict>()
        let asker = DispatchedThreads(1) { _ in
            if let outcome = try? test.check(alice, .read, "/a") { asked.add(TestHost.wait(outcome).verdict) }
        }
        #expect(Patience.wait { test.host.openQuestions == 1 })
        let second = try test.check(alice, .read, "/b")
        test.clock.advance(.seconds(3600))
        test.host.expireDeadlines()
        #expect(TestHost.wait(second).reason == .deadline)
        _ = try test.host.modules.rollBack()
        #expect(TestHost.wait(try test.check(alice, .read, "/c")).verdict == .allow)
        _ = try folder.copy("\(TestHost.fixtureFolder)/not_elf.so", as: "now")
        asker.join()
        #expect(asked.all.count == 1 && test.host.sessionCount == 1)
    }

    @Test func `goes back to nothing but what the pins that hold now allow`() throws {
        let test = try host()
        _ = try test.host.modules.swap(to: TestHost.request("swapped_strict"))
        let pin = ModulePin(digest: String(repeating: "0", count: 64), source: "authhost.conf:1:1")
        let failure = #expect(throws: SwapFailure.self) { try test.host.modules.rollBack { _ in pin } }
        #expect(failure?.description.contains("is not the file that is pinned at authhost.conf:1:1") == true)
        #expect(test.host.module?.identity.name == "swapped_strict")
    }

    @Test func `needs one before it to go back to`() throws {
        let test = try host()
        #expect(throws: SwapFailure.self) { try test.host.modules.rollBack() }
    }

    @Test func `keeps nothing of what the old one has decided`() throws {
        let test = try host()
        let login = try test.login("alice")
        guard let kept = TestHost.wait(test.host.ask(.authenticate(login))).session else {
            Issue.record("no user was let in")
            return
        }
        _ = try test.host.modules.swap(to: TestHost.request("swapped_late"))
        let again = TestHost.wait(test.host.ask(.authenticate(login)))
        #expect(again.verdict == .allow && again.session != kept)
    }

    @Test func `is one of many, while questions are asked all the time`() throws {
        let test = try host { $0.swap.asksAtOnce = false }
        let sessions = try (0..<8).map { try test.session("user\($0)") }
        let isOver = Atomic<Bool>(false)
        let faults = Seen<String>()
        let asked = Atomic<Int>(0)
        let askers = DispatchedThreads(2) { number in
            var round = 0
            while !isOver.load(ordering: .relaxed) {
                round += 1
                let name = round % 3 == 0 ? "/later/a" : "/a"
                let session = sessions[(round + number) % sessions.count]
                guard let outcome = try? test.check(session, .read, name) else { continue }
                let answer = TestHost.wait(outcome)
                if answer.verdict != .allow { faults.add("\(answer.verdict) \(answer.reason)") }
                asked.add(1, ordering: .relaxed)
            }
        }
        for round in 0..<40 {
            let fixture = ["swapped_late", "init_fails", "swapped", "truncated"][round % 4]
            let before = asked.load(ordering: .relaxed)
            _ = try? test.host.modules.swap(to: TestHost.request(fixture))
            #expect(Patience.wait { asked.load(ordering: .relaxed) > before + 20 })
        }
        isOver.store(true, ordering: .relaxed)
        askers.join()
        #expect(faults.all == [])
        #expect(test.host.sessionCount == 8)
        #expect(Patience.wait { test.host.modules.all.filter { $0.stage == .retired }.count >= 14 })
    }
}
