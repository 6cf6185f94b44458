import AuthCore
import Synchronization
import Testing

@testable import DoorCarrier
@testable import DoorProtocols

@Suite struct `The Dovecot door` {
    static func run(
        _ host: FakeHost, _ options: [(name: String, value: String)] = [], timeout: Duration = .seconds(3600),
        _ body: (RunningAddedDoor) async throws -> Void
    ) async throws {
        try await RunningAddedDoor.run(
            host, options: options,
            configure: {
                $0.type = "dovecot"
                $0.name = "mail"
                $0.timeout = timeout
            }, body)
    }

    static let greeting = "VERSION\t1\t2\nCPID\t7\n"
    /// alice with her password.
    static let plain = "resp=AGFsaWNlAHNlY3JldA=="
    static func auth(_ id: Int, _ more: String = plain) -> String {
        "AUTH\t\(id)\tPLAIN\tservice=smtp\tnologin\trip=192.0.2.7\t\(more)\n"
    }

    /// What the door says behind its greeting, until it says `count` lines or nothing more.
    static func answers(
        _ door: RunningAddedDoor, _ text: String, _ count: Int = 1, closingOutput: Bool = false
    ) async throws -> [String] {
        let said = try await door.talk(Array(text.utf8), closingOutput: closingOutput) { bytes in
            bytes.count { $0 == UInt8(ascii: "\n") } >= 7 + count
        }
        return said.split(separator: "\n").drop { $0 != "DONE" }.dropFirst().map(String.init)
    }

    static let host = `The saslauthd door`.host
    static let asked = `The saslauthd door`.asked

    @Test func `greets with what it offers`() async throws {
        try await Self.run(Self.host(Answer(.allow, .granted))) { door async throws in
            let said = try await door.talk([], until: { $0.suffix(5).elementsEqual("DONE\n".utf8) })
            let lines = said.split(separator: "\n").map(String.init)
            #expect(lines.prefix(3) == ["VERSION\t1\t2", "MECH\tPLAIN\tplaintext", "MECH\tLOGIN\tplaintext"])
            #expect(lines.contains { $0.hasPrefix("COOKIE\t") && $0.utf8.count == 7 + 32 })
        }
    }

    @Test func `lets in users that the module lets in, and that may read the service's object`() async throws {
        let host = Self.host(Answer(.allow, .granted))
        try await Self.run(host) { door async throws in
            #expect(try await Self.answers(door, Self.greeting + Self.auth(1)) == ["OK\t1\tuser=alice"])
        }
        #expect(Self.asked(host) == ["authenticate alice smtp 192.0.2.7", "read /login/smtp"])
    }

    @Test(arguments: [
        (
            Answer(.deny, .deniedByModule, clientText: "not on\tSundays"),
            "FAIL\t1\tuser=alice\treason=deny: not on\u{1}tSundays\tauthz\tcode=authz_fail"
        ),
        (Answer(.overLimit, .userLimit), "FAIL\t1\tuser=alice\treason=over-limit\tcode=authz_fail"),
        (Answer(.ejected, .ejectedSession), "FAIL\t1\tuser=alice\treason=ejected\tcode=authz_fail"),
        (Answer(.undecided, .deadline), "FAIL\t1\tuser=alice\treason=undecided\ttemp\tcode=temp_fail"),
        (Answer(.wrongCredentials, .invalidPassword), "FAIL\t1\tuser=alice"),
    ])
    func `says no, and which`(_ answer: Answer, _ line: String) async throws {
        try await Self.run(FakeHost { _ in .decided(answer) }) { door async throws in
            #expect(try await Self.answers(door, Self.greeting + Self.auth(1)) == [line])
        }
    }

    @Test func `asks for what a mechanism's client has not said yet`() async throws {
        let host = Self.host(Answer(.allow, .granted))
        try await Self.run(host) { door async throws in
            let plain = Self.greeting + "AUTH\t1\tplain\tservice=smtp\nCONT\t1\tAGFsaWNlAHNlY3JldA==\n"
            #expect(try await Self.answers(door, plain, 2) == ["CONT\t1\t", "OK\t1\tuser=alice"])
            let login = Self.greeting + "AUTH\t2\tLOGIN\tservice=smtp\nCONT\t2\tYWxpY2U=\nCONT\t2\tc2VjcmV0\n"
            #expect(
                try await Self.answers(door, login, 3) == [
                    "CONT\t2\tVXNlcm5hbWU6", "CONT\t2\tUGFzc3dvcmQ6", "OK\t2\tuser=alice",
                ])
            // The user at once, as some clients do.
            let early = Self.greeting + "AUTH\t3\tLOGIN\tservice=smtp\tresp=YWxpY2U=\nCONT\t3\tc2VjcmV0\n"
            #expect(try await Self.answers(door, early, 2) == ["CONT\t3\tUGFzc3dvcmQ6", "OK\t3\tuser=alice"])
        }
    }

    @Test func `answers each request by its number, in the order of the answers`() async throws {
        let first = Mutex<Ticket?>(nil)
        let host = FakeHost { question in
            guard case .authenticate(let login) = question, login.applicationID == "slow" else {
                return Self.host(Answer(.allow, .granted)).ask(question)
            }
            let ticket = Ticket {}
            first.withLock { $0 = ticket }
            return .delayed(ticket)
        }
        try await Self.run(host) { door async throws in
            let client = try await door.client()
            let slow = Self.auth(1).replacing("smtp", with: "slow")
            try await client.send(Self.greeting + slow + Self.auth(2))
            await client.received.wait { String(decoding: $0, as: UTF8.self).hasSuffix("OK\t2\tuser=alice\n") }
            first.withLock { $0 }?.answer(Answer(.wrongCredentials, .invalidPassword))
            await client.received.wait { String(decoding: $0, as: UTF8.self).hasSuffix("FAIL\t1\tuser=alice\n") }
            #expect(
                String(decoding: client.received.bytes, as: UTF8.self).hasSuffix(
                    "OK\t2\tuser=alice\nFAIL\t1\tuser=alice\n"))
            try await client.close()
        }
    }

    @Test(arguments: [true, false])
    func `gives up what is cancelled, or whose client has gone`(cancels: Bool) async throws {
        let (asked, ask) = AsyncStream<Void>.makeStream()
        let (abandoned, abandon) = AsyncStream<Void>.makeStream()
        let host = FakeHost { question in
            guard case .authenticate = question else { return FakeHost.simple(question) }
            ask.yield()
            return .delayed(Ticket { abandon.yield() })
        }
        try await Self.run(host) { door async throws in
            let client = try await door.client()
            try await client.send(Self.greeting + Self.auth(1))
            var askings = asked.makeAsyncIterator()
            #expect(await askings.next() != nil)
            if cancels { try await client.send("CANCEL\t1\n") } else { try await client.close() }
            var leavings = abandoned.makeAsyncIterator()
            #expect(await leavings.next() != nil)
            if cancels { try await client.close() }
        }
    }

    @Test(arguments: [
        // Not base64, no NULs, one NUL, not UTF-8.
        ("resp=****", "FAIL\t1"), ("resp=YWxpY2U=", "FAIL\t1"), ("resp=YWxpY2UAc2VjcmV0", "FAIL\t1"),
        ("resp=AP8AeA==", "FAIL\t1"),
        ("resp=", "FAIL\t1"),
        // alice would be bob.
        (
            "resp=Ym9iAGFsaWNlAHNlY3JldA==",
            "FAIL\t1\treason=deny: no client may be another user here\tauthz\tcode=authz_fail"
        ),
    ])
    func `asks nothing about what are not credentials`(_ response: String, _ line: String) async throws {
        let host = Self.host(Answer(.allow, .granted))
        try await Self.run(host) { door async throws in
            #expect(try await Self.answers(door, Self.greeting + Self.auth(1, response)) == [line])
            let mechanism = Self.auth(1).replacing("PLAIN", with: "CRAM-MD5")
            #expect(
                try await Self.answers(door, Self.greeting + mechanism)[0].hasPrefix(
                    "FAIL\t1\treason=deny: the mechanism"))
        }
        #expect(host.questions.isEmpty)
    }

    @Test func `takes passwords over TLS alone where the block says so`() async throws {
        let host = Self.host(Answer(.allow, .granted))
        try await Self.run(host, [("secured-only", "TRUE")]) { door async throws in
            #expect(
                try await Self.answers(door, Self.greeting + Self.auth(1))[0].contains("passwords are taken over TLS"))
            #expect(host.questions.isEmpty)
            #expect(
                try await Self.answers(door, Self.greeting + Self.auth(2, "secured\t\(Self.plain)")) == [
                    "OK\t2\tuser=alice"
                ])
        }
    }

    @Test func `begins no more log-ins than the block says`() async throws {
        try await Self.run(Self.host(Answer(.allow, .granted)), [("max-pending", "1")]) { door async throws in
            let two = Self.greeting + "AUTH\t1\tPLAIN\tservice=smtp\n" + Self.auth(2)
            #expect(
                try await Self.answers(door, two, 2) == [
                    "CONT\t1\t", "FAIL\t2\treason=undecided\ttemp\tcode=temp_fail",
                ])
        }
    }

    @Test(arguments: [
        "VERSION\t2\t0\n", "VERSION\n", "VERSION\tx\t1\n", "CPID\t7\n", auth(1), greeting + greeting,
        greeting + "AUTH\n",
        greeting + "AUTH\tx\tPLAIN\n", greeting + "AUTH\t1\n", greeting + "AUTH\t4294967296\tPLAIN\n",
        greeting + "CONT\t9\tAA==\n", greeting + "AUTH\t1\tPLAIN\tservice=\u{1}x\tresp=AGE=\n",
        greeting + "AUTH\t1\tPLAIN\nAUTH\t1\tPLAIN\n", greeting + String(repeating: "x", count: 20_000),
    ])
    func `ends a connection that does not keep to the protocol`(_ text: String) async throws {
        let host = Self.host(Answer(.allow, .granted))
        try await Self.run(host) { door async throws in
            let said = try await door.talk(Array(text.utf8))
            #expect(said.contains("DONE\n") && !said.contains("OK\t"), "\(said)")
        }
        #expect(host.questions.isEmpty)
    }

    @Test(arguments: ["", "VERSION\t1\t2\n", greeting + "AUTH\t1"])
    func `does not wait for ever for what was begun`(_ text: String) async throws {
        let isGivenUp = try await withGrowingLimit { limit in
            let answered = Mutex(true)
            try await Self.run(Self.host(Answer(.allow, .granted)), timeout: limit) { door async throws in
                let isAnswered = try await !Self.answers(door, text, 9).isEmpty
                answered.withLock { $0 = isAnswered }
            }
            return answered.withLock { !$0 }
        }
        #expect(isGivenUp)
    }

    @Test func `passes over commands of other versions`() async throws {
        try await Self.run(Self.host(Answer(.allow, .granted))) { door async throws in
            let text = "SPEAKS\twell\n" + Self.greeting + "HELLO\tthere\n" + Self.auth(1)
            #expect(try await Self.answers(door, text) == ["OK\t1\tuser=alice"])
        }
    }
}

@Suite struct `Recorded conversations of Postfix` {
    static let names = ["postfix-plain.req", "postfix-login.req"]

    @Test(arguments: names)
    func `end with a yes, also where they come byte by byte`(_ name: String) async throws {
        let bytes = try RecordedRequests.bytes("dovecot", name)
        try await `The Dovecot door`.run(`The Dovecot door`.host(Answer(.allow, .granted))) { door async throws in
            for chunk in [bytes.count, 1] {
                let client = try await door.client()
                for start in stride(from: 0, to: bytes.count, by: chunk) {
                    try await client.send(bytes[start..<min(start + chunk, bytes.count)])
                }
                await client.received.wait { String(decoding: $0, as: UTF8.self).hasSuffix("OK\t1\tuser=alice\n") }
                #expect(String(decoding: client.received.bytes, as: UTF8.self).hasSuffix("OK\t1\tuser=alice\n"))
                try await client.close()
            }
        }
    }

    @Test(arguments: names)
    func `end with one yes where they come twice over one connection`(_ name: String) async throws {
        let bytes = try RecordedRequests.bytes("dovecot", name)
        try await `The Dovecot door`.run(`The Dovecot door`.host(Answer(.allow, .granted))) { door async throws in
            let said = try await door.talk(bytes + bytes)
            #expect(said.hasSuffix("OK\t1\tuser=alice\n"), "\(said)")
            #expect(said.split(separator: "\n").count { $0.hasPrefix("OK\t") } == 1)
        }
    }

    private static func talk(_ door: RehearsedDoor, _ bytes: [UInt8]) -> String {
        String(decoding: door.talk(bytes, endingInput: true), as: UTF8.self)
    }

    @Test(arguments: names)
    func `end without one when they are cut short at any byte`(_ name: String) throws {
        let bytes = try RecordedRequests.bytes("dovecot", name)
        let host = `The Dovecot door`.host(Answer(.allow, .granted))
        let door = try RehearsedDoor("dovecot", host)
        for end in bytes.indices {
            #expect(!Self.talk(door, Array(bytes[..<end])).contains("OK\t"), "\(end)")
        }
        #expect(host.questions.isEmpty)
    }

    @Test(arguments: names)
    func `end with a yes only where the host has said it, when any byte of them is another`(_ name: String) throws {
        let recorded = try RecordedRequests.bytes("dovecot", name)
        let host = `The Dovecot door`.host(Answer(.allow, .granted))
        let door = try RehearsedDoor("dovecot", host)
        var yeses = 0
        for index in recorded.indices {
            for byte in [0, 1, 9, 0x3D, 0x80] as [UInt8] where byte != recorded[index] {
                var bytes = recorded
                bytes[index] = byte
                yeses += Self.talk(door, bytes).contains("\nOK\t") ? 1 : 0
            }
        }
        let asked = `The Dovecot door`.asked(host)
        // Addresses, process ids and the like may be others; a check is asked behind each log-in that is right.
        #expect(yeses > 0 && yeses == asked.count { $0.hasPrefix("read ") })
        #expect(asked.count { $0.hasPrefix("authenticate ") } > yeses)
    }
}
