import AuthCore
import Synchronization
import Testing

@testable import DoorCarrier
@testable import DoorProtocols

/// Recorded requests of RabbitMQ 3.10.8: `get` and `post` of AMQP clients, `mqtt` of MQTT ones.
enum RecordedRabbitMQ {
    static func names(_ prefix: String = "") throws -> [String] {
        try RecordedRequests.names("rabbitmq").filter { $0.hasPrefix(prefix) }
    }

    static func bytes(_ name: String) throws -> [UInt8] { try RecordedRequests.bytes("rabbitmq", name) }
}

@Suite struct `The RabbitMQ door` {
    static func run(
        _ host: FakeHost, _ options: [(name: String, value: String)] = [], object: String? = nil,
        _ body: (RunningAddedDoor) async throws -> Void
    ) async throws {
        try await RunningAddedDoor.run(
            host, options: options,
            configure: {
                $0.type = "rabbitmq"
                $0.name = "broker"
                $0.applicationID = "mq"
                $0.object = object
            }, body)
    }

    static let user = "/auth/user?username=alice&password=secret"
    static let vhost = "/auth/vhost?username=alice&vhost=%2F&ip=192.0.2.7&tags="
    static func queue(_ permission: String, _ more: String = "") -> String {
        "/auth/resource?username=alice&vhost=%2F&resource=queue&name=q1&permission=\(permission)&tags=\(more)"
    }
    static let topic =
        "/auth/topic?username=alice&vhost=%2F&resource=topic&name=FX&permission=write&tags=&routing_key=EUR.RATE"
        + "&variable_map.username=alice&variable_map.vhost=%2F"

    /// Lets everybody in and everything be done, with a session for each log-in.
    ///
    /// - Parameter exports: whether the module has the entry point that resumes; without `resumes` it says there that it has none.
    static func generous(resumes: Bool = true, exports: Bool? = nil) -> FakeHost {
        let last = Mutex<UInt64>(0)
        return FakeHost(resumesUsers: exports ?? resumes) { question in
            let user: String
            switch question {
            case .login(let login), .authenticate(let login): user = login.user
            case .resume(let login) where resumes: user = login.user
            case .resume: return .decided(Answer(.deny, .noEntry))
            default: return .decided(Answer(.allow, .granted))
            }
            let number = last.withLock { last in
                last += 1
                return last
            }
            return .decided(Answer(.allow, .granted, session: SessionID(high: 1, low: number), user: user))
        }
    }

    /// What the host was asked, in short.
    static func asked(_ host: FakeHost) -> [String] {
        host.questions.map { question in
            switch question {
            case .login(let login): "login \(login.user) \(login.machineID) \(login.applicationID)"
            case .resume(let login): "resume \(login.user) \(login.machineID) \(login.address)"
            case .authenticate: "authenticate"
            case .logout(let id, _): "logout \(id.low)"
            case .map: "map"
            case .check(let id, let check): "\(check.action) \(check.name.text) \(id.low)"
            }
        }
    }

    @Test(arguments: [false, true])
    func `asks with one session of the user whatever the broker asks`(_ byPost: Bool) async throws {
        let host = Self.generous()
        try await Self.run(host) { door async throws in
            for target in [Self.user, Self.vhost, Self.queue("configure"), Self.queue("read"), Self.topic] {
                let parts = target.split(separator: "?")
                let response =
                    byPost ? try await door.post(String(parts[0]), String(parts[1])) : try await door.get(target)
                #expect(response.status == 200)
                #expect(response.body == "allow")
            }
        }
        #expect(
            Self.asked(host) == [
                "login alice  mq", "read /rabbitmq/%2F/vhost 1", "create /rabbitmq/%2F/queue/q1 1",
                "read /rabbitmq/%2F/queue/q1 1", "write /rabbitmq/%2F/topic/FX/EUR/RATE 1",
            ])
    }

    static let denials: [(Answer, String, reasons: String, Int)] = [
        (Answer(.deny, .deniedByModule), "deny", "deny not permitted", 200),
        (Answer(.deny, .deniedByModule, clientText: "rule\n7"), "deny", "deny rule 7", 200),
        (
            Answer(.wrongCredentials, .invalidUser), "deny",
            "deny wrong-credentials: the user name or the password is wrong", 200
        ),
        (
            Answer(.overLimit, .userLimit), "deny",
            "deny over-limit: a limit on sessions is reached (user-limit)", 200
        ),
        (Answer(.ejected, .ejectedSession), "deny", "deny ejected: the session was ended", 200),
        (
            Answer(.undecided, .deadline), "could not decide (deadline); try again later",
            "could not decide (deadline); try again later", 503
        ),
    ]

    @Test(arguments: denials, [false, true])
    func `says no in the bytes that brokers read`(
        _ one: (Answer, String, reasons: String, Int), _ givesReasons: Bool
    ) async throws {
        let host = FakeHost { _ in .decided(one.0) }
        try await Self.run(host, [("reasons", givesReasons ? "TRUE" : "FALSE")]) { door async throws in
            for target in [Self.user, Self.vhost] {
                let response = try await door.get(target)
                #expect(response.status == one.3)
                #expect(response.body == (givesReasons ? one.reasons : one.1))
                #expect(response.fields["x-auth-verdict"] == one.0.verdict.rawValue)
            }
        }
    }

    @Test func `gives tags of the option, and those whose objects the user may read`() async throws {
        let host = FakeHost { question in
            guard case .check(_, let check) = question else {
                return .decided(Answer(.allow, .granted, session: FakeHost.session))
            }
            let isAllowed = check.name.text == "/tags/administrator" && check.action == .read
            return .decided(Answer(isAllowed ? .allow : .undecided, isAllowed ? .granted : .deadline))
        }
        let options = [
            ("tags", "management"), ("tag-checks", "administrator monitoring"), ("tag-object", "/tags/%t"),
        ]
        try await Self.run(host, options.map { (name: $0.0, value: $0.1) }) { door async throws in
            #expect(try await door.get(Self.user).body == "allow management administrator")
        }
    }

    @Test func `keeps the session of each MQTT client apart`() async throws {
        let host = Self.generous()
        try await Self.run(host) { door async throws in
            _ = try await door.get(Self.user + "&client_id=one")
            _ = try await door.get(Self.user + "&client_id=two")
            _ = try await door.get(Self.user)
            _ = try await door.get(Self.queue("read", "&client_id=one"))
            _ = try await door.get(Self.topic + "&variable_map.client_id=two")
            _ = try await door.get(Self.queue("read"))
        }
        #expect(
            Self.asked(host) == [
                "login alice one mq", "login alice two mq", "login alice  mq", "read /rabbitmq/%2F/queue/q1 1",
                "write /rabbitmq/%2F/topic/FX/EUR/RATE 2", "read /rabbitmq/%2F/queue/q1 3",
            ])
    }

    @Test func `ends the session that another log-in replaces`() async throws {
        let host = Self.generous()
        try await Self.run(host) { door async throws in
            _ = try await door.get(Self.user)
            _ = try await door.get(Self.user)
            _ = try await door.get(Self.vhost)
        }
        #expect(
            Self.asked(host) == ["login alice  mq", "login alice  mq", "logout 1", "read /rabbitmq/%2F/vhost 2"])
    }

    @Test func `keeps a session through log-ins that fail`() async throws {
        let host = FakeHost(FakeHost.simple)
        try await Self.run(host, object: "/open/%v") { door async throws in
            #expect(try await door.get(Self.user).body == "allow")
            #expect(try await door.get("/auth/user?username=alice&password=guess").body == "deny")
            #expect(try await door.get(Self.vhost).body == "allow")
        }
        #expect(Self.asked(host).last == "read /open/%2F \(FakeHost.session.low)")
    }

    @Test func `gives up the old session of a user at the limit, once the password was good`() async throws {
        let isFull = Mutex(false)
        let host = FakeHost { question in
            switch question {
            case .login, .resume, .authenticate:
                let wasFull = isFull.withLock { full in
                    defer { full = true }
                    return full
                }
                return .decided(
                    wasFull
                        ? Answer(.overLimit, .userLimit)
                        : Answer(.allow, .granted, session: SessionID(high: 1, low: 1), user: "alice"))
            case .logout:
                isFull.withLock { $0 = false }
                return .decided(Answer(.allow, .granted))
            default: return .decided(Answer(.allow, .granted))
            }
        }
        try await Self.run(host) { door async throws in
            #expect(try await door.get(Self.user).body == "allow")
            #expect(try await door.get(Self.user).body == "allow")
            #expect(try await door.get(Self.user + "&client_id=one").body == "deny")
        }
        #expect(
            Self.asked(host) == [
                "login alice  mq", "login alice  mq", "logout 1", "login alice  mq", "login alice one mq",
            ])
    }

    // MARK: - Without a session

    @Test func `lets the module take back a user without a session`() async throws {
        let host = Self.generous()
        try await Self.run(host) { door async throws in
            #expect(try await door.get(Self.vhost).body == "allow")
            #expect(try await door.get(Self.queue("write")).body == "allow")
        }
        #expect(
            Self.asked(host) == [
                "resume alice  192.0.2.7", "read /rabbitmq/%2F/vhost 1", "write /rabbitmq/%2F/queue/q1 1",
            ])
    }

    @Test func `denies a user without a session that the module cannot take back`() async throws {
        let host = Self.generous(resumes: false)
        try await Self.run(host) { door async throws in
            let response = try await door.get(Self.vhost)
            #expect(response.body == "deny")
            #expect(response.fields["x-auth-reason"] == "no-entry")
        }
    }

    @Test func `allows it unasked where the broker is trusted, and says so in the log`() async throws {
        let host = Self.generous(resumes: false)
        try await Self.run(host, [("trust-broker", "TRUE")]) { door async throws in
            #expect(try await door.get(Self.vhost).body == "allow")
            #expect(door.log.lines.contains { $0.hasPrefix("warning: door broker: user <alice> has no session") })
            #expect(try await door.get("/auth/user?username=alice").body == "deny", "a log-in is never unasked")
        }
    }

    @Test func `an entry point that says that it is missing opens nothing, where the broker is trusted too`()
        async throws
    {
        let host = Self.generous(resumes: false, exports: true)
        try await Self.run(host, [("trust-broker", "TRUE")]) { door async throws in
            let response = try await door.get(Self.queue("configure"))
            #expect(response.body == "deny" && response.fields["x-auth-reason"] == "no-entry")
            #expect(!door.log.lines.contains { $0.contains("unasked") })
        }
    }

    @Test func `a module that refuses to take a user back is believed, also where the broker is trusted`() async throws
    {
        let host = FakeHost { _ in .decided(Answer(.deny, .deniedByModule)) }
        try await Self.run(host, [("trust-broker", "TRUE")]) { door async throws in
            #expect(try await door.get(Self.vhost).body == "deny")
        }
    }

    @Test func `lets the module admit a user that the broker has authenticated by a certificate`() async throws {
        let host = Self.generous()
        try await Self.run(host) { door async throws in
            #expect(try await door.get("/auth/user?username=alice").body == "allow")
            #expect(try await door.get("/auth/user?username=alice&password=").body == "allow")
        }
        #expect(Self.asked(host) == ["resume alice  ", "login alice  mq", "logout 1"])
    }

    @Test(arguments: [SessionEnd.ejected, .refused], ["FALSE", "TRUE"])
    func `an ejected user stays denied until a new log-in`(_ end: SessionEnd, _ trusted: String) async throws {
        let host = FakeHost(FakeHost.simple)
        try await Self.run(host, [("trust-broker", trusted)], object: "/open/%v") { door async throws in
            _ = try await door.get(Self.user)
            #expect(try await door.get(Self.vhost).body == "allow")
            host.end(FakeHost.session, end)
            let response = try await door.get(Self.vhost)
            #expect(response.body == "deny")
            #expect(response.fields["x-auth-verdict"] == "ejected")
            #expect(try await door.get("/auth/user?username=alice&password=guess").body == "deny")
            #expect(try await door.get(Self.vhost).body == "deny")
            #expect(try await door.get(Self.user).body == "allow")
            #expect(try await door.get(Self.vhost).body == "allow")
        }
    }

    @Test func `an answer that the session was ejected counts, though the door was not told before`() async throws {
        let host = FakeHost { question in
            if case .check = question { return .decided(Answer(.ejected, .ejectedSession)) }
            return .decided(Answer(.allow, .granted, session: SessionID(high: 3, low: 3), user: "alice"))
        }
        try await Self.run(host) { door async throws in
            _ = try await door.get(Self.user)
            for _ in 0..<2 { #expect(try await door.get(Self.vhost).fields["x-auth-verdict"] == "ejected") }
        }
        #expect(Self.asked(host) == ["login alice  mq", "read /rabbitmq/%2F/vhost 3"])
    }

    @Test func `a session that has expired is taken back by the module`() async throws {
        let host = FakeHost(FakeHost.simple)
        try await Self.run(host, object: "/open/%v") { door async throws in
            _ = try await door.get(Self.user)
            host.end(FakeHost.session, .expired)
            _ = try await door.get(Self.vhost)
        }
        #expect(Self.asked(host) == ["login alice  mq", "resume alice  192.0.2.7"])
    }

    @Test func `a module that ends every session at once is not asked for ever`() async throws {
        let host = FakeHost { question in
            if case .check = question { return .decided(Answer(.deny, .unknownSession)) }
            return .decided(Answer(.allow, .granted, session: .random(), user: "alice"))
        }
        try await Self.run(host) { door async throws in
            _ = try await door.get(Self.user)
            #expect(try await door.get(Self.vhost).body == "deny")
        }
        #expect(host.questions.count < 10)
    }

    @Test func `an allowed log-in without a session allows nothing`() async throws {
        try await Self.run(FakeHost { _ in .decided(Answer(.allow, .granted)) }) { door async throws in
            #expect(try await door.get(Self.user).status == 503)
            #expect(try await door.get(Self.vhost).status == 503)
        }
    }

    @Test func `forgets who has not asked for longest, and logs them out`() async throws {
        let host = Self.generous()
        try await Self.run(host, [("maximum-sessions", "2")]) { door async throws in
            for name in ["one", "two"] { _ = try await door.get(Self.user + "&client_id=\(name)") }
            _ = try await door.get(Self.queue("read", "&client_id=one"))
            _ = try await door.get(Self.user + "&client_id=three")
        }
        #expect(Self.asked(host).last == "logout 2")
    }

    // MARK: - What is no question

    static let wrong: [(String, Int)] = [
        ("/auth/user", 400), ("/auth/user?password=secret", 400), ("/auth/vhost?username=alice", 400),
        ("/auth/user?username=%FF&password=x", 400), ("/auth/user?username=alice&username=bob&password=secret", 400),
        (queue("drop"), 400), ("/auth/resource?username=alice&vhost=a&resource=vhost&name=q&permission=read", 400),
        ("/auth/topic?username=alice&vhost=a&resource=topic&name=q&permission=read", 400), ("/user", 404),
        ("/auth/users?username=alice", 404), ("/auth/user?" + String(repeating: "a=1&", count: 70), 400),
    ]

    @Test(arguments: wrong)
    func `asks nothing about what is not a question`(_ one: (String, Int)) async throws {
        let host = Self.generous()
        try await Self.run(host) { door async throws in
            let response = try await door.get(one.0)
            #expect(response.status == one.1, "\(response.body)")
            #expect(!response.body.hasPrefix("allow"))
        }
        #expect(host.questions.isEmpty)
    }

    @Test(arguments: [
        "/auth/resource?username=alice&vhost=a&resource=queue&name=%C3%28&permission=read",
        "/auth/user?username=%01&password=secret", "/auth/user?username=&password=secret",
        "/auth/user?username=alice&password=a%00b",
    ])
    func `denies what no module may see`(_ target: String) async throws {
        let host = Self.generous()
        try await Self.run(host) { door async throws in #expect(try await door.get(target).body == "deny") }
        #expect(host.questions.isEmpty)
    }

    @Test(arguments: ["ask", "deny"])
    func `patterns of bindings are asked about as they are written, or denied`(_ wildcards: String) async throws {
        let host = Self.generous()
        let topic = Self.topic.replacing("EUR.RATE", with: "EUR.%23")
        try await Self.run(host, [("wildcards", wildcards)]) { door async throws in
            #expect(try await door.get(topic).body == (wildcards == "ask" ? "allow" : "deny"))
            #expect(try await door.get(Self.topic).body == "allow")
        }
        #expect(Self.asked(host).contains("write /rabbitmq/%2F/topic/FX/EUR/# 1") == (wildcards == "ask"))
    }

    @Test(arguments: [
        ("path", "auth", "`auth` is not a path"), ("tags", "a b=c", "`b=c` is not a tag"),
        ("tag-object", "/t/%x", "holds a `%` that is not followed by a letter it knows"),
        ("reasons", "yes", "`yes` is no value of `reasons`"),
        ("maximum-sessions", "0", "`0` is no value of `maximum-sessions`"),
    ])
    func `says what is wrong with an option`(_ name: String, _ value: String, _ message: String) {
        var settings = DoorSettings(type: "rabbitmq", name: "broker")
        settings.options = [("tag-checks", "administrator"), (name, value)]
        let problem = #expect(throws: DoorProblem.self) { try DoorServers.check(settings) }
        #expect(problem?.description.contains(message) == true)
        #expect(problem?.part == .option(1))
    }

    @Test(arguments: [
        ("q", "q"), ("", "%"), ("/", "%2F"), ("a/b", "a%2Fb"), ("%2F", "%252F"), (".", "%2E"), ("..", "%2E%2E"),
        ("...", "..."), ("a\u{1}b", "a%01b"), ("µ", "µ"),
    ])
    func `writes any text as one segment`(_ text: String, _ segment: String) {
        #expect(ObjectSegment.encoded(Array(text.utf8)[...]) == Array(segment.utf8))
    }

    @Test func `the table of the wire is made by what answers brokers`() {
        let rows = RabbitMQDoor.wire(Answer(.overLimit, .userLimit))
        #expect(rows.map(\.question) == ["any", "any, with `reasons`"])
        #expect(rows[0].bytes.hasSuffix(#"content-length: 4\r\ncache-control: no-store\r\n\r\ndeny"#), "\(rows)")
        #expect(
            rows[1].bytes.hasSuffix(#"\r\n\r\ndeny over-limit: a limit on sessions is reached (user-limit)"#), "\(rows)"
        )
    }
}
