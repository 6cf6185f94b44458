import AuthCore
import JSONReading
import Synchronization
import Testing

@testable import DoorCarrier
@testable import DoorProtocols

@Suite struct `The AuthZEN door` {
    static func run(
        _ host: FakeHost, _ options: [(name: String, value: String)] = [], object: String? = nil,
        _ body: (RunningAddedDoor) async throws -> Void
    ) async throws {
        try await RunningAddedDoor.run(
            host, options: options,
            configure: {
                $0.type = "authzen"
                $0.name = "pdp"
                $0.object = object
            }, body)
    }

    static func question(
        _ action: String = "read", subject: String = #"{"type":"user","id":"alice"}"#,
        resource: String = #"{"type":"record","id":"r1"}"#
    ) -> String {
        #"{"subject":\#(subject),"action":{"name":"\#(action)"},"resource":\#(resource)}"#
    }

    static func request(
        _ json: String, at path: String = "/access/v1/evaluation", _ fields: [String] = [],
        type: String = "application/json"
    ) -> String {
        let lines = [
            "POST \(path) HTTP/1.1", "Host: pdp.example", "Content-Type: \(type)", "Content-Length: \(json.utf8.count)",
        ]
        return (lines + fields + ["", json]).joined(separator: "\r\n")
    }

    /// Takes everybody back in, and answers checks as the script says.
    static func host(_ script: @escaping @Sendable (Check) -> Answer = { _ in Answer(.allow, .granted) }) -> FakeHost {
        let last = Mutex<UInt64>(0)
        return FakeHost { question in
            switch question {
            case .check(_, let check): return .decided(script(check))
            case .resume(let login):
                let number = last.withLock { last in
                    last += 1
                    return last
                }
                return .decided(Answer(.allow, .granted, session: SessionID(high: 1, low: number), user: login.user))
            case .logout: return .decided(Answer(.allow, .granted))
            default: return .decided(Answer(.undecided, .invalidRequest))
            }
        }
    }

    @Test func `asks about each resource as its subject, with one session for each`() async throws {
        let host = Self.host()
        try await Self.run(host) { door async throws in
            for action in ["read", "write", "create", "delete"] {
                let response = try await door.exchange(Self.request(Self.question(action)))
                #expect(response.status == 200)
                #expect(response.body == #"{"decision":true}"#)
                #expect(response.fields["content-type"] == "application/json")
            }
        }
        #expect(
            `The RabbitMQ door`.asked(host) == [
                "resume alice  ", "read /authzen/record/r1 1", "write /authzen/record/r1 1",
                "create /authzen/record/r1 1", "write /authzen/record/r1 1",
            ])
    }

    @Test func `gives a module the properties of a write as fields`() async throws {
        let host = Self.host()
        let body = """
            {"subject":{"type":"user","id":"alice","properties":{"role":"admin","level":1.50}},
             "action":{"name":"delete","properties":{"soft":true}},
             "resource":{"type":"record","id":"r1","properties":{"status":null,"tags":["a","b"],"owner":{"id":7}}},
             "context":{"ip":"192.0.2.1"}, "future":{"x":1}}
            """
        try await Self.run(host) { door async throws in
            #expect(try await door.exchange(Self.request(body)).body == #"{"decision":true}"#)
            #expect(try await door.exchange(Self.request(body.replacing("delete", with: "read"))).status == 200)
        }
        let fields = host.questions.compactMap { question -> [String]? in
            guard case .check(_, let check) = question else { return nil }
            return check.fields.map { "\($0.name)=\($0.value)" }
        }
        #expect(
            fields == [
                [
                    "action=delete", "action.soft=true", "context.ip=192.0.2.1", "resource.owner.id=7",
                    "resource.tags=a", "resource.tags=b", "subject.level=1.5", "subject.role=admin",
                ], [],
            ])
    }

    @Test(arguments: [
        ("record-1", nil, "/authzen/record/record-1"), ("/a/b", nil, "/authzen/record/a/b"),
        ("a/b", "/x/%i/%a", "/x/a%2Fb/read"), ("%2F", "/x/%i", "/x/%252F"),
    ])
    func `names objects by the template`(id: String, template: String?, name: String) async throws {
        let host = Self.host()
        try await Self.run(host, object: template) { door async throws in
            let question = Self.question(resource: #"{"type":"record","id":"\#(id)"}"#)
            #expect(try await door.exchange(Self.request(question)).status == 200)
        }
        #expect(`The RabbitMQ door`.asked(host).last == "read \(name) 1")
    }

    static let verdicts: [(Answer, Int, String)] = [
        (Answer(.allow, .granted), 200, #"{"decision":true}"#),
        (
            Answer(.deny, .deniedByModule, clientText: "not on Sundays"), 200,
            #"{"context":{"reason":"denied-by-module","reason_user":{"en":"not on Sundays"},"verdict":"deny"},"decision":false}"#
        ),
        (
            Answer(.wrongCredentials, .invalidUser), 200,
            #"{"context":{"verdict":"wrong-credentials"},"decision":false}"#
        ),
        (
            Answer(.overLimit, .userLimit), 200,
            #"{"context":{"reason":"user-limit","verdict":"over-limit"},"decision":false}"#
        ),
        (
            Answer(.ejected, .ejectedSession), 200,
            #"{"context":{"reason":"ejected-session","verdict":"ejected"},"decision":false}"#
        ),
        (
            Answer(.undecided, .deadline), 503,
            #"{"detail":"could not decide (deadline); try again later","error":"undecided"}"#
        ),
    ]

    @Test(arguments: verdicts, [false, true])
    func `keeps the verdicts apart`(_ one: (Answer, Int, String), _ isOfSubject: Bool) async throws {
        let host =
            isOfSubject && one.0.verdict != .allow ? FakeHost { _ in .decided(one.0) } : Self.host { _ in one.0 }
        try await Self.run(host) { door async throws in
            let response = try await door.exchange(Self.request(Self.question()))
            #expect(response.status == one.1)
            #expect(response.body == one.2)
            #expect(response.fields["x-auth-verdict"] == one.0.verdict.rawValue)
        }
    }

    @Test func `a module that cannot take users back denies`() async throws {
        try await Self.run(FakeHost { _ in .decided(Answer(.deny, .noEntry)) }) { door async throws in
            let response = try await door.exchange(Self.request(Self.question()))
            #expect(response.body == #"{"context":{"reason":"no-entry","verdict":"deny"},"decision":false}"#)
        }
    }

    @Test func `tells once of an ejection, and then asks the module anew`() async throws {
        let first = Mutex(true)
        let host = Self.host { _ in
            first.withLock { first in
                defer { first = false }
                return first ? Answer(.ejected, .ejectedSession) : Answer(.allow, .granted)
            }
        }
        try await Self.run(host) { door async throws in
            #expect(try await door.exchange(Self.request(Self.question())).fields["x-auth-verdict"] == "ejected")
            #expect(try await door.exchange(Self.request(Self.question())).fields["x-auth-verdict"] == "allow")
        }
        #expect(`The RabbitMQ door`.asked(host).filter { $0.hasPrefix("resume") }.count == 2)
    }

    @Test func `a session that is gone is begun anew, but not for ever`() async throws {
        let host = Self.host { _ in Answer(.deny, .unknownSession) }
        try await Self.run(host) { door async throws in
            let response = try await door.exchange(Self.request(Self.question()))
            #expect(response.body.contains(#""decision":false"#))
        }
        #expect(host.questions.count < 8)
    }

    // MARK: - Several at once

    static let three =
        #""evaluations":[{"resource":{"type":"record","id":"yes1"}},{"resource":{"type":"record","id":"no"}},"#
        + #"{"resource":{"type":"record","id":"yes2"}}]"#

    @Test(arguments: [
        ("execute_all", [true, false, true]), ("deny_on_first_deny", [true, false]), ("permit_on_first_permit", [true]),
        (nil, [true, false, true]),
    ])
    func `evaluates as far as the semantic wants`(_ semantic: String?, _ decisions: [Bool]) async throws {
        let host = Self.host { check in
            check.name.text.contains("yes") ? Answer(.allow, .granted) : Answer(.deny, .deniedByModule)
        }
        let options = semantic.map { #","options":{"evaluations_semantic":"\#($0)"}"# } ?? ""
        let body = #"{"subject":{"type":"user","id":"alice"},"action":{"name":"read"},\#(Self.three)\#(options)}"#
        try await Self.run(host) { door async throws in
            let response = try await door.exchange(Self.request(body, at: "/access/v1/evaluations"))
            #expect(response.status == 200)
            #expect(response.body.matches(of: /"decision":(true|false)/).map { $0.1 == "true" } == decisions)
        }
        #expect(host.questions.count == decisions.count + 1)
    }

    @Test func `what is wrong with one of several is that one's denial`() async throws {
        let host = Self.host { check in
            check.name.text.hasSuffix("late") ? Answer(.undecided, .deadline) : Answer(.allow, .granted)
        }
        let body = #"""
            {"subject":{"type":"user","id":"alice"},"action":{"name":"read"},"resource":{"type":"record"},
             "evaluations":[{"resource":{"id":"r1"}},{},{"resource":7},7,{"resource":{"id":"late"}},{"resource":{"id":"/../x"}},
              {"resource":{"id":"r1"},"subject":{"type":"service","id":"alice"}}]}
            """#
        try await Self.run(host) { door async throws in
            let response = try await door.exchange(Self.request(body, at: "/access/v1/evaluations"))
            let expected = [
                #"{"decision":true}"#,
                #"{"context":{"error":{"message":"the member `resource.id` is missing","status":400}},"decision":false}"#,
                #"{"context":{"error":{"message":"the member `resource` is not an object","status":400}},"decision":false}"#,
                #"{"context":{"error":{"message":"an evaluation is not an object","status":400}},"decision":false}"#,
                #"{"context":{"error":{"message":"could not decide (deadline); try again later","status":503},"#
                    + #""reason":"deadline","verdict":"undecided"},"decision":false}"#,
                #"{"context":{"reason":"invalid-name","verdict":"deny"},"decision":false}"#,
                #"{"context":{"verdict":"wrong-credentials"},"decision":false}"#,
            ]
            #expect(response.body == #"{"evaluations":[\#(expected.joined(separator: ","))]}"#)
        }
    }

    @Test(arguments: ["", #","evaluations":[]"#])
    func `none of several is a single question`(_ evaluations: String) async throws {
        try await Self.run(Self.host()) { door async throws in
            let body = Self.question().dropLast() + evaluations + "}"
            let response = try await door.exchange(Self.request(String(body), at: "/access/v1/evaluations"))
            #expect(response.body == #"{"decision":true}"#)
        }
    }

    @Test func `many that the host need not be asked about are answered too`() async throws {
        let body = #"{"evaluations":[\#(Array(repeating: "{}", count: 1_000).joined(separator: ","))]}"#
        try await Self.run(Self.host()) { door async throws in
            let response = try await door.exchange(Self.request(body, at: "/access/v1/evaluations"))
            #expect(response.body.matches(of: /"decision":false/).count == 1_000)
            let more = body.replacing("[{},", with: "[{},{},")
            #expect(try await door.exchange(Self.request(more, at: "/access/v1/evaluations")).status == 400)
        }
    }

    // MARK: - Searches and metadata

    @Test func `finds the actions that a subject may do`() async throws {
        let host = Self.host { check in
            check.action == .create || check.fields.contains(Field("action", "archive"))
                ? Answer(.deny, .deniedByModule) : Answer(.allow, .granted)
        }
        let body =
            #"{"subject":{"type":"user","id":"alice"},"resource":{"type":"record","id":"r1"},"page":{"limit":1}}"#
        try await Self.run(host, [("write-actions", "write archive")]) { door async throws in
            let response = try await door.exchange(Self.request(body, at: "/access/v1/search/action"))
            #expect(response.body == #"{"results":[{"name":"read"},{"name":"write"}]}"#)
            let spaceship = body.replacing(#""user""#, with: #""spaceship""#)
            let none = try await door.exchange(Self.request(spaceship, at: "/access/v1/search/action"))
            #expect(none.body == #"{"results":[]}"#)
        }
    }

    @Test func `gives no list of actions where one could not be decided`() async throws {
        let host = Self.host { $0.action == .create ? Answer(.undecided, .deadline) : Answer(.allow, .granted) }
        try await Self.run(host) { door async throws in
            let response = try await door.exchange(Self.request(Self.question(), at: "/access/v1/search/action"))
            #expect(response.status == 503)
        }
    }

    @Test(arguments: ["subject", "resource"])
    func `says that it cannot list, rather than that there are none`(_ what: String) async throws {
        try await Self.run(Self.host()) { door async throws in
            let response = try await door.exchange(Self.request(Self.question(), at: "/access/v1/search/\(what)"))
            #expect(response.status == 501)
        }
    }

    @Test(arguments: [
        ("https://pdp.example.com", "", "/.well-known/authzen-configuration"),
        ("https://pdp.example.com/one", "/one", "/.well-known/authzen-configuration/one"),
    ])
    func `tells enforcement points where to ask`(_ base: String, _ prefix: String, _ path: String) async throws {
        try await Self.run(Self.host(), [("base-url", base)]) { door async throws in
            let response = try await door.get(path)
            #expect(response.status == 200)
            #expect(response.fields["content-type"] == "application/json")
            #expect(
                response.body == #"{"access_evaluation_endpoint":"\#(base)/access/v1/evaluation","#
                    + #""access_evaluations_endpoint":"\#(base)/access/v1/evaluations","policy_decision_point":"\#(base)","#
                    + #""search_action_endpoint":"\#(base)/access/v1/search/action"}"#)
            let asked = try await door.exchange(
                Self.request(Self.question(), at: "\(prefix)/access/v1/evaluation"))
            #expect(asked.body == #"{"decision":true}"#)
        }
    }

    @Test func `makes up no address of its own`() async throws {
        try await Self.run(Self.host()) { door async throws in
            #expect(try await door.get("/.well-known/authzen-configuration").status == 404)
        }
    }

    // MARK: - What is no question

    static let wrong = [
        "", "{", "[]", "7", #"{"subject":{"type":"user","id":"alice"}}"#,
        question(subject: #""alice""#), question(subject: #"{"id":"alice"}"#), question(subject: #"{"type":"user"}"#),
        question(resource: #"{"type":"record"}"#), question(resource: #"{"id":"r1"}"#),
        question(resource: #"{"type":"record","id":7}"#), question(subject: #"{"type":"user","id":"a","id":"b"}"#),
        question().replacing(#"{"name":"read"}"#, with: "{}"), question().replacing(#""read""#, with: "123"),
        question(resource: #"{"type":"record","id":"r1","properties":"x"}"#),
        question(resource: #"{"type":"record","id":"r1","properties":{"a":"\u0000"}}"#),
    ]

    @Test(arguments: wrong, ["/access/v1/evaluation", "/access/v1/evaluations"])
    func `asks nothing about what is not a question`(_ body: String, _ path: String) async throws {
        let host = Self.host()
        try await Self.run(host) { door async throws in
            let response = try await door.exchange(Self.request(body, at: path, ["X-Request-ID: abc-1"]))
            #expect(response.status == 400, "\(response.body)")
            #expect(response.fields["x-request-id"] == "abc-1")
        }
        #expect(host.questions.isEmpty)
    }

    @Test func `takes JSON alone, by POST alone`() async throws {
        try await Self.run(Self.host()) { door async throws in
            let form = Self.request(Self.question(), type: "application/x-www-form-urlencoded")
            #expect(try await door.exchange(form).status == 400)
            #expect(try await door.get("/access/v1/evaluation").status == 405)
            #expect(try await door.get("/access/v2/evaluation").status == 404)
        }
    }

    @Test func `echoes the id of a request`() async throws {
        try await Self.run(Self.host()) { door async throws in
            let response = try await door.exchange(Self.request(Self.question(), ["X-Request-ID: bfe9eb29-ab87"]))
            #expect(response.fields["x-request-id"] == "bfe9eb29-ab87")
            #expect(try await door.exchange(Self.request(Self.question())).fields["x-request-id"] == nil)
        }
    }

    @Test func `answers nothing that was cut short, and two that came at once`() async throws {
        let host = Self.host()
        let bytes = Array(Self.request(Self.question()).utf8)
        try await Self.run(host) { door async throws in
            for end in bytes.indices {
                let client = try await door.client()
                try await client.send(bytes[..<end])
                try await client.closeOutput()
                #expect(await client.end().isEmpty, "at \(end)")
                try await client.close()
            }
            #expect(host.questions.isEmpty)
            let client = try await door.client()
            try await client.send(bytes + bytes)
            #expect(await client.responses(2).map(\.status) == [200, 200])
            try await client.close()
        }
    }

    @Test(arguments: [
        ("base-url", "http://pdp.example.com"), ("base-url", "https://pdp.example.com/"), ("base-url", "https://"),
        ("base-url", "https://a/b?c"), ("base-url", "https://a/../b"),
    ])
    func `takes no other base`(_ name: String, _ value: String) {
        var settings = DoorSettings(type: "authzen", name: "pdp")
        settings.options = [(name, value)]
        let problem = #expect(throws: DoorProblem.self) { try DoorServers.check(settings) }
        #expect(problem?.description.contains("is no base") == true)
    }

    @Test func `takes no action into two lists`() {
        var settings = DoorSettings(type: "authzen", name: "pdp")
        settings.options = [("create-actions", "make read")]
        let problem = #expect(throws: DoorProblem.self) { try DoorServers.check(settings) }
        #expect(problem?.description == "the action `read` is listed twice")
    }

    @Test(arguments: [
        (
            #"{"a":[1,1.0,1.25,-7,true,null,"é"]}"#,
            JSONValue.object([
                "a": .list([.number("1"), .number("1"), .number("1.25"), .number("-7"), .flag(true), .null, .text("é")])
            ])
        ), ("[]", .list([])),
    ])
    func `reads JSON as it stands`(_ text: String, _ value: JSONValue) throws {
        #expect(try JSONValue(Array(text.utf8)) == value)
    }
}
