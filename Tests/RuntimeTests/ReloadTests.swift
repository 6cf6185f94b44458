import AuthCore
import ModuleHost
import Rules
import Runtime
import Testing

extension HostConfiguration {
    /// Adds the configured mapping of `from` to `to`.
    mutating func map(_ from: String, to: String) throws {
        let mapping = try ObjectMapping(from: Array(from.utf8), to: Array(to.utf8))
        objectMaps.append(ConfiguredMapping(mapping, source: "test.conf:\(objectMaps.count + 1):12"))
    }
}

@Suite struct `A configured mapping` {
    private func host(_ fixture: String, _ maps: KeyValuePairs<String, String>) throws -> TestHost {
        var configuration = HostConfiguration()
        for (from, to) in maps { try configuration.map(from, to: to) }
        let mappings = configuration.objectMaps
        return try TestHost(fixture) {
            $0.objectMaps = mappings
            $0.readsReasons = true
        }
    }

    @Test(arguments: ["never_answers", "good9", "good9_serial", "good9_blocking", "gen6", "gen7", "bare7"])
    func `renames whether the module maps or not, and the first that matches wins`(_ fixture: String) throws {
        let test = try host(fixture, ["/FX/%1": "/FX/%u/%1", "/%1/%2": "/OTHER/%1"])
        let session = try test.session()
        let answers = try ["/FX/EURUSD", "/A/B", "/C"].map { test.ask(.map(session, try ObjectName($0))) }
        #expect(answers.map(\.mappedName?.text) == ["/FX/alice/EURUSD", "/OTHER/A", "/C"])
        #expect(answers.allSatisfy { $0.verdict == .allow })
    }

    @Test func `runs before the module's, which sees both names`() throws {
        let test = try host("names_seen", ["/tell/%1": "/told/%u/%1", "/c/%1": "/d/%1"])
        let session = try test.session()
        let mapped = test.ask(.map(session, try ObjectName("/tell/x")))
        #expect(mapped.logText == "requested /tell/x name /told/alice/x")
        let checked = TestHost.wait(try test.check(session, .write, "/c/x"))
        #expect(checked.logText == "requested /c/x name /d/x")
        #expect(checked.mappedName?.text == "/d/x")
        let checks = try ["/c/1", "/e", "/c/2"].map { Check(.read, try ObjectName($0)) }
        let batch = test.host.ask(checks, session: session).map(TestHost.wait)
        #expect(
            batch.map(\.logText) == [
                "requested /c/1 name /d/1", "requested /e name /e", "requested /c/2 name /d/2",
            ])
    }

    @Test func `is followed by the module's own`() throws {
        let test = try host("good9", ["/short/%1": "/m/%1"])
        let session = try test.session()
        #expect(test.ask(.map(session, try ObjectName("/short/x"))).mappedName?.text == "/mapped/x")
        #expect(TestHost.wait(try test.check(session, .read, "/short/x")).mappedName?.text == "/mapped/x")
    }

    @Test(arguments: ["names_seen", "never_answers"])
    func `that makes too long a name, or none, cannot be decided`(_ fixture: String) throws {
        let test = try host(
            fixture, ["/long/%1": "/%1/%1", "/up/%1": "/safe/%1/%u"])
        let long = "/long/" + String(repeating: "x", count: 3000)
        func answers(_ user: String, _ name: String) throws -> [Answer] {
            let session = try test.session(user)
            let check = Check(.read, try ObjectName(name))
            return [
                test.ask(.map(session, check.name)), TestHost.wait(test.host.ask(.check(session, check))),
            ] + test.host.ask([check, check], session: session).map(TestHost.wait)
        }
        for answer in try answers("alice", long) {
            #expect([answer.verdict] == [.undecided])
            #expect(answer.reason == .mappedNameInvalid)
            #expect(
                answer.logText == "the name that `object-map` at test.conf:1:12 makes would be longer than 4095 bytes")
        }
        for answer in try answers("alice/bob", "/up/x") {
            #expect(answer.reason == .mappedNameInvalid)
            #expect(
                answer.logText
                    == "the name that `object-map` at test.conf:2:12 makes would hold a user name with a slash")
        }
        for answer in try answers("..", "/up/x") {
            #expect(answer.reason == .mappedNameInvalid)
            #expect(
                answer.logText?.contains("makes cannot be used: an object name holds a `.` or `..` segment") == true)
        }
    }

    @Test func `is replaced by a reload, which invalidates what was kept`() throws {
        let test = try TestHost("good9")
        let login = try test.login("alice")
        let kept = try #require(test.ask(.authenticate(login)).session)
        let session = try test.session("bob")
        func name() throws -> String? { test.ask(.map(session, try ObjectName("/A/B"))).mappedName?.text }
        #expect(try name() == "/A/B")
        var settings = HostConfiguration()
        try settings.map("/A/%1", to: "/X/%1")
        test.host.apply(settings)
        #expect(try name() == "/X/B")
        let fresh = test.ask(.authenticate(login)).session
        #expect(fresh != kept)
        test.host.apply(settings)
        #expect(test.ask(.authenticate(login)).session == fresh)
        test.host.apply(HostConfiguration())
        #expect(try name() == "/A/B")
    }
}

@Suite struct `Settings applied to a running host` {
    @Test(arguments: [QuestionKind.login, .read, .write])
    func `set the deadlines of questions from then on`(_ kind: QuestionKind) throws {
        let test = try TestHost("never_answers")
        let session = try test.session()
        func ask() throws -> Ticket {
            let outcome =
                switch kind {
                case .login: test.host.ask(.login(try test.login("never")))
                case .read: try test.check(session, .read, "/never/x")
                default: try test.check(session, .write, "/never/x")
                }
            guard case .delayed(let ticket) = outcome else { throw Unexpected(outcome: outcome) }
            return ticket
        }
        let (before, after) = (AnswerBox(), AnswerBox())
        try ask().whenDecided { before.put($0) }
        var settings = HostConfiguration()
        settings.deadlines = Deadlines(
            login: kind == .login ? .seconds(2) : .seconds(90), map: .seconds(90),
            read: kind == .read ? .seconds(2) : .seconds(90), write: kind == .write ? .seconds(2) : .seconds(90))
        test.host.apply(settings)
        try ask().whenDecided { after.put($0) }
        test.clock.advance(.seconds(3))
        test.host.expireDeadlines()
        #expect(after.wait().reason == .deadline)
        #expect(test.host.openQuestions == 1)
        test.clock.advance(.seconds(28))
        test.host.expireDeadlines()
        #expect(before.wait().reason == .deadline)
    }

    @Test func `set the deadline of a delayed mapping`() throws {
        let test = try TestHost("maps_never")
        var settings = HostConfiguration()
        settings.deadlines.map = .seconds(2)
        test.host.apply(settings)
        let outcome = test.host.ask(.map(try test.session(), try ObjectName("/a")))
        test.clock.advance(.seconds(3))
        test.host.expireDeadlines()
        #expect(TestHost.wait(outcome).reason == .deadline)
    }

    @Test func `set how many questions may wait`() throws {
        let test = try TestHost("blocking_slow") { $0.blockingThreads = 1 }
        let first = test.host.ask(.login(try test.login("slow1")))
        #expect(test.lines.wait(for: "waiting"))
        let second = test.host.ask(.login(try test.login("slow2")))
        var settings = HostConfiguration()
        settings.queueLimit = 1
        test.host.apply(settings)
        #expect(TestHost.wait(test.host.ask(.login(try test.login("slow3")))).reason == .queueFull)
        test.clock.advance(.seconds(31))
        test.host.expireDeadlines()
        #expect([first, second].map { TestHost.wait($0).reason } == [.deadline, .deadline])
    }

    @Test func `set how long log-ins are kept, and forget what is kept too long`() throws {
        let test = try TestHost("good9")
        let login = try test.login("alice")
        let first = try #require(test.ask(.authenticate(login)).session)
        var settings = HostConfiguration()
        settings.loginCacheTime = .seconds(5)
        test.host.apply(settings)
        #expect(test.host.describe(first) != nil, "a question may still have it")
        let second = test.ask(.authenticate(login)).session
        #expect(second != first)
        test.clock.advance(.seconds(6))
        #expect(test.ask(.authenticate(login)).session != second)
        test.clock.advance(.seconds(66))
        test.host.expireDeadlines()
        #expect(test.host.describe(first) == nil)
    }

    @Test func `set how many log-ins are kept`() throws {
        let test = try TestHost("good9")
        for index in 0..<20 { _ = test.ask(.authenticate(try test.login("user\(index)"))) }
        var settings = HostConfiguration()
        settings.loginCacheLimit = 3
        settings.loginCacheTime = .seconds(600)
        test.host.apply(settings)
        for index in 0..<20 { _ = test.ask(.authenticate(try test.login("user\(index)"))) }
        test.clock.advance(.seconds(61))
        test.host.expireDeadlines()
        #expect(test.host.sessionCount == 3)
    }
}

/// An outcome that a test cannot go on with.
struct Unexpected: Error {
    let outcome: Outcome
}
