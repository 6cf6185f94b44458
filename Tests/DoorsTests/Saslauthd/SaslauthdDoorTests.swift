import AuthCore
import Synchronization
import Testing

@testable import DoorCarrier
@testable import DoorProtocols

@Suite struct `The saslauthd door` {
    static func run(
        _ host: FakeHost, configure: (inout DoorSettings) -> Void = { _ in },
        _ body: (RunningAddedDoor) async throws -> Void
    ) async throws {
        try await RunningAddedDoor.run(
            host,
            configure: {
                $0.type = "saslauthd"
                $0.name = "mail"
                configure(&$0)
            }, body)
    }

    static func request(_ fields: String...) -> [UInt8] {
        fields.flatMap { [UInt8($0.utf8.count >> 8), UInt8($0.utf8.count & 255)] + Array($0.utf8) }
    }

    /// Lets alice in with her password, and gives what is said to a check.
    static func host(_ permission: Answer = Answer(.allow, .granted)) -> FakeHost {
        FakeHost { question in
            if case .check = question { return .decided(permission) }
            return FakeHost.simple(question)
        }
    }

    /// What the host was asked, in short.
    static func asked(_ host: FakeHost) -> [String] {
        host.questions.map { question in
            switch question {
            case .authenticate(let login): "authenticate \(login.user) \(login.applicationID) \(login.address)"
            case .check(_, let check): "\(check.action) \(check.name.text)"
            case .logout: "logout"
            case .login, .resume, .map: "other"
            }
        }
    }

    static let alice = request("alice", "secret", "imap", "example.org")

    @Test(arguments: [alice, alice + request("192.0.2.7")])
    func `lets in users that the module lets in, and that may read the service's object`(_ bytes: [UInt8]) async throws
    {
        let host = Self.host()
        try await Self.run(host) { door async throws in #expect(try await door.talk(bytes) == "\0\u{2}OK") }
        let address = bytes.count > Self.alice.count ? "192.0.2.7" : ""
        #expect(Self.asked(host) == ["authenticate alice imap \(address)", "read /login/imap"])
    }

    @Test(arguments: [
        (Answer(.deny, .deniedByModule), "NO deny denied-by-module"),
        (Answer(.overLimit, .userLimit), "NO over-limit user-limit"),
        (Answer(.ejected, .ejectedSession), "NO ejected ejected-session"),
        (Answer(.undecided, .deadline), "NO undecided deadline"),
        (Answer(.wrongCredentials, .invalidPassword), "NO wrong-credentials"),
        // "Allowed" without a session is a broken answer.
        (Answer(.allow, .granted), "NO undecided broken-answer"),
    ])
    func `says no, and which`(_ answer: Answer, _ text: String) async throws {
        try await Self.run(FakeHost { _ in .decided(answer) }) { door async throws in
            #expect(try await door.talk(Self.alice) == "\0\(Character(Unicode.Scalar(UInt8(text.utf8.count))))\(text)")
        }
    }

    @Test(arguments: [false, true])
    func `a session that may not read the service's object ends, where it is of that service alone`(isShared: Bool)
        async throws
    {
        let host = Self.host(Answer(.deny, .deniedByModule))
        try await Self.run(host, configure: { $0.applicationID = isShared ? "mail" : nil }) { door async throws in
            #expect(try await door.talk(Self.alice).hasSuffix("NO deny denied-by-module"))
        }
        #expect(Self.asked(host).contains("logout") == !isShared)
    }

    @Test func `a session for one question ends behind it`() async throws {
        let host = FakeHost { question in
            var answer = Answer(.allow, .granted, session: FakeHost.session, user: "alice")
            answer.isOneUse = true
            return .decided(answer)
        }
        try await Self.run(host) { door async throws in #expect(try await door.talk(Self.alice) == "\0\u{2}OK") }
        #expect(Self.asked(host) == ["authenticate alice imap ", "read /login/imap", "logout"])
    }

    @Test func `puts realm and service into names as the block says`() async throws {
        let host = Self.host()
        let configure: (inout DoorSettings) -> Void = {
            $0.object = "/mail/%r/%s"
            $0.options = [("combine-realm", "TRUE")]
        }
        try await Self.run(host, configure: configure) { door async throws in
            _ = try await door.talk(Self.request("alice", "secret", "../x", ""))
            _ = try await door.talk(Self.request("alice", "secret", "imap", "example.org"))
        }
        #expect(
            Self.asked(host) == [
                "authenticate alice ../x ", "read /mail/%/..%2Fx", "authenticate alice@example.org imap ",
            ])
    }

    @Test func `answers when the module does, and not a client that has gone`() async throws {
        let (asked, ask) = AsyncStream<Ticket>.makeStream()
        let (abandoned, abandon) = AsyncStream<Void>.makeStream()
        let host = FakeHost { question in
            guard case .authenticate = question else { return FakeHost.simple(question) }
            let ticket = Ticket { abandon.yield() }
            ask.yield(ticket)
            return .delayed(ticket)
        }
        try await Self.run(host, configure: { $0.object = "/open" }) { door async throws in
            var tickets = asked.makeAsyncIterator()
            let client = try await door.client()
            try await client.send(Self.alice)
            // Half-closed: it has said all that it has to say.
            try await client.closeOutput()
            await tickets.next()?.answer(Answer(.allow, .granted, session: FakeHost.session, user: "alice"))
            await client.received.wait { _ in false }
            #expect(client.received.bytes == [0, 2] + Array("OK".utf8))
            let leaver = try await door.client()
            try await leaver.send(Self.alice)
            #expect(await tickets.next() != nil)
            try await leaver.close()
            var leavings = abandoned.makeAsyncIterator()
            #expect(await leavings.next() != nil)
        }
    }

    @Test(arguments: [
        ([UInt8](repeating: 0xFF, count: 9), "the request has more than 8192 bytes"), (request("a", "\u{0}", "c"), nil),
        (request("a\u{0}", "b", "c", "d"), "the user name is not text"),
        ([0, 1, 0xFF] + request("b", "c", "d"), "the user name is not text"),
        (alice + request("e", "f"), "something follows the fifth field"),
        ([UInt8](repeating: 0, count: 9000), "the request has more than 8192 bytes"),
    ])
    func `asks nothing about what is not a request`(_ bytes: [UInt8], _ message: String?) async throws {
        let host = Self.host()
        try await Self.run(host) { door async throws in
            let answer = try await door.talk(bytes, closingOutput: true)
            #expect(answer.hasSuffix("NO \(message ?? "the request ends before its fourth field does")"), "\(answer)")
        }
        #expect(host.questions.isEmpty)
    }

    @Test(arguments: [request("", "secret", "imap", ""), alice + request("192.0.2.7\u{1}")])
    func `denies what no module may see`(_ bytes: [UInt8]) async throws {
        let host = Self.host()
        try await Self.run(host) { door async throws in
            #expect(try await door.talk(bytes).hasSuffix("NO deny invalid-request"))
        }
        #expect(host.questions.isEmpty)
    }

    @Test func `does not wait for ever for the rest of a request`() async throws {
        let host = Self.host()
        let isGivenUp = try await withGrowingLimit { limit in
            let said = Mutex("")
            try await Self.run(host, configure: { $0.timeout = limit }) { door async throws in
                let text = try await door.talk([0, 5])
                said.withLock { $0 = text }
            }
            return said.withLock { $0.hasSuffix("NO the rest of the request did not come in time") }
        }
        #expect(isGivenUp)
        #expect(host.questions.isEmpty)
    }
}

@Suite struct `The recorded request of testsaslauthd` {
    private static func recorded() throws -> [UInt8] { try RecordedRequests.bytes("saslauthd", "testsaslauthd.req") }

    @Test func `is answered, also where it comes byte by byte`() async throws {
        let bytes = try Self.recorded()
        let host = `The saslauthd door`.host()
        try await `The saslauthd door`.run(host) { door async throws in
            #expect(try await door.talk(bytes) == "\0\u{2}OK")
            let client = try await door.client()
            for byte in bytes { try await client.send([byte]) }
            await client.received.wait { _ in false }
            #expect(client.received.bytes == [0, 2] + Array("OK".utf8))
            try await client.close()
        }
    }

    @Test func `is no request when it is cut short at any byte, or sent twice`() throws {
        let bytes = try Self.recorded()
        let host = `The saslauthd door`.host()
        let door = try RehearsedDoor("saslauthd", host)
        for sent in bytes.indices.dropFirst().map({ Array(bytes[..<$0]) }) + [bytes + bytes] {
            #expect(door.talk(sent, endingInput: true).dropFirst(2).starts(with: "NO ".utf8))
        }
        #expect(host.questions.isEmpty)
    }

    @Test func `is another question, or none, when any byte of it is another`() throws {
        let recorded = try Self.recorded()
        for index in recorded.indices {
            for byte in [0, 1, 0x20, 0x2F, 0x80, 0xFF] as [UInt8] where byte != recorded[index] {
                var bytes = recorded
                bytes[index] = byte
                guard let request = try? SaslauthdRequest.read(bytes.span) else { continue }
                let password = request.password.withTerminatedBytes { Array($0.dropLast()) }
                let isSame =
                    request.user == "alice" && password.elementsEqual("secret".utf8) && request.service == "imap"
                    && request.realm == "example.org" && request.address.isEmpty
                #expect(!isSame, "byte \(index)")
            }
        }
    }
}
