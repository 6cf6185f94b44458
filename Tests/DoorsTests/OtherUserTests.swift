import AuthCore
import Testing

@testable import DoorProtocols

/// A door says who has logged in, or refuses a user who stands for another than was typed.
@Suite struct `A log-in that stands for another user` {
    static func host(_ login: Answer = Answer(.allow, .granted, session: FakeHost.session, user: "bob")) -> FakeHost {
        FakeHost { question in
            switch question {
            case .login, .authenticate, .resume: .decided(login)
            case .logout, .map, .check: .decided(Answer(.allow, .granted, user: "bob"))
            }
        }
    }

    static let asked = `The RabbitMQ door`.asked
    static let warning = "stands for <bob>; the protocol has no place for that name, so it is denied"

    @Test(arguments: [false, true])
    func `is denied by saslauthd, and its session ends`(isLate: Bool) async throws {
        let now = Self.host()
        let later = FakeHost { question in
            guard case .authenticate = question else { return now.ask(question) }
            let ticket = Ticket {}
            Task { ticket.answer(Answer(.allow, .granted, session: FakeHost.session, user: "bob")) }
            return .delayed(ticket)
        }
        try await `The saslauthd door`.run(isLate ? later : now) { door async throws in
            #expect(try await door.talk(`The saslauthd door`.alice).hasSuffix("NO deny changed-user"))
            #expect(door.log.lines.contains { $0.hasPrefix("warning: door mail: ") && $0.hasSuffix(Self.warning) })
        }
        let asked = Self.asked(isLate ? later : now)
        #expect(asked == ["authenticate", "logout \(FakeHost.session.low)"], "\(asked)")
    }

    @Test(arguments: ["&password=secret", "", "&password=secret&client_id=one"])
    func `is denied to a broker, and its session ends`(_ more: String) async throws {
        let host = Self.host()
        try await `The RabbitMQ door`.run(host, [("reasons", "TRUE")]) { door async throws in
            let response = try await door.get("/auth/user?username=alice\(more)")
            #expect(response.body.hasPrefix("deny the log-in stands for another user"), "\(response.body)")
            #expect(response.fields["x-auth-reason"] == "changed-user")
            #expect(door.log.lines.contains { $0.hasPrefix("warning: door broker: ") && $0.hasSuffix(Self.warning) })
        }
        #expect(Self.asked(host).last == "logout \(FakeHost.session.low)")
    }

    @Test func `is not taken back in for a broker that asks about the one who was typed`() async throws {
        let host = Self.host()
        try await `The RabbitMQ door`.run(host) { door async throws in
            #expect(try await door.get(`The RabbitMQ door`.queue("write")).body == "deny")
        }
        #expect(!Self.asked(host).contains { $0.hasPrefix("write") })
        #expect(Self.asked(host).last == "logout \(FakeHost.session.low)")
    }

    @Test func `and is over its own limit takes no place of the one who was typed`() async throws {
        let host = FakeHost { question in
            guard case .login(let login) = question, login.password.count == 5 else { return FakeHost.simple(question) }
            return .decided(Answer(.overLimit, .userLimit, user: "bob"))
        }
        try await `The RabbitMQ door`.run(host, object: "/open/%v") { door async throws in
            #expect(try await door.get(`The RabbitMQ door`.user).body == "allow")
            #expect(try await door.get("/auth/user?username=alice&password=token").body == "deny")
            #expect(try await door.get(`The RabbitMQ door`.vhost).body == "allow")
        }
        #expect(!Self.asked(host).contains { $0.hasPrefix("logout") })
    }

    @Test(arguments: ["dovecot", "forward-auth", "native", "http"])
    func `is said by doors that have a place for it`(_ type: String) throws {
        let json = #"{"user":"alice","password":"secret"}"#
        let asked: [String: (request: [UInt8], says: String)] = [
            "dovecot": (Array((`The Dovecot door`.greeting + `The Dovecot door`.auth(1)).utf8), "OK\t1\tuser=bob\n"),
            "forward-auth": (
                Array(`The forward-auth door`.question(.nginx, "/x", "GET", [`The forward-auth door`.basic]).utf8),
                "remote-user: bob\r\n"
            ),
            "native": (NativeFrames.hello(1) + NativeFrames.login(2), "bob"),
            "http": (
                Array(
                    ("POST /v1/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                        + "Content-Length: \(json.utf8.count)\r\n\r\n\(json)").utf8), #""user":"bob""#
            ),
        ]
        let (request, says) = try #require(asked[type])
        let said = String(decoding: try RehearsedDoor(type, Self.host()).talk(request), as: UTF8.self)
        #expect(said.contains(says) && !said.contains("alice"), "\(said)")
    }
}
