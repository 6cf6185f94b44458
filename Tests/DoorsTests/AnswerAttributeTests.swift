import AuthCore
import Testing

@testable import DoorProtocols

/// What each door hands on of what a module tells beside its answer.
@Suite struct `What doors hand on of an answer` {
    typealias Doors = `What doors tell beside a question`

    static let groups = [Field("group", "traders"), Field("group", "a,b %"), Field("mail", "a@b\u{e9}")]

    static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    static func set(_ options: (String, String)...) -> (inout DoorSettings) -> Void {
        { $0.options = options.map { (name: $0.0, value: $0.1) } }
    }

    @Test func `headers have what the check and the log-in were answered with, and nothing breaks out of them`() throws
    {
        let host = FakeHost(sessionAttributes: Self.groups) { question in
            var answer = Answer(.allow, .granted, session: FakeHost.session, user: "alice")
            if case .check = question { answer.attributes = [Field("group", "of the check")] }
            return .decided(answer)
        }
        let options = Self.set(("attribute-headers", "group=Remote-Groups, mail=Remote-Email,none=X-None"))
        let said = Self.text(try RehearsedDoor("forward-auth", host, configure: options).talk(Doors.forwarded))
        #expect(said.contains("\r\nremote-groups: of%20the%20check,traders,a%2Cb%20%25\r\n"), "\(said)")
        #expect(said.contains("\r\nremote-email: a@b%C3%A9\r\n"))
        // What the module does not say is said to be nothing, so that the client's own is not taken for it.
        #expect(said.contains("\r\nx-none: \r\n"))
    }

    @Test func `headers that would be too long let no user in`() throws {
        let long = [Field](repeating: Field("group", String(repeating: "x", count: 4000)), count: 3)
        let options = Self.set(("attribute-headers", "group=Remote-Groups"))
        let host = Doors.host(reads: false, ofSession: long)
        let said = Self.text(try RehearsedDoor("forward-auth", host, configure: options).talk(Doors.forwarded))
        #expect(said.hasPrefix("HTTP/1.1 503 "))
        #expect(said.contains("x-auth-reason: broken-answer"))
    }

    @Test func `a session that has ended meanwhile passes without its groups nowhere`() throws {
        let host = FakeHost { question in
            if case .check = question { return .decided(Answer(.allow, .granted, user: "alice")) }
            return .decided(Answer(.allow, .granted, session: SessionID(high: 1, low: 1), user: "alice"))
        }
        let options = Self.set(("attribute-headers", "group=Remote-Groups"))
        let said = Self.text(try RehearsedDoor("forward-auth", host, configure: options).talk(Doors.forwarded))
        #expect(said.hasPrefix("HTTP/1.1 401 "))
    }

    @Test func `http has them at auth, and in the bodies of log-in and check`() throws {
        let host = Doors.host(attributes: [Field("group", "a"), Field("group", "b"), Field("x", "1")])
        let options = Self.set(("attribute-headers", "group=X-Auth-Groups"))
        let door = try RehearsedDoor("http", host, configure: options)
        let auth = Self.text(
            door.talk(
                Doors.request(
                    "GET /auth HTTP/1.1", "Host: a", "X-Original-URI: /a", "X-Original-Method: GET",
                    "Authorization: Session \(FakeHost.sessionText)")))
        #expect(auth.hasPrefix("HTTP/1.1 204 ") && auth.contains("\r\nx-auth-groups: a,b\r\n"), "\(auth)")
        for (path, json) in [("login", #"{"user":"alice","password":"x"}"#), ("check", `The OpenAPI document`.check)] {
            let said = Self.text(
                door.talk(
                    Array(
                        ("POST /v1/\(path) HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                            + "Content-Length: \(json.utf8.count)\r\n\r\n\(json)").utf8)))
            #expect(said.contains(#""group":["a","b"]"#) && said.contains(#""x":["1"]"#), "\(said)")
        }
    }

    @Test(arguments: [
        "group", "group=", "=X", "group=X-Auth-Verdict", "group=Set-Cookie", "group=a b", "group=X,mail=x", "group=X,",
        "group=Remote-User", "a\u{7}=X",
    ])
    func `what cannot name a header is refused by name`(_ value: String) {
        let problem = #expect(throws: DoorProblem.self) {
            try RehearsedDoor("forward-auth", UnaskedHost(), configure: Self.set(("attribute-headers", value)))
        }
        #expect(problem?.part == .option(0))
        #expect(problem?.description.contains("is not `ATTRIBUTE=NAME`") == true)
    }

    @Test func `rabbitmq makes tags of one, of those that are tags`() throws {
        let roles = [
            Field("role", "management"), Field("role", "two words"), Field("role", ""), Field("group", "monitoring"),
        ]
        let host = Doors.host(attributes: roles)
        let ask = Doors.request("GET /auth/user?username=alice&password=secret HTTP/1.1", "Host: a")
        let options = Self.set(("tag-attribute", "role"), ("tags", "policymaker management"))
        let said = Self.text(try RehearsedDoor("rabbitmq", host, configure: options).talk(ask))
        #expect(said.hasSuffix("\r\n\r\nallow policymaker management"), "\(said)")
        let without = Self.text(try RehearsedDoor("rabbitmq", host).talk(ask))
        #expect(without.hasSuffix("\r\n\r\nallow"))
    }

    @Test(arguments: [(Verdict.allow, "true"), (.deny, "false")])
    func `authzen has them in the context of either decision`(_ verdict: Verdict, _ decision: String) throws {
        let host = FakeHost { question in
            guard case .check = question else {
                return .decided(Answer(.allow, .granted, session: FakeHost.session, user: "alice"))
            }
            var answer = Answer(verdict, .granted)
            answer.attributes = [Field("obligation", "log"), Field("obligation", "mask")]
            return .decided(answer)
        }
        let json =
            #"{"subject":{"type":"user","id":"alice"},"action":{"name":"read"},"resource":{"type":"r","id":"1"}}"#
        let said = Self.text(
            try RehearsedDoor("authzen", host).talk(
                Array(
                    ("POST /access/v1/evaluation HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                        + "Content-Length: \(json.utf8.count)\r\n\r\n\(json)").utf8)))
        #expect(said.contains(#""decision":\#(decision)"#))
        #expect(said.contains(#""attributes":{"obligation":["log","mask"]}"#), "\(said)")
    }

    static let mail = Array("VERSION\t1\t2\nCPID\t7\nAUTH\t1\tPLAIN\tservice=smtp\tresp=AGFsaWNlAHNlY3JldA==\n".utf8)

    @Test func `dovecot has fields that the operator names`() throws {
        let host = FakeHost { question in
            var answer = Answer(.allow, .granted, session: FakeHost.session, user: "alice")
            if case .authenticate = question { answer.attributes = Self.groups }
            return .decided(answer)
        }
        let options = Self.set(("attribute-fields", "group=acl_groups,none=x"))
        let said = Self.text(try RehearsedDoor("dovecot", host, configure: options).talk(Self.mail))
        #expect(said.hasSuffix("OK\t1\tuser=alice\tacl_groups=traders,a%2Cb%20%25\tx=\n"), "\(said)")
    }

    @Test(arguments: ["group=user", "group=NOLOGIN", "group=proxy_x", "group=a\tb", "group=userdb_uid", "group=a="])
    func `dovecot takes no field that means something of its own`(_ value: String) {
        #expect(throws: DoorProblem.self) {
            try RehearsedDoor("dovecot", UnaskedHost(), configure: Self.set(("attribute-fields", value)))
        }
    }
}
