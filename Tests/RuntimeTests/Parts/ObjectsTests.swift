import AuthCore
import ModuleHost
import Synchronization
import Testing

@testable import Runtime

@Suite struct `The objects of a host` {
    private func ask(_ parts: TestParts, _ check: Check) throws -> Answer {
        let session = try parts.session()
        var question = ObjectQuestion(parts.objects, parts.decider, session, session.moduleSession, check)
        return try #require(question.ask(at: parts.clock.monotonic).decided)
    }

    @Test func `are checked at once by a decider that maps nothing`() throws {
        let parts = TestParts()
        let answer = try ask(parts, Check(.read, try ObjectName("/a")))
        #expect(answer.verdict == .allow && answer.mappedName?.text == "/a" && answer.user == "alice")
        #expect(parts.decider.asked == ["auth_check_read"])
    }

    @Test func `have the name that a decider gives them, and no other than a valid one`() throws {
        for (name, reason) in [("/inside", Reason.granted), ("inside", .mappedNameInvalid)] {
            var mapped = ModuleAnswer(.ok)
            mapped.mapped = Array(name.utf8)
            let parts = TestParts(ScriptedDecider(maps: true) { [mapped] in $0.answers["auth_map_object"] = mapped })
            let answer = try ask(parts, Check(.write, try ObjectName("/a")))
            #expect(answer.reason == reason)
            #expect(parts.decider.asked.first == "auth_map_object")
        }
    }

    @Test func `take content where it is open, within its bounds, and say when it changes`() throws {
        let name = try ObjectName("/a")
        let content = ObjectContent(fields: [Field("price", "7")])
        #expect(throws: ObjectRefusal.self) { try TestParts().objects.setContent(content, of: name) }
        var limits = ObjectLimits()
        limits.isOpen = true
        limits.total = 1
        let parts = TestParts(ScriptedDecider(tracksObjects: true), objectLimits: limits)
        let seen = Seen<Invalidation>()
        let watch = parts.invalidations.watch { seen.add($0) }
        try parts.objects.setContent(content, of: name)
        #expect(parts.objects.value(of: "price", ofObject: "/a") == "7")
        #expect(throws: ObjectRefusal.self) { try parts.objects.setContent(content, of: try ObjectName("/b")) }
        try parts.objects.setContent(nil, of: name)
        #expect(parts.objects.content(of: name) == nil)
        #expect(parts.decider.told == ["change /a", "change /a"])
        #expect(seen.all == [.object("/a"), .object("/a")])
        withExtendedLifetime(watch) {}
    }

    @Test func `that wait for content complete their questions when it comes`() throws {
        var limits = ObjectLimits()
        limits.isOpen = true
        let parts = TestParts(objectLimits: limits)
        let name = try ObjectName("/a")
        #expect(parts.objects.store.wait(77, for: name, since: 0) == true)
        try parts.objects.setContent(ObjectContent(fields: []), of: name)
        #expect(parts.decider.state.withLock { $0.completed } == [77])
    }

    @Test func `are checked many at once, each with its own answer`() throws {
        let said = [ModuleAnswer(.ok), ModuleAnswer(.deny), ModuleAnswer(.delayed)]
        let answers = try TestParts(ScriptedDecider { $0.batch = said }).batch(["/a", "/b", "/c"])
        // A row that is delayed would never be answered.
        #expect(answers.map { $0?.reason } == [.granted, .deniedByModule, .brokenAnswer])
    }

    @Test func `are left to be asked alone where the module says so, or has no such entry`() throws {
        let said = [ModuleAnswer(.askAlone), ModuleAnswer(.deny), ModuleAnswer(.noEntry)]
        let answers = try TestParts(ScriptedDecider { $0.batch = said }).batch(["/a", "/b", "/c"])
        #expect(answers.map { $0?.reason } == [nil, .deniedByModule, nil])
    }

    @Test func `are left to be asked alone where more comes with a check than its name`() throws {
        let parts = TestParts(ScriptedDecider { $0.batch = [ModuleAnswer(.ok), ModuleAnswer(.ok)] })
        let (rows, bare) = try parts.asked(["/a", "/b", "/c", "/d"])
        var checks = bare
        let session = rows[0].session.id
        checks[1] = SessionCheck(session, Check(.write, checks[1].check.name, fields: [Field("Bid", "1")]))
        var attributed = checks[2].check
        attributed.attributes = [Field("address", "192.0.2.1")]
        checks[2] = SessionCheck(session, attributed)
        let answers = parts.batch(rows, checks)
        #expect(answers.map { $0 != nil } == [true, false, false, true])
    }

    @Test func `are counted together where rows that follow one another are answered alike`() throws {
        let said = [ModuleAnswer(.ok), ModuleAnswer(.ok), ModuleAnswer(.deny), ModuleAnswer(.ok)]
        let parts = TestParts(ScriptedDecider { $0.batch = said })
        let (rows, checks) = try parts.asked(["/a", "/b", "/c", "/d"])
        var answers = BatchAnswers(count: 4, DecisionIDs())
        parts.objects.batch(rows, of: checks, parts.decider, at: parts.clock.monotonic, into: &answers)
        #expect(answers.tallies.map(\.count) == [2, 1, 1])
        #expect(answers.tallies.map(\.reason) == [.granted, .deniedByModule, .granted])
        #expect(Set(checks.indices.compactMap { answers.decided($0)?.decision }).count == 4)
    }

    @Test func `are left to be asked one by one where a decider has no batch, or content may come`() throws {
        #expect(try TestParts().batch(["/a", "/b"]).allSatisfy { $0 == nil })
        let said = [ModuleAnswer(.ok), ModuleAnswer(.ok)]
        let tracks = TestParts(ScriptedDecider(tracksObjects: true) { $0.batch = said })
        #expect(try tracks.batch(["/a", "/b"]).allSatisfy { $0 == nil })
        var limits = ObjectLimits()
        limits.isOpen = true
        let open = TestParts(ScriptedDecider { $0.batch = said }, objectLimits: limits)
        #expect(try open.batch(["/a", "/b"]).allSatisfy { $0 == nil })
    }
}
