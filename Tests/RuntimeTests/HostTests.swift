import AuthCore
import ModuleHost
import Runtime
import Synchronization
import Testing

@Suite struct `A login` {
    @Test(arguments: ["good9", "good9_serial", "good9_blocking", "gen6", "gen7", "bare7"])
    func `becomes a session, whatever the generation and the threads`(_ fixture: String) throws {
        let test = try TestHost(fixture)
        let session = try test.session()
        #expect(test.host.describe(session)?.user == "alice")
        #expect(test.ask(.logout(session)).verdict == .allow)
        #expect(test.ask(.logout(session)).verdict == .deny)
        #expect(test.host.sessionCount == 0)
    }

    @Test(arguments: [
        ("deny", Verdict.wrongCredentials, Reason.deniedByModule), ("nouser", .wrongCredentials, .invalidUser),
        ("badpass", .wrongCredentials, .invalidPassword), ("badaddr", .deny, .invalidAddress),
        ("expired", .wrongCredentials, .accountExpired), ("userlimit", .overLimit, .userLimit),
        ("sitelimit", .overLimit, .siteLimit), ("error", .undecided, .moduleError), ("code3", .deny, .userCode),
    ])
    func `that is refused keeps its reason and holds no place`(_ user: String, _ verdict: Verdict, _ reason: Reason)
        throws
    {
        let test = try TestHost("good9")
        let answer = test.ask(.login(try test.login(user)))
        #expect(answer.verdict == verdict)
        #expect(answer.reason == reason)
        #expect(answer.session == nil)
        #expect(test.host.sessionCount == 0)
    }

    @Test(arguments: [
        ("unknown_status", Reason.unknownStatus, "auth_new_user: returned 77, which is no answer to it"),
        ("zero_status", .unknownStatus, "auth_new_user: returned 0, which is no answer to it"),
        ("reserved_status", .reservedStatus, "auth_new_user: returned 64, which is no answer to it"),
        ("changes_the_user", .changedUser, "auth_new_user: named the user `mallory` where `alice` logs in"),
        ("completes_then_returns_ok", .brokenAnswer, "auth_new_user: completed a question and then returned AUTH_OK"),
        ("huge_text", .brokenAnswer, "auth_new_user: a text of more bytes than there can be"),
        ("small_result", .brokenAnswer, "host->complete: a result record of 4 bytes"),
        ("says_no_user", .brokenAnswer, "auth_new_user: AUTH_OK for a log-in without result->user"),
    ])
    func `to a module that breaks its contract is denied and told`(
        _ fixture: String, _ reason: Reason, _ says: String
    ) throws {
        let test = try TestHost(fixture)
        defer { #expect(test.lines.wait(for: "error: \(fixture): broke its contract in \(says)"), "\(test.lines.all)") }
        let answer = test.ask(.login(try test.login("alice")))
        #expect(answer.verdict == .undecided)
        #expect(answer.reason == reason)
        #expect(test.host.sessionCount == 0)
    }

    @Test(arguments: [
        ("long", "a user name of 300 bytes; 1 to 255 are accepted"),
        ("cut", "a user name of 256 bytes; 1 to 255 are accepted"),
        ("nobody", "auth_result_t.user has 8 bytes at no address"),
        ("reason", "auth_result_t.reason_log has 9 bytes at no address"),
        ("negative", "the value of attribute 1, `n`, is of more bytes than there can be;"),
        ("nothing", "the value of attribute 1, `n`, is of 3 bytes at no address;"),
        ("completes", "completed a question and then returned 67 instead of AUTH_DELAYED"),
        ("reserved", "auth_result_t.reserved is 1, which has no meaning"),
    ])
    func `whose answer says of itself what is not so is denied, and told with what was said`(
        _ user: String, _ says: String
    ) throws {
        let test = try TestHost("misstates")
        let answer = test.ask(.login(try test.login(user)))
        #expect(answer.verdict == .undecided && answer.reason == .brokenAnswer)
        #expect(
            test.lines.wait(for: "error: misstates: broke its contract in auth_new_user: \(says)"), "\(test.lines.all)")
    }

    @Test(arguments: ["compares", "fails", "true", "later"])
    func `answered with 1, which is what true, errno and strcmp give, is denied and the line says why`(_ user: String)
        throws
    {
        let test = try TestHost("yes_by_accident")
        let answer = test.ask(.login(try test.login(user)))
        #expect(answer.verdict == .undecided)
        #expect(answer.reason == .brokenAnswer)
        #expect(test.lines.wait(for: "the status 1, which is no AUTH_OK of generation 9: that is 0x59455321"))
        #expect(test.host.sessionCount == 0)
    }

    @Test(arguments: ["completes_before_return", "completes_twice", "completes_from_thread", "delayed6"])
    func `that is answered later counts once`(_ fixture: String) throws {
        let test = try TestHost(fixture)
        let answer = test.ask(.login(try test.login("alice")))
        #expect(answer.verdict == .allow, "\(answer)")
        #expect(test.host.sessionCount == 1)
        #expect(test.host.openQuestions == 0)
    }

    @Test func `that is completed twice is logged, and the first answer stands`() throws {
        let test = try TestHost("completes_twice")
        #expect(test.ask(.login(try test.login("alice"))).verdict == .allow)
        #expect(test.lines.wait(for: "a completion was dropped"))
    }

    @Test func `with a completion of a token that was never issued is decided by its own answer`() throws {
        let test = try TestHost("completes_unknown_token")
        #expect(test.ask(.login(try test.login("alice"))).verdict == .allow)
        #expect(test.lines.wait(for: "a completion was dropped: unknown"))
    }

    @Test func `completed with a record of an unknown size is denied`() throws {
        let test = try TestHost("small_result")
        let answer = test.ask(.login(try test.login("alice")))
        #expect(answer.verdict == .undecided)
        #expect(answer.reason == .brokenAnswer)
        #expect(test.lines.wait(for: "broke its contract"))
    }

    @Test func `that is never answered is denied at the deadline, and holds no place`() throws {
        let test = try TestHost("never_answers")
        let outcome = test.host.ask(.login(try test.login("never")))
        guard case .delayed(let ticket) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        let box = AnswerBox()
        ticket.whenDecided { box.put($0) }
        test.clock.advance(.seconds(29))
        test.host.expireDeadlines()
        #expect(test.host.openQuestions == 1)
        test.clock.advance(.seconds(2))
        test.host.expireDeadlines()
        #expect(box.wait().reason == .deadline)
        #expect(test.host.sessionCount == 0)
        #expect(test.host.openQuestions == 0)
    }

    @Test func `whose answer comes after the deadline is dropped and logged`() throws {
        let test = try TestHost("completes_late")
        let outcome = test.host.ask(.login(try test.login("alice")))
        guard case .delayed(let ticket) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        let box = AnswerBox()
        ticket.whenDecided { box.put($0) }
        test.clock.advance(.seconds(31))
        test.host.expireDeadlines()
        #expect(box.wait().reason == .deadline)
        #expect(test.lines.wait(for: "a completion was dropped: late"))
        #expect(test.host.sessionCount == 0)
    }

    @Test func `whose client has gone is cancelled`() throws {
        let test = try TestHost("never_answers")
        let outcome = test.host.ask(.login(try test.login("never")))
        guard case .delayed(let ticket) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        let box = AnswerBox()
        ticket.whenDecided { box.put($0) }
        ticket.abandon()
        #expect(box.wait().reason == .cancelled)
        #expect(test.host.openQuestions == 0)
    }

    @Test func `beyond the module's session limit is over a limit, not a wrong password`() throws {
        let test = try TestHost("good9")
        _ = try test.session("two")
        _ = try test.session("two")
        let third = test.ask(.login(try test.login("two")))
        #expect(third.verdict == .overLimit)
        #expect(third.reason == .userLimit)
        #expect(test.host.sessionCount == 2)
        #expect(try test.session("alice") != test.session("bob"))
    }

    @Test func `is not refused because of a session that has expired`() throws {
        let test = try TestHost("expires")
        let first = try test.session()
        #expect(test.ask(.login(try test.login("alice"))).verdict == .overLimit)
        test.clock.advance(.seconds(2))
        #expect(test.ask(.login(try test.login("alice"))).verdict == .allow)
        #expect(test.host.describe(first) == nil)
        #expect(test.host.sessionCount == 1)
    }

    @Test func `that the module allows after its client has gone is told to it as refused`() throws {
        let test = try TestHost("blocking_slow")
        let outcome = test.host.ask(.login(try test.login("slow")))
        guard case .delayed(let ticket) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(test.lines.wait(for: "waiting"))
        ticket.abandon()
        _ = test.ask(.login(try test.login("go")))
        #expect(test.lines.wait(for: "free_user for reason 5"))
    }

    @Test func `can be resumed only where the module can`() throws {
        let good = try TestHost("good9")
        #expect(good.ask(.resume(try good.login("alice"))).verdict == .allow)
        let old = try TestHost("gen7")
        #expect(old.ask(.resume(try old.login("alice"))).reason == .noEntry)
    }
}

@Suite struct `A check` {
    @Test(arguments: ["good9", "good9_serial", "good9_blocking"])
    func `is mapped and then decided`(_ fixture: String) throws {
        let test = try TestHost(fixture)
        let session = try test.session()
        let answer = TestHost.wait(try test.check(session, .read, "/m/x"))
        #expect(answer.verdict == .allow)
        #expect(answer.mappedName?.text == "/mapped/x")
        #expect(TestHost.wait(try test.check(session, .read, "/deny/x")).verdict == .deny)
    }

    @Test(arguments: ["good9", "good9_serial", "good9_blocking"])
    func `whose mapping and answer are both delayed is decided once`(_ fixture: String) throws {
        let test = try TestHost(fixture)
        let session = try test.session()
        let mapped = TestHost.wait(try test.check(session, .read, "/dm/x"))
        #expect(mapped.verdict == .allow)
        #expect(mapped.mappedName?.text == "/mapped/x")
        #expect(TestHost.wait(try test.check(session, .read, "/delay/x")).verdict == .allow)
        #expect(test.host.openQuestions == 0)
    }

    @Test(arguments: ["completes_the_mapping_late", "completes_the_mapping_late_serial"])
    func `is not answered by what is said of its mapping`(_ fixture: String) throws {
        let test = try TestHost(fixture)
        let session = try test.session()
        guard case .delayed(let ticket) = try test.check(session, .read, "/a") else {
            Issue.record("the check was answered")
            return
        }
        #expect(test.lines.wait(for: "complete returned 3"))
        // A client that gives up a check cancels the entry point that is asked now.
        ticket.abandon()
        let box = AnswerBox()
        ticket.whenDecided { box.put($0) }
        #expect(box.wait().reason == .cancelled)
    }

    @Test func `that is mapped and decided at once reads the clock thrice, and leaves nothing open`() throws {
        let test = try TestHost("good9")
        let session = try test.session()
        let before = test.clock.reads
        guard case .decided(let answer) = try test.check(session, .read, "/m/x") else {
            Issue.record("the check was left open")
            return
        }
        #expect(answer.verdict == .allow && answer.mappedName?.text == "/mapped/x")
        // For the session's use and the first deadline, and behind each entry point.
        #expect(test.clock.reads - before == 3)
        #expect(test.host.openQuestions == 0)
    }

    @Test(arguments: [
        ("bad_mapped_name", Reason.mappedNameInvalid, "the mapped name: an object name holds a doubled slash"),
        ("mapped_without_name", .mappedNameInvalid, "the module said mapped, and gave no name"),
        ("long_mapped_name", .mappedNameInvalid, "the mapped name: an object name is longer than 4095 bytes"),
        ("long_mapped_name7", .brokenAnswer, "a mapped name of 100000 bytes in a buffer of 4096"),
    ])
    func `with a mapped name that is not one is denied and told once`(
        _ fixture: String, _ reason: Reason, _ says: String
    ) throws {
        let test = try TestHost(fixture)
        let session = try test.session()
        let answer = TestHost.wait(try test.check(session, .read, "/a"))
        #expect(answer.verdict == .undecided)
        #expect(answer.reason == reason)
        let line = "error: \(fixture): broke its contract in auth_map_object: \(says)"
        #expect(test.lines.wait(for: line), "\(test.lines.all)")
        #expect(test.lines.all.count { $0.contains("broke its contract") } == 1, "\(test.lines.all)")
    }

    @Test func `whose row of a batch the module forgets is denied and told`() throws {
        let test = try TestHost("batch_partial")
        let session = try test.session()
        let rows = try (0..<4).map { _ in Check(.read, try ObjectName("/a")) }
        let answers = test.host.ask(rows, session: session).map(TestHost.wait)
        #expect(answers.map(\.verdict) == [.allow, .undecided, .allow, .undecided])
        #expect(answers[1].reason == .unknownStatus)
        #expect(test.lines.wait(for: "error: batch_partial: broke its contract in auth_check_batch: returned 0"))
    }

    @Test func `whose row of a batch the module delays is denied with its object, and told`() throws {
        let test = try TestHost("batch_delays_a_row")
        let session = try test.session()
        let rows = try (0..<3).map { Check(.read, try ObjectName("/a\($0)")) }
        let answers = test.host.ask(rows, session: session).map(TestHost.wait)
        #expect(answers.map(\.verdict) == [.allow, .undecided, .allow])
        #expect(answers[1].reason == .brokenAnswer)
        #expect(answers[1].mappedName?.text == "/a1")
        let says = "answered row 2 with AUTH_DELAYED, which no row of a batch is; AUTH_ASK_ALONE is accepted"
        #expect(test.lines.wait(for: "error: batch_delays_a_row: broke its contract in auth_check_batch: \(says)"))
    }

    @Test func `of a module that never returns is answered for, and the module is marked hung`() throws {
        let test = try TestHost("never_returns")
        let session = try test.session()
        let outcome = try test.check(session, .read, "/hang/x")
        guard case .delayed(let ticket) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        let box = AnswerBox()
        ticket.whenDecided { box.put($0) }
        #expect(test.lines.wait(for: "hanging"))
        test.clock.advance(.seconds(31))
        test.host.expireDeadlines()
        #expect(box.wait().reason == .deadline)
        #expect(!test.host.readiness.ready)
        let next = try test.check(session, .read, "/a")
        guard case .decided(let answer) = next else {
            Issue.record("\(next)")
            return
        }
        #expect(answer.reason == .moduleHung)
    }

    @Test func `that is answered after its session's end is no answer`() throws {
        let test = try TestHost("completes_after_logout")
        let session = try test.session()
        let outcome = try test.check(session, .read, "/a")
        guard case .delayed(let ticket) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        let box = AnswerBox()
        ticket.whenDecided { box.put($0) }
        #expect(test.ask(.logout(session)).verdict == .allow)
        #expect(box.wait().verdict == .deny)
    }

    @Test func `beyond a bounded queue is could not decide`() throws {
        let test = try TestHost("blocking_slow") {
            $0.queueLimit = 1
            $0.blockingThreads = 1
        }
        let first = test.host.ask(.login(try test.login("slow1")))
        #expect(test.lines.wait(for: "waiting"))
        let second = test.host.ask(.login(try test.login("slow2")))
        let third = TestHost.wait(test.host.ask(.login(try test.login("slow3"))))
        #expect(third.verdict == .undecided)
        #expect(third.reason == .queueFull)
        test.clock.advance(.seconds(31))
        test.host.expireDeadlines()
        #expect(TestHost.wait(first).reason == .deadline)
        #expect(TestHost.wait(second).reason == .deadline)
    }

    @Test func `of an unknown session is denied`() throws {
        let test = try TestHost("good9")
        #expect(TestHost.wait(try test.check(.random(), .read, "/a")).reason == .unknownSession)
    }

    @Test func `in a batch gets its own answer`() throws {
        for fixture in ["good9", "good9_serial", "gen7"] {
            let test = try TestHost(fixture)
            let session = try test.session()
            let checks = try ["/a", "/m/x"].map { Check(.read, try ObjectName($0)) }
            let answers = test.host.ask(checks, session: session).map(TestHost.wait)
            #expect(answers.allSatisfy { $0.verdict == .allow }, "\(fixture): \(answers)")
        }
    }
}

@Suite struct `Ejection and invalidation` {
    @Test func `an ejected client is told so`() throws {
        let test = try TestHost("good9")
        let session = try test.session()
        #expect(test.services.eject(user: "alice", count: nil, applicationID: nil, machineID: nil) == 1)
        #expect(TestHost.wait(try test.check(session, .read, "/a")).verdict == .ejected)
        #expect(test.lines.wait(for: "free_user"))
    }

    @Test func `ejects the oldest first, and only those that match`() throws {
        let test = try TestHost("good9")
        let first = TestHost.wait(test.host.ask(.login(try test.login("alice", application: "a")))).session
        let second = TestHost.wait(test.host.ask(.login(try test.login("alice", application: "b")))).session
        let third = TestHost.wait(test.host.ask(.login(try test.login("alice", application: "b")))).session
        #expect(test.services.eject(user: "alice", count: 1, applicationID: "b", machineID: nil) == 1)
        #expect(test.host.describe(try #require(first)) != nil)
        #expect(test.host.describe(try #require(second)) == nil)
        #expect(test.host.describe(try #require(third)) != nil)
        #expect(test.services.eject(user: "nobody", count: nil, applicationID: nil, machineID: nil) == 0)
    }

    @Test func `by number are the registry's where the cluster can be asked, and of this host where it cannot`() throws
    {
        let isAsked = Atomic<Int>(0)
        let isThere = Atomic<Bool>(true)
        let wasThere = Atomic<Bool>(false)
        let test = try TestHost("good9") {
            $0.clusterEjector = { count, user, application, machine, alone in
                #expect(count == 1 && (user == "alice") == (machine != "n") && application == nil)
                isAsked.add(1, ordering: .relaxed)
                if wasThere.load(ordering: .relaxed) { #expect(alone() == 1) }
                return isThere.load(ordering: .relaxed)
            }
        }
        let session = try test.session()
        #expect(test.services.eject(user: "alice", count: 1, applicationID: nil, machineID: nil) == 1)
        #expect(test.host.describe(session) != nil, "the registry says which")
        #expect(test.services.eject(user: "alice", count: 0, applicationID: nil, machineID: nil) == 0)
        #expect(test.services.eject(user: "alice", count: 1, applicationID: nil, machineID: "m") == 0)
        #expect(isAsked.load(ordering: .relaxed) == 2)
        #expect(test.services.eject(user: nil, count: 1, applicationID: nil, machineID: "n") == 0)
        #expect(isAsked.load(ordering: .relaxed) == 3, "also without a user")
        #expect(test.services.eject(user: nil, count: 0, applicationID: nil, machineID: nil) == 0)
        #expect(isAsked.load(ordering: .relaxed) == 3)
        isThere.store(false, ordering: .relaxed)
        #expect(test.services.eject(user: "alice", count: 1, applicationID: nil, machineID: nil) == 1)
        #expect(test.host.describe(session) == nil)
        let other = try test.session()
        isThere.store(true, ordering: .relaxed)
        wasThere.store(true, ordering: .relaxed)
        _ = test.services.eject(user: "alice", count: 1, applicationID: nil, machineID: nil)
        #expect(test.host.describe(other) == nil, "the registry had gone a moment before")
    }

    @Test func `inside auth_new_user tells the module only when that has returned`() throws {
        let test = try TestHost("ejects_in_new_user")
        let first = try test.session()
        let second = try test.session()
        #expect(test.host.describe(first) == nil)
        #expect(test.host.describe(second) != nil)
        #expect(test.lines.wait(for: "free_user outside"))
        #expect(!test.lines.all.contains { $0.contains("free_user inside") })
    }

    @Test func `equal log-ins share one session until they are invalidated`() throws {
        let test = try TestHost("good9")
        let login = try test.login("alice")
        let first = test.ask(.authenticate(login)).session
        #expect(first != nil)
        #expect(test.ask(.authenticate(login)).session == first)
        #expect(test.ask(.authenticate(try test.login("alice", password: "other"))).session != first)
        test.host.operators.invalidate(.user("alice"))
        let again = test.ask(.authenticate(login)).session
        #expect(again != nil)
        #expect(again != first)
    }

    @Test func `equal log-ins at the same time share one question to the module`() throws {
        let test = try TestHost("blocking_slow")
        let login = try test.login("slow")
        let first = test.host.ask(.authenticate(login))
        #expect(test.lines.wait(for: "waiting"))
        let second = test.host.ask(.authenticate(login))
        _ = test.ask(.login(try test.login("go")))
        let answers = [first, second].map(TestHost.wait)
        #expect(answers.allSatisfy { $0.verdict == .allow }, "\(answers)")
        #expect(answers[0].session == answers[1].session)
        #expect(test.lines.all.count { $0.contains("waiting") } == 1)
    }

    @Test func `a log-in that is invalidated while the module is asked is not kept`() throws {
        let test = try TestHost("blocking_slow")
        let login = try test.login("slow")
        let first = test.host.ask(.authenticate(login))
        #expect(test.lines.wait(for: "waiting"))
        test.host.operators.invalidate(.user("slow"))
        _ = test.ask(.login(try test.login("go")))
        #expect(TestHost.wait(first).verdict == .allow)
        guard case .delayed = test.host.ask(.authenticate(login)) else {
            Issue.record("the kept log-in was handed out")
            return
        }
    }

    @Test func `kept log-ins grow old, and their sessions end with them`() throws {
        let test = try TestHost("good9")
        let login = try test.login("alice")
        let first = test.ask(.authenticate(login)).session
        test.clock.advance(.seconds(61))
        let second = test.ask(.authenticate(login)).session
        #expect(first != second)
        // The old one lives on for a moment, for the questions that already have it.
        #expect(test.host.sessionCount == 2)
        test.clock.advance(.seconds(60))
        test.host.expireDeadlines()
        #expect(test.host.sessionCount == 1)
    }

    @Test func `an ejected user's kept log-in is told so once, and then the module is asked again`() throws {
        let test = try TestHost("good9")
        let login = try test.login("alice")
        let first = test.ask(.authenticate(login)).session
        #expect(test.services.eject(user: "alice", count: nil, applicationID: nil, machineID: nil) == 1)
        let told = test.ask(.authenticate(login))
        #expect(told.verdict == .ejected && told.session == nil)
        let again = test.ask(.authenticate(login)).session
        #expect(again != nil && again != first)
    }

    @Test func `a client that comes after the time of a kept log-in is not told of an ejection`() throws {
        let test = try TestHost("good9") { $0.loginCacheTime = .seconds(10) }
        let login = try test.login("alice")
        _ = test.ask(.authenticate(login))
        #expect(test.services.eject(user: "alice", count: nil, applicationID: nil, machineID: nil) == 1)
        test.clock.advance(.seconds(11))
        #expect(test.ask(.authenticate(login)).verdict == .allow)
    }

    @Test func `kept log-ins that make room for others hold their places to the end`() throws {
        let test = try TestHost("good9") {
            $0.loginCacheLimit = 2
            $0.limits.sessions = 4
        }
        let answers = try (0..<50).map { test.ask(.authenticate(try test.login("user\($0)"))) }
        #expect(answers.prefix(4).allSatisfy { $0.verdict == .allow })
        #expect(answers.dropFirst(4).allSatisfy { $0.verdict == .overLimit })
        #expect(test.host.sessionCount == 4)
        // The two that made room end, and their places are free.
        test.clock.advance(.seconds(61))
        test.host.expireDeadlines()
        #expect(test.ask(.authenticate(try test.login("user50"))).verdict == .allow)
    }

    @Test(arguments: [SessionEnd.ejected, .logout])
    func `questions of a session that ends are answered at once`(end: SessionEnd) throws {
        let test = try TestHost("never_answers")
        let session = try test.session()
        let waiting = try test.check(session, .write, "/never/1")
        guard case .delayed(let ticket) = waiting else { return #expect(Bool(false), "\(waiting)") }
        let box = AnswerBox()
        ticket.whenDecided { box.put($0) }
        if end == .ejected {
            #expect(test.services.eject(user: "alice", count: nil, applicationID: nil, machineID: nil) == 1)
        } else {
            _ = test.ask(.logout(session))
        }
        #expect(box.wait().verdict == (end == .ejected ? .ejected : .deny))
        #expect(test.host.openQuestions == 0)
        #expect(!test.lines.all.contains { $0.contains("deadline") })
    }

    @Test func `the number of kept log-ins is bounded`() throws {
        let test = try TestHost("good9") {
            $0.loginCacheLimit = 10
            $0.loginCacheTime = .seconds(600)
        }
        for index in 0..<50 { _ = test.ask(.authenticate(try test.login("user\(index)"))) }
        test.clock.advance(.seconds(61))
        test.host.expireDeadlines()
        #expect(test.host.sessionCount == 10)
    }

    @Test(arguments: [(0, Duration.seconds(60)), (10, .zero)])
    func `where nothing is kept a session is for one question, and ends on its own if it is not ended`(
        _ limit: Int, _ time: Duration
    ) throws {
        let test = try TestHost("good9") {
            $0.loginCacheLimit = limit
            $0.loginCacheTime = time
        }
        let answer = test.ask(.authenticate(try test.login("alice")))
        #expect(answer.verdict == .allow)
        #expect(answer.isOneUse)
        #expect(TestHost.wait(try test.check(try #require(answer.session), .read, "/a")).verdict == .allow)
        test.clock.advance(.seconds(61))
        test.host.expireDeadlines()
        #expect(test.host.sessionCount == 0)
    }

    @Test func `refused log-ins are not kept`() throws {
        let test = try TestHost("good9")
        for _ in 0..<3 { #expect(test.ask(.authenticate(try test.login("badpass"))).verdict == .wrongCredentials) }
    }
}

@Suite struct `The end of a host` {
    @Test func `ends every session and tells the module`() throws {
        let test = try TestHost("good9")
        _ = try test.session("alice")
        _ = try test.session("bob")
        test.host.stop()
        #expect(test.host.sessionCount == 0)
        #expect(test.ask(.login(try test.login("carol"))).reason == .stopping)
        #expect(test.lines.wait(for: "exit"))
    }

    @Test func `never calls the exit of a module beside another entry of it`() throws {
        let test = try TestHost("blocking_slow") { $0.exitTimeout = .milliseconds(50) }
        let outcome = test.host.ask(.login(try test.login("slow")))
        #expect(test.lines.wait(for: "waiting"))
        test.host.stop()
        #expect(test.lines.all.contains { $0.contains("left behind") })
        test.clock.advance(.seconds(31))
        test.host.expireDeadlines()
        #expect(TestHost.wait(outcome).verdict == .undecided)
    }

    @Test func `does not wait for a module whose exit hangs`() throws {
        let test = try TestHost("exit_hangs") { $0.exitTimeout = .milliseconds(50) }
        test.host.stop()
        #expect(test.lines.all.contains { $0.contains("left behind") })
    }
}
