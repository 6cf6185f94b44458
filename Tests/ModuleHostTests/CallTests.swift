import AuthCore
import Basics
import ModuleHost
import Synchronization
import Testing

@Suite struct `Every generation is asked with its own parameters` {
    @Test(arguments: ["gen6", "gen7", "good9"])
    func `a login reaches the module`(_ fixture: String) throws {
        let services = RecordingServices()
        let module = try Fixtures.load(fixture, services)
        let answer = try #require(module.newUser(Ask.login(), session: 99, Ask.terms))
        #expect(answer.status == .ok)
        #expect(module.freeUser(Ask.session, .logout) == .ok)
    }

    @Test(arguments: ["gen6", "gen7"])
    func `a generation 6 or 7 module cannot take a user back without a password`(_ fixture: String) throws {
        let module = try Fixtures.load(fixture, RecordingServices())
        #expect(module.newUser(try Ask.login(), resuming: true, session: 99, Ask.terms) == nil)
    }

    @Test func `a bare module is of generation 7 where that is allowed`() throws {
        let module = try Fixtures.load("bare7", bare: 7, RecordingServices())
        #expect(module.identity.generation == 7)
        #expect(module.identity.bare)
        #expect(module.identity.threads == .serial)
        #expect(try module.newUser(Ask.login(), session: 99, Ask.terms)?.status == .ok)
    }

    @Test(arguments: [
        ("deny", Status.deny), ("nouser", .invalidUser), ("badpass", .invalidPassword), ("badaddr", .invalidAddress),
        ("expired", .accountExpired), ("userlimit", .userLimitExceeded), ("sitelimit", .siteLimitExceeded),
        ("error", .error), ("alice", .ok),
    ])
    func `a status comes back as the module gave it`(_ user: String, _ status: Status) throws {
        let module = try Fixtures.load("good9", RecordingServices())
        #expect(try module.newUser(Ask.login(user), session: 99, Ask.terms)?.status == status)
    }

    @Test func `a name is mapped`() throws {
        let module = try Fixtures.load("good9", RecordingServices())
        let name = try Ask.name("/m/x")
        let answer = try #require(module.map(name, requested: name, Ask.session, Ask.terms))
        #expect(answer.status == .ok)
        #expect(answer.mapped.map { String(decoding: $0, as: UTF8.self) } == "/mapped/x")
    }

    @Test(arguments: ["long_mapped_name", "long_mapped_name7"])
    func `a mapped name that is too long is not believed`(_ fixture: String) throws {
        let module = try Fixtures.load(fixture, RecordingServices())
        let name = try Ask.name("/a")
        let answer = try #require(module.map(name, requested: name, Ask.session, Ask.terms))
        let valid = answer.breach == nil && answer.mapped.map { (try? ObjectName($0)) != nil } ?? false
        #expect(!valid)
    }

    @Test func `a module that keeps a pointer is harmless`() throws {
        let module = try Fixtures.load("keeps_a_pointer", RecordingServices())
        #expect(try module.newUser(Ask.login("first"), session: 1, Ask.terms) != nil)
        #expect(try module.newUser(Ask.login("second"), session: 2, Ask.terms) != nil)
    }

    @Test func `a reason for the log is cut, and cannot move a cursor`() throws {
        let module = try Fixtures.load("long_reason", RecordingServices())
        let answer = try #require(module.newUser(Ask.login(), session: 1, Ask.terms))
        let text = try #require(answer.logText)
        #expect(!text.isEmpty)
        #expect(text.utf8.count <= 1024 * 6)
        #expect(text == text.controlsEscaped)
    }

    @Test func `fields of a write reach generation 7`() throws {
        let services = RecordingServices()
        let module = try Fixtures.load("gen7", services)
        let check = Check(
            .write, try Ask.name("/FX/EURUSD"), fields: [Field("Bid", "1.1"), Field("Ask", "1.2")], contributionID: "c1"
        )
        _ = module.check(check, object: check.name, Ask.session, Ask.terms)
        let lines = services.lines.withLock { $0 }
        #expect(lines.contains { $0.contains("Bid") && $0.contains("1.1") }, "\(lines)")
    }

    @Test func `a batch is one call with an answer for each row`() throws {
        let module = try Fixtures.load("good9", RecordingServices())
        let names = try ["/a", "/deny/a", "/b", "/error/x"].map(Ask.name)
        let rows = names.map { (check: Check(.read, $0), object: $0) }
        let answers = try #require(module.checkBatch(rows, Ask.session, Ask.terms))
        #expect(answers.map(\.status) == [.ok, .deny, .ok, .error])
    }

    @Test func `a row that the module forgets is no answer`() throws {
        let module = try Fixtures.load("batch_partial", RecordingServices())
        let name = try Ask.name("/a")
        let rows = (0..<4).map { _ in (check: Check(.read, name), object: name) }
        let answers = try #require(module.checkBatch(rows, Ask.session, Ask.terms))
        #expect(answers.map(\.status) == [.ok, Status.none, .ok, Status.none])
    }

    @Test func `a row that is answered with 1 is no yes, and no other row suffers`() throws {
        let module = try Fixtures.load("yes_by_accident", RecordingServices())
        let name = try Ask.name("/a")
        let rows = (0..<4).map { _ in (check: Check(.read, name), object: name) }
        let answers = try #require(module.checkBatch(rows, Ask.session, Ask.terms))
        #expect(answers.map(\.status) == [.ok, .error, .ok, .error])
        #expect(answers.map { $0.breach == nil } == [true, false, true, false])
        #expect(module.check(rows[0].check, object: name, Ask.session, Ask.terms).breach != nil)
    }

    @Test func `a module may fill members of a result record that only a later revision has`() throws {
        let module = try Fixtures.load("grown_result", RecordingServices())
        let name = try Ask.name("/a")
        let rows = (0..<100).map { _ in (check: Check(.read, name), object: name) }
        for _ in 0..<3 {
            let answer = module.check(rows[0].check, object: name, Ask.session, Ask.terms)
            #expect(answer.status == .ok)
            #expect(answer.logText == "zeroed")
        }
        let answers = try #require(module.checkBatch(rows, Ask.session, Ask.terms))
        #expect(answers.map(\.status) == (0..<100).map { $0 % 2 == 0 ? .ok : .deny })
        #expect(answers.allSatisfy { $0.logText == "zeroed" })
    }

    @Test(arguments: [false, true])
    func `every row of a batch has room for a reason of its own`(_ wantsReason: Bool) throws {
        let module = try Fixtures.load("batch_reasons", RecordingServices())
        let names = try (0..<1000).map { try Ask.name("/a/\($0)") }
        let rows = names.map { (check: Check(.read, $0), object: $0) }
        let terms = CallTerms(token: 0, deadline: .max, wantsReason: wantsReason)
        let answers = try #require(module.checkBatch(rows, Ask.session, terms))
        // A reason without a reader becomes no text, also where a module gives one.
        let expected = (0..<1000).map { wantsReason ? "row \($0) of /a/\($0) lends enough, wants 1" : nil }
        #expect(answers.map(\.logText) == expected)
        #expect(answers.prefix(2).map(\.status) == [.ok, .deny])
    }

    @Test(arguments: [(false, nil), (true, "rule \"allow read /**\" at users:1")])
    func `a check carries whether a reason is wanted for an allow`(_ wantsReason: Bool, _ reason: String?) throws {
        let module = try Fixtures.load("explains", RecordingServices())
        let check = Check(.read, try Ask.name("/a"))
        let terms = CallTerms(token: 1 << 32 | 1, deadline: .max, wantsReason: wantsReason)
        let answer = module.check(check, object: check.name, Ask.session, terms)
        #expect(answer.status == .ok)
        #expect(answer.logText == reason)
    }

    @Test func `a module explains a check with its fields`() throws {
        let module = try Fixtures.load("explains", RecordingServices())
        let check = Check(.write, try Ask.name("/deny/a"), fields: [Field("Bid", "1.1")])
        let answer = try #require(module.explain(check, object: check.name, Ask.session, Ask.terms))
        #expect(answer.status == .deny)
        #expect(
            answer.explanation
                == "rule \"deny read /deny/**\" at users:2 decides for /deny/a\nfields: 1\n")
    }

    @Test(arguments: ["gen6", "gen7", "good9"])
    func `a module without an entry for it explains nothing`(_ fixture: String) throws {
        let module = try Fixtures.load(fixture, RecordingServices())
        let check = Check(.read, try Ask.name("/a"))
        #expect(module.explain(check, object: check.name, Ask.session, Ask.terms) == nil)
    }

    @Test func `an explanation is cut, and only its lines end lines`() throws {
        let module = try Fixtures.load("explains_too_much", RecordingServices())
        let check = Check(.read, try Ask.name("/a"))
        let answer = try #require(module.explain(check, object: check.name, Ask.session, Ask.terms))
        let text = try #require(answer.explanation)
        #expect(text.hasPrefix("first\\u{1b}\nsecond\\u{d}\nx"))
        // 65,536 bytes of the module's, in which two of one byte each are escaped.
        #expect(text.utf8.count == 65_536 + "\\u{1b}\\u{d}".utf8.count - 2)
    }

    @Test func `a log-in may limit the sessions of one application`() throws {
        let module = try Fixtures.load("application_limit", RecordingServices())
        let answer = try #require(module.newUser(Ask.login(), session: 1, Ask.terms))
        #expect(answer.sessionLimit == 2)
        #expect(answer.applicationSessionLimit == 1)
    }

    @Test func `a completion with a record of the first release is read`() throws {
        let services = RecordingServices()
        let module = try Fixtures.load("first_result", services)
        _ = try module.newUser(Ask.login(), session: 1, Ask.terms)
        let completion = try #require(services.completions.withLock { $0.first })
        #expect(completion.answer.breach == nil)
        #expect(completion.answer.sessionLimit == 3)
        #expect(completion.answer.applicationSessionLimit == 0)
        #expect(completion.answer.explanation == nil)
    }

    @Test func `two loads are two private copies`() throws {
        let first = try Fixtures.load("gen7", RecordingServices())
        let second = try Fixtures.load("gen7", RecordingServices())
        #expect(first !== second)
        #expect(try first.newUser(Ask.login(), session: 1, Ask.terms)?.status == .ok)
        #expect(try second.newUser(Ask.login(), session: 1, Ask.terms)?.status == .ok)
    }
}

@Suite struct `Values reach a module in one form` {
    @Test(
        arguments: [
            ([], "7 TRUE 300000 /app/etc/a\tb"),
            ([("count", "-0"), ("on", "False"), ("wait", "90"), ("file", "x/y")], "0 FALSE 90000 /app/x/y"),
            ([("count", "+12"), ("on", "tRUE"), ("wait", "1500ms"), ("file", "/z")], "12 TRUE 1500 /z"),
            ([("wait", "0d"), ("on", "TRUE")], "7 TRUE 0 /app/etc/a\tb"),
        ] as [([(String, String)], String)])
    func `whatever the operator or the module's author wrote`(_ set: [(String, String)], _ line: String) throws {
        let services = RecordingServices()
        var request = Fixtures.request(
            "options9", settings: set.map { OptionSetting(name: $0.0, value: $0.1, source: "here:1:1") })
        request.search = ModuleSearch(applicationRoot: "/app", applicationName: "tests")
        _ = try ModuleLoader(request).load(services: services)
        #expect(services.said == ["options9: \(line)"])
    }

    @Test(arguments: [
        ("wait", "5 m"), ("wait", "-5s"), ("wait", "1w"), ("wait", ""), ("wait", "99999999999999999d"),
        ("count", "1.0"),
        ("on", "yes"),
    ])
    func `or is refused with its place`(_ name: String, _ value: String) throws {
        let setting = OptionSetting(name: name, value: value, source: "here:1:1")
        let error = try #require(throws: ModuleError.self) {
            try Fixtures.load("options9", settings: [setting], RecordingServices())
        }
        #expect(error.code == .badOptionValue)
        #expect(error.place == "here:1:1" && error.description.hasPrefix("here:1:1: module `"))
        #expect(error.detail.hasPrefix("the value `\(value)` of `\(name)` is not "))
    }
}

@Suite struct `A module is inspected without running it` {
    @Test func `identity, entries and options are in the note`() throws {
        let inspection = try ModuleLoader(Fixtures.request("one_option")).inspect()
        #expect(inspection.identity?.name == "one_option")
        #expect(inspection.options.map(\.name) == ["count", "must"])
        #expect(inspection.options.map(\.defaultValue) == ["1", nil])
        #expect(inspection.entries.contains { $0.name == "auth_new_user" && $0.signature == "i(pLR)" })
    }

    @Test(arguments: [
        ("reads_undecided", []), ("good9", []),
        (
            "reads_open",
            [
                "every user may read every object: it has no auth_check_read",
                "a log-in may become another user than was typed",
            ]
        ),
        ("bare_open", ["every user may read every object: it has no auth_check_read"]),
    ])
    func `what it leaves open is said in words`(_ fixture: String, _ openings: [String]) throws {
        #expect(try ModuleLoader(Fixtures.request(fixture)).inspect().openings == openings)
    }

    @Test func `a version by macro, a tab and the end of a line are what the descriptor has`() throws {
        let inspection = try ModuleLoader(Fixtures.request("options9")).inspect()
        #expect(inspection.identity?.version == "2.1")
        #expect(
            inspection.options.first { $0.name == "wait" }?.help == "How long.\nOn two lines, the second with a\ttab.")
        #expect(try Fixtures.load("options9", RecordingServices()).options == inspection.options)
    }

    @Test func `an entry that is called elsewhere says where`() throws {
        let inspection = try ModuleLoader(Fixtures.request("own_threads")).inspect()
        #expect(inspection.entries.map(\.threads) == [0, 2, 0])
    }

    @Test func `a module whose init hangs is inspected all the same`() throws {
        #expect(try ModuleLoader(Fixtures.request("init_hangs")).inspect().hasDescriptor)
    }

    @Test func `bare entries are listed`() throws {
        let inspection = try ModuleLoader(Fixtures.request("bare7")).inspect()
        #expect(!inspection.hasDescriptor)
        #expect(inspection.bareEntries.contains("auth_new_user"))
    }
}

@Suite struct `No text that a module is handed is null` {
    @Test func `in a log-in, a check, a batch, a mapping, a request, an end, and a question for credentials`() throws {
        let services = RecordingServices()
        let module = try Fixtures.load("compares_texts", services)
        let login = try Login(user: "alice", password: Secret(""), door: "test")
        for resuming in [false, true] {
            #expect(module.newUser(login, resuming: resuming, session: 99, Ask.terms)?.status == .ok)
        }
        let check = Check(.write, try Ask.name("/a"))
        #expect(module.check(check, object: check.name, Ask.session, Ask.terms).status == .ok)
        let batch = module.checkBatch([(check, check.name)], Ask.session, Ask.terms)
        #expect(batch?.map(\.status) == [.ok])
        #expect(module.map(check.name, requested: check.name, Ask.session, Ask.terms)?.status == .notMapped)
        let request = RealmRequest(.get, path: check.name, user: "alice", password: Secret(""))
        #expect(module.httpRequest(request, Ask.session, Ask.terms)?.status == .ok)
        let destination = Destination(name: "d", address: "")
        #expect(module.credential(destination, challenge: nil, Ask.terms)?.status == .ok)
        #expect(module.credential(destination, challenge: (Secret(""), 1), Ask.terms)?.status == .ok)
        module.completed(destination, serial: 1, accepted: true)
        #expect(services.said.last == "compares_texts: told 0")
        #expect(module.freeUser(Ask.session, .logout) == .ok)
    }

    @Test(arguments: ["gen6", "gen7"])
    func `nor the id of a write that has none, in generations 6 and 7`(_ fixture: String) throws {
        let services = RecordingServices()
        let module = try Fixtures.load(fixture, services)
        let check = Check(.write, try Ask.name("/a"))
        _ = module.check(check, object: check.name, Ask.session, Ask.terms)
        #expect(services.lines.withLock { $0.contains { $0.hasSuffix("contribution ") } })
    }
}
