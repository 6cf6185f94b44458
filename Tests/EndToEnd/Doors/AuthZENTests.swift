import Foundation
import Testing

/// The certification scenario of the Authorization API 1.0, asked of a real authhost whose users file decides it.
@Suite(.needs(.curl)) struct AuthZENTests {
    private let folder: Folder
    private let authhost: ChildProcess
    private let client: Client

    init() throws {
        folder = try Folder()
        let socket = folder.path("pdp.sock")
        let configuration = try Place.text("examples/authzen/authhost.conf")
        let own = "client uid:\(geteuid())"
        let text = configuration.replacing("listen 127.0.0.1:8087", with: "socket \(socket)")
            .replacing("client 127.0.0.1", with: own)
        #expect(text.contains(socket) && text.contains(own))
        try folder.write(Place.text("examples/authzen/users.xml"), to: "users.xml")
        authhost = try ChildProcess(
            [Place.binary("authhost"), "serve", "-c", folder.write(text, to: "authhost.conf")])
        try authhost.wait(for: "door pdp: listening")
        client = Client(socket: socket)
    }

    static let alice = #""subject":{"type":"user","id":"alice"}"#
    static let bob = #""subject":{"type":"user","id":"bob"}"#
    static let admin = #""subject":{"type":"user","id":"bob","properties":{"role":"admin"}}"#
    static let first = #""resource":{"type":"record","id":"record-1"}"#
    static let archived = #""resource":{"type":"record","id":"record-2","properties":{"status":"archived"}}"#
    static func action(_ name: String) -> String { #""action":{"name":"\#(name)"}"# }
    static func delete(soft: Bool) -> String { #""action":{"name":"delete","properties":{"soft":\#(soft)}}"# }

    /// Section 1.4, in its order, then sections 2.2.3, 2.2.8 and 2.2.9.
    static let decisions: [([String], Bool)] = [
        ([alice, action("read"), first], true), ([alice, action("write"), first], true),
        ([bob, action("read"), first], true), ([bob, action("write"), first], false),
        ([alice, action("write"), archived], false), ([admin, action("write"), archived], true),
        ([alice, delete(soft: true), first], true), ([alice, delete(soft: false), first], false),
        ([alice, action("read"), first, #""context":{"time":"2025-06-27T18:03-07:00","ip":"192.168.1.1"}"#], true),
        (
            [
                #""subject":{"type":"user","id":"alice","properties":{"department":"Sales","role":"manager"}}"#,
                #""action":{"name":"read","properties":{"method":"GET"}}"#,
                #""resource":{"type":"record","id":"record-1","properties":{"status":"active","owner":"bob"}}"#,
            ], true
        ), ([alice, action("read"), first, #""foo":"bar","futureField":{"nested":true}"#], true),
    ]

    private func ask(_ path: String, _ members: [String], headers: [String] = []) throws -> Response {
        try client.post("/access/v1/\(path)", "{\(members.joined(separator: ","))}", headers: headers)
    }

    private func decision(_ response: Response) -> Bool? {
        (try? JSONSerialization.jsonObject(with: Data(response.body.utf8)) as? [String: Any])?["decision"] as? Bool
    }

    @Test func `decides as the scenario wants, each time`() throws {
        for (members, expected) in Self.decisions {
            for path in ["evaluation", "evaluations", "evaluation"] {
                let response = try ask(path, members, headers: ["X-Request-ID: scenario-1"])
                #expect(response.status == 200, "\(members)")
                #expect(decision(response) == expected, "\(members) \(response.body) \(authhost.seen)")
                #expect(response.headers["content-type"] == "application/json")
                #expect(response.headers["x-request-id"] == "scenario-1")
            }
        }
    }

    /// Sections 3.2.1 to 3.2.7 and 3.4.1; nil: any decision.
    static let batches: [([String], [Bool?])] = [
        (
            [
                alice, action("read"),
                #""evaluations":[{\#(first)},{"resource":{"type":"record","id":"record-2"}}]"#,
            ], [nil, nil]
        ), ([bob, first, #""evaluations":[{\#(action("read"))},{\#(action("write"))}]"#], [true, false]),
        (
            [
                alice, action("write"),
                #""evaluations":[{"resource":{"type":"record","id":"record-1","properties":{"status":"active"}}},{\#(archived)}]"#,
            ], [true, false]
        ), ([action("write"), archived, #""evaluations":[{\#(alice)},{\#(admin)}]"#], [false, true]),
        (
            [#""evaluations":[{\#(alice),\#(action("read")),\#(first)},{\#(bob),\#(action("write")),\#(first)}]"#],
            [true, false]
        ),
        (
            [
                alice, action("read"), #""context":{"time":"2025-06-27T18:03-07:00"}"#,
                #""evaluations":[{\#(first)},{\#(first),"context":{"source":"batch-override"}}]"#,
            ], [nil, nil]
        ),
        (
            [
                alice, action("write"), #""resource":{"type":"record"}"#,
                #""evaluations":[{"resource":{"id":"record-1","properties":{"status":"active"}}},{\#(archived)}]"#,
            ], [true, false]
        ), ([alice, action("read"), #""evaluations":[{\#(first)},{}]"#], [true, false]),
    ]

    @Test func `decides several as the scenario wants`() throws {
        for (members, expected) in Self.batches {
            let response = try ask("evaluations", members)
            let body = try JSONSerialization.jsonObject(with: Data(response.body.utf8)) as? [String: Any]
            let items = try #require(body?["evaluations"] as? [[String: Any]], "\(response.body)")
            let decisions = items.map { $0["decision"] as? Bool }
            #expect(response.status == 200 && decisions.count == expected.count && !decisions.contains(nil))
            #expect(zip(decisions, expected).allSatisfy { $1 == nil || $0 == $1 }, "\(members) \(response.body)")
        }
    }

    @Test func `finds actions, and tells where to ask`() throws {
        let results = { (response: Response) -> [String] in
            let body = try JSONSerialization.jsonObject(with: Data(response.body.utf8)) as? [String: Any]
            return (body?["results"] as? [[String: String]] ?? []).compactMap { $0["name"] }
        }
        #expect(try results(ask("search/action", [Self.alice, Self.first])) == ["read", "write"])
        #expect(try results(ask("search/action", [Self.admin, Self.archived])) == ["read", "write"])
        let unknown = #""subject":{"type":"user","id":"nonexistent-user"}"#
        #expect(try results(ask("search/action", [unknown, Self.first])) == [])
        #expect(try ask("search/action", [Self.alice]).status == 400)
        let metadata = try client.get("/.well-known/authzen-configuration")
        #expect(metadata.member("policy_decision_point") == "https://pdp.example.com")
        #expect(metadata.member("access_evaluation_endpoint") == "https://pdp.example.com/access/v1/evaluation")
    }

    /// The most memory that a process has had until now, in KiB (`VmHWM` of proc(5)).
    private func peakMemory(_ process: ChildProcess) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process.pid)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        return try #require(line.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) })
    }

    @Test func `small requests that stand for much take little memory, and end no session`() throws {
        #expect(decision(try ask("evaluation", [Self.alice, Self.action("write"), Self.first])) == true)
        let before = try peakMemory(authhost)
        func context(_ name: Int, _ members: Int) -> String {
            let inner = (0..<members).map { #""m\#($0)":1"# }.joined(separator: ",")
            return #""context":{"\#(String(repeating: "n", count: name))":{\#(inner)}}"#
        }
        // The names of the fields of all evaluations would be 40 GB, 50 MB, and, at the most that is taken, 4 MB.
        for (context, count, status) in [
            (context(40_000, 1_000), 1_000, 200), (context(2_000, 25), 1_000, 413), (context(2_000, 25), 78, 200),
        ] {
            let items = Array(repeating: "{}", count: count).joined(separator: ",")
            let members = [Self.alice, Self.action("write"), Self.first, context, #""evaluations":[\#(items)]"#]
            let response = try ask("evaluations", members)
            #expect(response.status == status, "\(response.body.prefix(300)) \(authhost.seen)")
        }
        #expect(try peakMemory(authhost) - before < 128 * 1024)
        #expect(decision(try ask("evaluation", [Self.alice, Self.action("write"), Self.first])) == true)
    }

    @Test func `an ejected subject is told of once, and nothing is decided while authhost has gone`() throws {
        let read = [Self.alice, Self.action("read"), Self.first]
        #expect(decision(try ask("evaluation", read)) == true)
        let ejected = try AuthHost.run(["session", "eject", "--user", "alice", "--socket", folder.path("control.sock")])
        #expect(ejected.status == 0, "\(ejected)")
        let told = try ask("evaluation", read)
        #expect(decision(told) == false && told.headers["x-auth-verdict"] == "ejected", "\(told)")
        #expect(decision(try ask("evaluation", read)) == true)
        authhost.terminate()
        _ = try authhost.finish()
        #expect(throws: ChildError.self) { try ask("evaluation", read) }
    }
}
