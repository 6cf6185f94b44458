import AuthCore
import Glibc
import ModuleHost
import Testing

@testable import Runtime

@Suite struct `A yes of generation 9 is no accident` {
    @Test(arguments: ["at once", "later"])
    func `a log-in that does not say who was authenticated is none`(_ user: String) throws {
        let test = try TestHost("says_no_user")
        let answer = test.ask(.login(try test.login(user)))
        #expect(answer.verdict == .undecided)
        #expect(answer.reason == .brokenAnswer)
        #expect(answer.logText == ModuleAnswer.noUserNamed)
        #expect(test.host.sessionCount == 0)
    }

    @Test func `a delayed log-in that does not say it is told with module and entry`() throws {
        let test = try TestHost("says_no_user")
        let answer = TestHost.wait(test.host.ask(.login(try test.login("later"))))
        #expect(answer.reason == .brokenAnswer)
        #expect(test.lines.wait(for: "error: says_no_user: broke its contract in auth_new_user: "))
    }

    @Test func `a user who is another one is told with module, entry and both names`() throws {
        let test = try TestHost("changes_the_user")
        #expect(test.ask(.login(try test.login("alice"))).reason == .changedUser)
        #expect(
            test.lines.wait(
                for:
                    "error: changes_the_user: broke its contract in auth_new_user: named the user `mallory` where `alice` logs in"
            )
        )
    }

    @Test func `a session that is resumed says it too`() throws {
        let test = try TestHost("says_no_user")
        #expect(test.ask(.resume(try test.login("alice"))).reason == .brokenAnswer)
        #expect(test.lines.wait(for: "AUTH_OK for a log-in without result->user"))
    }

    @Test func `a status that answers another question is told with its entry point`() throws {
        let test = try TestHost("reserved_status")
        let session = try #require(test.ask(.login(try test.login("good"))).session)
        #expect(test.ask(.login(try test.login("alice"))).verdict == .undecided)
        #expect(test.lines.wait(for: "returned 64, which is no answer to it"))
        #expect(test.ask(.check(session, Check(.read, try ObjectName("/a")))).verdict == .undecided)
        #expect(test.lines.wait(for: "auth_check_read"))
    }

    @Test(arguments: ["", "s", "secreta", "secreu", "SECRET", "zzz", "secret"])
    func `what strcmp returns lets no user in`(_ password: String) throws {
        let test = try TestHost("returns_strcmp")
        let answer = test.ask(.login(try test.login("alice", password: password)))
        #expect(answer.verdict != .allow)
        if answer.reason == .unknownStatus {
            #expect(test.lines.wait(for: "which is no answer to it; AUTH_OK and AUTH_DENY are"))
        }
        #expect(test.host.sessionCount == 0)
    }

    @Test func `what errno is lets no user in, whatever it is`() throws {
        let test = try TestHost("returns_errno")
        for number in (0...150).map(String.init) {
            #expect(test.ask(.login(try test.login(number))).verdict != .allow, "\(number)")
        }
        // Nothing, EPERM and EINVAL.
        for says in [
            "returned 0, which is no answer to it", "the status 1, which is no AUTH_OK", "returned 22, which is no",
        ] {
            #expect(test.lines.wait(for: "error: returns_errno: broke its contract in auth_new_user: \(says)"))
        }
        #expect(test.host.sessionCount == 0)
    }

    @Test(arguments: [("challenge", 66), ("defer", 64), ("ignore", 65)])
    func `what is only a shape denies, whatever else the record says`(_ user: String, _ number: Int) throws {
        let test = try TestHost("http_later")
        let answer = test.ask(.login(try test.login(user)))
        #expect(answer.verdict == .undecided)
        #expect(answer.reason == .reservedStatus)
        #expect(answer.logText == "status \(number)")
    }

    private static let shapes = [
        ("good_for", "auth_result_t.good_for is 60, which no host heeds yet; 0 is accepted"),
        ("cursor", "auth_result_t.cursor has 5 bytes, which no host heeds yet; none are accepted"),
        ("challenge", "auth_result_t.challenge has 18 bytes, which no host heeds yet; none are accepted"),
    ]

    @Test(arguments: shapes)
    func `a member that is only a shape denies where it is used, and is named`(_ member: String, _ says: String) throws
    {
        let test = try TestHost("shapes")
        let refused = test.ask(.login(try test.login(member)))
        #expect(refused.verdict == .undecided && refused.reason == .brokenAnswer)
        #expect(refused.logText == says)
        #expect(test.lines.wait(for: "error: shapes: broke its contract in auth_new_user: \(says)"))
        let session = try test.session()
        #expect(TestHost.wait(try test.check(session, .read, "/a")).verdict == .allow)
        let checked = TestHost.wait(try test.check(session, .read, "/\(member)"))
        #expect(checked.verdict == .undecided && checked.logText == says)
        let rows = [Check(.read, try ObjectName("/a")), Check(.read, try ObjectName("/\(member)"))]
        let answers = test.host.ask(rows, session: session).map(TestHost.wait)
        #expect(answers.map(\.verdict) == [.allow, .undecided])
        #expect(!test.lines.all.contains { $0.contains("listed") || $0.contains("continued") })
    }

    @Test func `a member that is only a shape denies in a completion too`() throws {
        let test = try TestHost("shapes")
        let answer = test.ask(.login(try test.login("later good_for")))
        #expect(answer.verdict == .undecided && answer.reason == .brokenAnswer)
        #expect(test.lines.wait(for: "shapes: broke its contract in host->complete: auth_result_t.good_for is 60"))
        #expect(test.lines.wait(for: "complete returned 4"))
        #expect(test.host.sessionCount == 0)
    }

    @Test func `what is told of it has the entry point that was asked, and the number that it returned`() throws {
        let test = try TestHost("tells_one")
        let session = try test.session()
        #expect(TestHost.wait(try test.check(session, .create, "/a")).verdict == .undecided)
        #expect(
            test.lines.wait(for: "error: tells_one: broke its contract in auth_check_create: returned 99, which is no"))
        let rows = [Check(.read, try ObjectName("/a")), Check(.read, try ObjectName("/b"))]
        #expect(test.host.ask(rows, session: session).map(TestHost.wait).allSatisfy { $0.verdict == .undecided })
        #expect(test.lines.wait(for: "auth_check_batch returned 1"))
        test.host.rules.reload()
        #expect(test.lines.wait(for: "auth_reload returned 1"))
        #expect(test.ask(.logout(session)).verdict == .allow)
        #expect(test.lines.wait(for: "tells_one: auth_free_user returned 1"))
        #expect(!test.lines.all.contains { $0.contains("\(AuthOK.of9)") }, "\(test.lines.all)")
    }

    /// The AUTH_OK of generation 9.
    private enum AuthOK {
        static let of9 = 0x5945_5321
    }

    @Test func `reads that no module decides are denied`() throws {
        let test = try TestHost("reads_undecided")
        #expect(TestHost.wait(try test.check(try test.session(), .read, "/a")).verdict == .deny)
    }

    @Test func `reads that a module declares open are allowed, and nothing else is`() throws {
        let test = try TestHost("reads_open")
        let session = try test.session()
        #expect(TestHost.wait(try test.check(session, .read, "/a")).verdict == .allow)
        let closed = try TestHost("reads_undecided")
        #expect(TestHost.wait(try closed.check(try closed.session(), .write, "/a")).verdict == .deny)
    }
}

@Suite struct `What a log-in of generation 9 says beside its status` {
    @Test func `is the user that it stands for, whose the session is`() throws {
        let test = try TestHost("reads_open")
        let answer = test.ask(.login(try test.login("alias")))
        #expect(answer.verdict == .allow)
        #expect(answer.user == "canonical")
        let session = try #require(answer.session)
        #expect(TestHost.wait(try test.check(session, .read, "/a")).user == "canonical")
        #expect(test.lines.wait(for: "map for canonical, data 1122334455667788"))
        #expect(test.host.services.eject(user: "alias", count: nil, applicationID: nil, machineID: nil) == 0)
        #expect(test.host.services.eject(user: "canonical", count: nil, applicationID: nil, machineID: nil) == 1)
        #expect(TestHost.wait(try test.check(session, .read, "/a")).verdict == .ejected)
    }

    @Test func `denies where that is no name`() throws {
        let test = try TestHost("reads_open")
        let answer = test.ask(.login(try test.login("control")))
        #expect(answer.verdict == .undecided)
        #expect(answer.reason == .brokenAnswer)
        #expect(test.host.sessionCount == 0)
    }

    @Test func `denies where the module does not declare that it names users`() throws {
        let test = try TestHost("changes_the_user")
        #expect(test.ask(.login(try test.login("alice"))).reason == .changedUser)
    }

    @Test func `comes back with the mapping, the check and the end, whose session is still known`() throws {
        let test = try TestHost("reads_open")
        let login = try test.login("alice", address: "192.0.2.1")
        let session = try #require(test.ask(.login(login)).session)
        #expect(TestHost.wait(try test.check(session, .write, "/a")).verdict == .allow)
        #expect(test.lines.wait(for: "map for alice, data 1122334455667788"))
        #expect(test.lines.wait(for: "write for alice, data 1122334455667788"))
        #expect(test.ask(.logout(session)).verdict == .allow)
        #expect(test.lines.wait(for: "end of alice at <192.0.2.1> with id \(session), data 1122334455667788"))
    }

    /// What the module has handed back, without the id of the decision that it was told.
    private func named(_ answer: Answer) -> [Field] {
        answer.attributes.filter { $0.name != DoorAttribute.decisionID.rawValue }
    }

    @Test func `is groups, and a check says obligations`() throws {
        let test = try TestHost("attributes")
        var login = try test.login("alice")
        login.attributes = [Field("certificate", "CN=alice"), Field("realm", "")]
        let answer = test.ask(.login(login))
        #expect(named(answer) == login.attributes + [Field("group", "traders")])
        var check = Check(.read, try ObjectName("/a"))
        check.attributes = [Field("host", "example.org")]
        let checked = test.ask(.check(try #require(answer.session), check))
        #expect(named(checked) == check.attributes + [Field("group", "traders")])
    }

    @Test func `is told with a mapping, and with that of a check`() throws {
        let test = try TestHost("maps_attributes")
        let (session, name) = (try test.session(), try ObjectName("/a"))
        #expect(test.ask(.map(session, name)).mappedName?.text == "/a")
        let trace = [Field("realm", ""), Field("trace-parent", "00-1")]
        #expect(test.ask(.map(session, name, attributes: trace)).mappedName?.text == "/00-1")
        var check = Check(.read, name)
        #expect(test.ask(.check(session, check)).verdict == .deny)
        check.attributes = trace
        #expect(test.ask(.check(session, check)).verdict == .allow)
    }

    @Test func `is kept with the session, and told again of a log-in that is kept`() throws {
        let test = try TestHost("attributes")
        let first = test.ask(.authenticate(try test.login("alice")))
        #expect(named(first) == [Field("group", "traders")])
        let second = test.ask(.authenticate(try test.login("alice")))
        #expect(second.session == first.session)
        #expect(second.attributes == first.attributes)
        #expect(test.host.describe(try #require(first.session))?.attributes == first.attributes)
    }

    @Test func `a kept log-in is another's whose attributes differ, but not for another request`() throws {
        let test = try TestHost("attributes")
        var login = try test.login("alice")
        login.attributes = [Field("tls.digest", "a"), Field("trace-parent", "1")]
        let first = test.ask(.authenticate(login))
        login.attributes = [Field("tls.digest", "a"), Field("trace-parent", "2")]
        #expect(test.ask(.authenticate(login)).session == first.session)
        login.attributes = [Field("tls.digest", "b"), Field("trace-parent", "2")]
        #expect(test.ask(.authenticate(login)).session != first.session)
    }

    @Test func `attributes come to a module alone that declares that it reads them`() throws {
        let test = try TestHost("attributes_unread")
        #expect(!test.host.readsAttributes)
        var login = try test.login("alice")
        login.attributes = [Field("realm", "example.org")]
        let answer = test.ask(.login(login))
        #expect(answer.attributes == [Field("group", "traders")])
        var check = Check(.read, try ObjectName("/a"))
        check.attributes = login.attributes
        #expect(test.ask(.check(try #require(answer.session), check)).attributes == [Field("group", "traders")])
        #expect(try TestHost("attributes").host.readsAttributes)
    }

    @Test(arguments: [
        ("many", "65 attributes; at most 64 are accepted"),
        ("unnamed", "the name of attribute 2 is of 0 bytes; 1 to 255 bytes"),
        ("control", "the value of attribute 2, `a`, is `x\\u{a}y`; at most 4095 bytes of text without NULs"),
        ("nul", "the value of attribute 2, `a`, is `x\\u{0}y`; at most 4095 bytes of text without NULs"),
        ("reserved", "auth_pair_t.reserved of attribute 2, `a`, is 7"), ("member", "auth_result_t.reserved is 1"),
    ])
    func `denies where it breaks a bound, and says which`(_ user: String, _ says: String) throws {
        let test = try TestHost("attributes")
        let answer = test.ask(.login(try test.login(user)))
        #expect(answer.verdict == .undecided)
        #expect(answer.logText?.contains(says) == true, "\(answer)")
        #expect(test.host.sessionCount == 0)
    }
}

@Suite struct `A module with more entries than it has` {
    @Test func `is asked as if it did not export the others`() throws {
        let test = try TestHost("no_such_entry")
        let session = try test.session()
        for action in Check.Action.allCases {
            #expect(TestHost.wait(try test.check(session, action, "/a")).verdict == .allow, "\(action)")
        }
        let name = try ObjectName("/a")
        #expect(test.ask(.map(session, name)).mappedName == name)
        let rows = [Check(.read, name), Check(.write, name)]
        #expect(test.host.ask(rows, session: session).map { TestHost.wait($0).verdict } == [.allow, .allow])
        let refused = test.ask(.resume(try test.login("bob")))
        #expect(refused.verdict == .deny && refused.reason == .noEntry)
        #expect(test.host.resumesUsers)
        let request = RealmRequest(.get, path: name, user: "alice", password: Secret(""))
        #expect(TestHost.wait(test.host.permits(request, session: session, object: name)).reason == .noEntry)
        #expect(test.ask(.logout(session)).verdict == .allow)
    }

    @Test func `is told of the end of one session, and of no other`() throws {
        let test = try TestHost("no_such_entry")
        let decider = try #require(test.host.decider.value)
        #expect(test.ask(.logout(try test.session())).verdict == .allow)
        #expect(test.lines.wait(for: "told of an end"))
        // The line comes before the entry returns.
        while decider.learnsEnds { sched_yield() }
        #expect(test.ask(.logout(try test.session())).verdict == .allow)
        test.host.stop()
        #expect(test.lines.all.count { $0.contains("told of an end") } == 1)
    }

    @Test func `opens no reads by that, neither of objects nor of directories`() throws {
        let test = try TestHost("reads_by_no_entry")
        let session = try test.session()
        #expect(TestHost.wait(try test.check(session, .read, "/a")).verdict == .deny)
        let name = try ObjectName("/authhost/admin/sessions")
        let request = RealmRequest(.get, path: name, user: "alice", password: Secret(""))
        #expect(TestHost.wait(test.host.permits(request, session: session, object: name)).verdict == .deny)
    }

    @Test func `explains by its check`() throws {
        let test = try TestHost("no_such_entry")
        let box = AnswerBox()
        test.host.operators.explain(Check(.read, try ObjectName("/a")), session: try test.session()) {
            box.put($0.answer)
        }
        #expect(box.wait().verdict == .allow)
    }
}

@Suite struct `A module that maps nothing` {
    @Test func `is asked for a name once, and again when it has invalidated`() throws {
        let test = try TestHost("maps_later")
        let session = try test.session()
        for _ in 0..<3 { #expect(TestHost.wait(try test.check(session, .read, "/a")).mappedName?.text == "/a") }
        let name = try ObjectName("/a")
        _ = test.host.ask([Check(.read, name), Check(.read, name)], session: session)
        #expect(test.lines.all.count { $0.contains("map /a") } == 1)
        #expect(TestHost.wait(try test.check(session, .write, "/b")).verdict == .allow)
        #expect(TestHost.wait(try test.check(session, .read, "/a")).mappedName?.text == "/inside")
        #expect(TestHost.wait(try test.check(session, .read, "/c")).mappedName?.text == "/inside")
        #expect(test.lines.all.count { $0.contains("check /inside") } == 2)
    }
}

@Suite struct `An entry that is called elsewhere than its module` {
    @Test func `may block while the others are answered on the thread that asks`() throws {
        let test = try TestHost("own_threads")
        let session = try test.session()
        let slow = test.host.ask(.login(try test.login("slow")))
        guard case .delayed = slow else {
            Issue.record("the log-in was asked on this thread")
            return
        }
        guard case .decided(let answer) = try test.check(session, .read, "/a") else {
            Issue.record("the check was asked elsewhere")
            return
        }
        #expect(answer.verdict == .allow)
        #expect(test.ask(.login(try test.login("go"))).verdict == .allow)
        #expect(TestHost.wait(slow).verdict == .allow)
        #expect(test.lines.all.contains { $0.contains("log-in on <auth-blocking>") })
        #expect(test.lines.all.contains { $0.contains("check on <") && !$0.contains("auth-blocking") })
    }
}

@Suite struct `A request for an HTTP directory` {
    @Test func `may be answered later`() throws {
        let test = try TestHost("http_later")
        let name = try ObjectName("/d")
        let session = try test.session()
        func permits(_ method: RealmRequest.Method) -> Answer {
            let request = RealmRequest(method, path: name, user: "alice", password: Secret(""))
            return TestHost.wait(test.host.permits(request, session: session, object: name))
        }
        #expect(permits(.get).verdict == .allow)
        #expect(permits(.put).verdict == .deny)
    }
}

@Suite struct `Abilities by id` {
    @Test func `are found both ways, and an unknown one is none`() throws {
        let test = try TestHost("extends")
        #expect(test.lines.wait(for: "host authhost, later none"))
        #expect(test.lines.wait(for: "is a directory client 2.6"))
    }
}
