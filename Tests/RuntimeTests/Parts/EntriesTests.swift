import AuthCore
import ModuleHost
import Testing

@testable import Runtime

@Suite struct `A question is put to what is no module` {
    /// Stands in the place of a module, such as another process would.
    private struct Recorder: Entries {
        let seen = Seen<String>()

        func map(
            _ name: ObjectName, requested: ObjectName, attributes: [Field], _ session: ModuleSession,
            _ terms: CallTerms
        ) -> ModuleAnswer? {
            seen.add("map \(requested.text) \(session.handle)")
            return nil
        }

        func check(
            _ check: Check, object: ObjectName, content: ObjectContent?, _ session: ModuleSession,
            _ terms: CallTerms
        ) -> ModuleAnswer {
            seen.add("\(check.action) \(object.text) \(session.handle)")
            return ModuleAnswer(.deny)
        }

        func hold(_ object: ObjectName, for session: UInt64, reads: Bool, content: ObjectContent?) {
            seen.add("hold \(object.text)")
        }

        func call(_ asked: EntryCall, session: UInt64, _ terms: CallTerms) -> ModuleAnswer? {
            seen.add("\(asked.entry) \(session)")
            return ModuleAnswer(.ok)
        }
    }

    private let terms = CallTerms(token: 1, deadline: 1)

    @Test func `at one entry point, with what it says`() throws {
        let (entries, login) = (Recorder(), try TestParts().login())
        for question in [
            EntryQuestion(.login(login), .login, session: 3), EntryQuestion(.resume(login), .resume, session: 4),
            EntryQuestion(.authenticate(Destination(name: "a", address: ""), serial: 1), within: .seconds(1)),
        ] {
            #expect(question.call(entries, terms)?.status == .ok)
        }
        #expect(entries.seen.all == ["auth_new_user 3", "auth_resume_user 4", "auth_authenticate 0"])
    }

    @Test func `about an object, from the mapping to the check`() throws {
        let parts = TestParts(ScriptedDecider(maps: true))
        let (entries, session) = (Recorder(), try parts.session())
        var question = ObjectQuestion(
            parts.objects, parts.decider, session, session.moduleSession, Check(.write, try ObjectName("/A")))
        let mapped = try #require(question.call(entries, terms))
        let goesOn = question.goesOn(after: mapped)
        #expect(goesOn)
        #expect(question.call(entries, terms)?.status == .deny)
        #expect(entries.seen.all == ["map /A \(session.handle)", "write /A \(session.handle)"])
    }
}
