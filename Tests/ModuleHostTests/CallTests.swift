import AuthCore
import ModuleHost
import Testing

@Suite struct `Every generation is asked with its own parameters` {
    @Test(arguments: ["gen6", "gen7", "good9"])
    func `a login reaches the module`(_ fixture: String) throws {
        let services = RecordingServices()
        let module = try Fixtures.load(fixture, services)
        let answer = try #require(module.newUser(Ask.login(), session: 99, Ask.ticket))
        #expect(answer.status == .ok)
        #expect(module.freeUser(session: 99, .logout) == .ok)
    }

    @Test(arguments: ["gen6", "gen7"])
    func `a generation 6 or 7 module cannot take a user back without a password`(_ fixture: String) throws {
        let module = try Fixtures.load(fixture, RecordingServices())
        #expect(module.newUser(try Ask.login(), resuming: true, session: 99, Ask.ticket) == nil)
    }

    @Test func `a bare module is of generation 7 where that is allowed`() throws {
        let module = try Fixtures.load("bare7", allowsBare: true, RecordingServices())
        #expect(module.identity.generation == 7)
        #expect(module.identity.bare)
        #expect(module.identity.threads == .serial)
        #expect(try module.newUser(Ask.login(), session: 99, Ask.ticket)?.status == .ok)
    }

    @Test(arguments: [
        ("deny", Status.deny), ("nouser", .invalidUser), ("badpass", .invalidPassword), ("badaddr", .invalidAddress),
        ("expired", .accountExpired), ("userlimit", .userLimitExceeded), ("sitelimit", .siteLimitExceeded),
        ("error", .error), ("alice", .ok),
    ])
    func `a status comes back as the module gave it`(_ user: String, _ status: Status) throws {
        let module = try Fixtures.load("good9", RecordingServices())
        #expect(try module.newUser(Ask.login(user), session: 99, Ask.ticket)?.status == status)
    }

    @Test func `a name is mapped`() throws {
        let module = try Fixtures.load("good9", RecordingServices())
        let name = try Ask.name("/m/x")
        let answer = try #require(module.map(name, requested: name, Ask.session, Ask.ticket))
        #expect(answer.status == .ok)
        #expect(answer.mapped.map { String(decoding: $0, as: UTF8.self) } == "/mapped/x")
    }

    @Test(arguments: ["long_mapped_name", "long_mapped_name7"])
    func `a mapped name that is too long is not believed`(_ fixture: String) throws {
        let module = try Fixtures.load(fixture, RecordingServices())
        let name = try Ask.name("/a")
        let answer = try #require(module.map(name, requested: name, Ask.session, Ask.ticket))
        let valid = answer.breach == nil && answer.mapped.map { (try? ObjectName($0)) != nil } ?? false
        #expect(!valid)
    }

    @Test func `a module that keeps a pointer is harmless`() throws {
        let module = try Fixtures.load("keeps_a_pointer", RecordingServices())
        #expect(try module.newUser(Ask.login("first"), session: 1, Ask.ticket) != nil)
        #expect(try module.newUser(Ask.login("second"), session: 2, Ask.ticket) != nil)
    }

    @Test func `a reason for the log is cut, and cannot move a cursor`() throws {
        let module = try Fixtures.load("long_reason", RecordingServices())
        let answer = try #require(module.newUser(Ask.login(), session: 1, Ask.ticket))
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
        _ = module.check(check, object: check.name, Ask.session, Ask.ticket)
        let lines = services.lines.withLock { $0 }
        #expect(lines.contains { $0.contains("Bid") && $0.contains("1.1") }, "\(lines)")
    }

    @Test func `a batch is one call with an answer for each row`() throws {
        let module = try Fixtures.load("good9", RecordingServices())
        let names = try ["/a", "/deny/a", "/b", "/error/x"].map(Ask.name)
        let rows = names.map { (check: Check(.read, $0), object: $0) }
        let answers = try #require(module.checkBatch(rows, Ask.session, deadline: .max))
        #expect(answers.map(\.status) == [.ok, .deny, .ok, .error])
    }

    @Test func `a row that the module forgets is no answer`() throws {
        let module = try Fixtures.load("batch_partial", RecordingServices())
        let name = try Ask.name("/a")
        let rows = (0..<4).map { _ in (check: Check(.read, name), object: name) }
        let answers = try #require(module.checkBatch(rows, Ask.session, deadline: .max))
        #expect(answers.map(\.status) == [.ok, Status.none, .ok, Status.none])
    }

    @Test func `two loads are two private copies`() throws {
        let first = try Fixtures.load("gen7", RecordingServices())
        let second = try Fixtures.load("gen7", RecordingServices())
        #expect(first !== second)
        #expect(try first.newUser(Ask.login(), session: 1, Ask.ticket)?.status == .ok)
        #expect(try second.newUser(Ask.login(), session: 1, Ask.ticket)?.status == .ok)
    }
}

@Suite struct `A module is inspected without running it` {
    @Test func `identity, entries and options are in the note`() throws {
        let inspection = try ModuleLoader(Fixtures.request("one_option")).inspect()
        #expect(inspection.identity?.name == "one_option")
        #expect(inspection.options.map(\.name) == ["count", "must"])
        #expect(inspection.options.map(\.defaultValue) == ["1", nil])
        #expect(inspection.entries.contains { $0.name == "auth_new_user" && $0.signature == "i(ppp)" })
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
