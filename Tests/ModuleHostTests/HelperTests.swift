import AuthCore
import Basics
import Glibc
import ModuleHost
import Synchronization
import Testing

/// The same file, loaded into this process and into a helper process.
@Suite struct `A module is the same in a helper process` {
    private static let program = Fixtures.directory + "/../authhost-helper"

    private static func isolated(_ name: String, bare: UInt32?) -> LoadRequest {
        let here = String(cString: getcwd(nil, 0))
        var request = Fixtures.request(name, bare: bare)
        request.isolation = ModuleIsolation(program: program.hasPrefix("/") ? program : "\(here)/\(program)")
        return request
    }

    /// All that an answer says, but for session data: that may be an address.
    private func shown(_ answer: ModuleAnswer?) -> String {
        guard let answer else { return "none" }
        let texts = [answer.logText, answer.clientText, answer.user, answer.explanation, answer.breach]
        return "\(answer.status) \(texts) \(answer.mapped ?? []) \(answer.expiry) \(answer.sessionLimit) "
            + "\(answer.applicationSessionLimit) \(answer.attributes) \(String(describing: answer.refusal)) "
            + "\(answer.secret?.count ?? -1)"
    }

    private func answers(_ module: LoadedModule) throws -> [String] {
        var answers: [String] = []
        for user in ["alice", "deny", "badpass", "userlimit", "first", "second", "two", ""] {
            guard let login = try? Ask.login(user) else { continue }
            answers.append("log-in \(user): " + shown(module.newUser(login, session: 99, Ask.terms)))
        }
        for text in ["/a", "/deny/a", "/error/a", "/m/x", "/again/a", "/long/a"] {
            let name = try Ask.name(text)
            for action in [Check.Action.read, .write, .create] {
                let check = Check(action, name)
                answers.append(
                    "\(action) \(text): " + shown(module.check(check, object: name, Ask.session, Ask.terms)))
            }
            let trace = [Field("trace-parent", "00-1")]
            answers.append(
                "map \(text): "
                    + shown(module.map(name, requested: name, attributes: trace, Ask.session, Ask.terms)))
            answers.append(
                "explain \(text): "
                    + shown(module.explain(Check(.read, name), object: name, Ask.session, Ask.terms)))
        }
        let batch = try (0..<100).map { number -> (check: Check, object: ObjectName) in
            let name = try Ask.name(number % 3 == 0 ? "/deny/\(number)" : "/a/\(number)")
            return (Check(.read, name), name)
        }
        answers += module.checkBatch(batch, Ask.session, Ask.terms)?.map(shown) ?? ["no batch"]
        answers.append("reload: \(String(describing: module.reload()))")
        return answers
    }

    @Test(arguments: [
        "good9", "good9_serial", "good9_blocking", "attributes", "attributes_unread", "absurd_expiry",
        "application_limit", "bad_mapped_name", "batch_partial", "batch_reasons", "compares_texts", "content9",
        "explains",
        "explains_too_much", "first_result", "gen6", "gen7", "grown_result", "huge_text", "long_mapped_name",
        "long_mapped_name7", "long_reason", "mapped_without_name", "maps_attributes", "maps_never", "names_seen",
        "no_such_entry",
        "objects7", "options9", "reads_by_no_entry", "reads_open", "reads_undecided", "reserved_status",
        "returns_errno", "says_no_user", "signed_tokens", "small_result", "unknown_status",
        "yes_by_accident", "zero_status", "museum_gen6", "museum_gen7",
    ])
    func `and answers each question alike`(_ name: String) throws {
        let (here, there) = (RecordingServices(), RecordingServices())
        let inProcess = try Fixtures.load(name, here)
        let inHelper = try ModuleLoader(Self.isolated(name, bare: nil)).load(services: there)
        #expect(inHelper.identity.name == inProcess.identity.name)
        #expect(inHelper.entryNames == inProcess.entryNames.filter { $0 != "auth_get_extension" })
        let (expected, found) = (try answers(inProcess), try answers(inHelper))
        for (expected, found) in zip(expected, found) { #expect(found == expected) }
        #expect(found.count == expected.count)
        #expect(there.invalidations.withLock { $0 } == here.invalidations.withLock { $0 })
        #expect(there.ejections.withLock { $0 } == here.ejections.withLock { $0 })
        inHelper.exit()
        inProcess.exit()
    }

    @Test(arguments: [("bare6", UInt32(6)), ("bare7", 7), ("bare_init", 7)])
    func `also where it has no descriptor`(_ name: String, _ generation: UInt32) throws {
        let inProcess = try Fixtures.load(name, bare: generation, RecordingServices())
        let inHelper = try ModuleLoader(Self.isolated(name, bare: generation)).load(services: RecordingServices())
        #expect(try answers(inHelper) == answers(inProcess))
        inHelper.exit()
    }

    @Test(arguments: [
        ("note_differs", "the number of entry points is `2` in the note and `3` in the descriptor"),
        ("note_other_version", "the version is `1.0` in the note and `1.1` in the descriptor"),
        ("note_other_default", "of option 1, `one`, the default is `1` in the note and `2` in the descriptor"),
        ("note_other_threads", "of entry `auth_new_user` the threads is `2` in the note and `0` in the descriptor"),
        ("note_separator", "of option 1, `one`, the default is `a` in the note and `a\\u{1f}b` in the descriptor"),
    ])
    func `and is refused where its note says otherwise, with the field and both values`(
        _ name: String, _ says: String
    ) throws {
        let error = try #require(throws: ModuleError.self) {
            try ModuleLoader(Self.isolated(name, bare: nil)).load(services: RecordingServices())
        }
        #expect(error.detail.contains("its note and its descriptor differ: \(says)"), "\(error)")
    }

    @Test func `and completes from its own threads`() throws {
        let services = RecordingServices()
        let module = try ModuleLoader(Self.isolated("good9", bare: nil)).load(services: services)
        let name = try Ask.name("/delay/a")
        #expect(module.check(Check(.read, name), object: name, Ask.session, Ask.terms).status == .delayed)
        services.completed.wait()
        #expect(services.completions.withLock { $0.map(\.token) } == [Ask.terms.token])
        module.exit()
    }
}
