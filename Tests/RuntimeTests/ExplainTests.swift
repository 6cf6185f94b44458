import AuthCore
import Basics
import ModuleHost
import Runtime
import Synchronization
import Testing

@Suite struct `An explanation` {
    private func explain(_ fixture: String, _ action: Check.Action, _ name: String, _ fields: [Field] = []) throws
        -> ExplainedAnswer
    {
        let test = try TestHost(fixture)
        let box = Mutex<ExplainedAnswer?>(nil)
        let ready = ThreadSemaphore()
        let check = Check(action, try ObjectName(name), fields: fields)
        test.host.operators.explain(check, session: try test.session()) { answer in
            box.withLock { $0 = answer }
            ready.signal()
        }
        try #require(ready.wait(for: .seconds(60)))
        return try #require(box.withLock { $0 })
    }

    @Test func `says what decides for the name inside, and with which fields`() throws {
        let explained = try explain("explains", .write, "/in/x", [Field("Bid", "1")])
        #expect(explained.answer.verdict == .allow)
        #expect(explained.answer.mappedName?.text == "/out/x")
        #expect(explained.explanation == "rule \"allow read /**\" at users:1 decides for /out/x\nfields: 1\n")
    }

    @Test func `agrees with the check`() throws {
        let explained = try explain("explains", .read, "/deny/x")
        #expect(explained.answer.verdict == .deny)
        #expect(explained.answer.reason == .deniedByModule)
        #expect(explained.answer.logText == "rule \"deny read /deny/**\" at users:2")
    }

    @Test(arguments: ["good9", "good9_serial", "good9_blocking", "gen6", "gen7", "bare7"])
    func `is the check's own answer where the module does not explain`(_ fixture: String) throws {
        let explained = try explain(fixture, .read, "/deny/x")
        #expect(explained.answer.verdict == .deny)
        #expect(explained.explanation == nil)
    }

    @Test func `of a session that is not known is refused`() throws {
        let test = try TestHost("explains")
        let box = Mutex<ExplainedAnswer?>(nil)
        test.host.operators.explain(Check(.read, try ObjectName("/a")), session: .random()) { answer in
            box.withLock { $0 = answer }
        }
        #expect(box.withLock { $0 }?.answer.reason == .unknownSession)
    }

    @Test func `what is told of it has the check's entry point, where the module explains nothing`() throws {
        let test = try TestHost("tells_one")
        let box = AnswerBox()
        test.host.operators.explain(Check(.create, try ObjectName("/a")), session: try test.session()) {
            box.put($0.answer)
        }
        #expect(box.wait().verdict == .undecided)
        #expect(test.lines.wait(for: "tells_one: broke its contract in auth_check_create: returned 99"))
    }
}
