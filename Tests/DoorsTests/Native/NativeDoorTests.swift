import AuthCore
import Glibc
import Logging
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import DoorCarrier
@testable import DoorProtocols

/// The native door, byte by byte, on a unix socket.
@Suite struct NativeDoorTests {
    /// A running door and one connection of a client that writes and reads bytes.
    final class Client {
        let servers: DoorServers
        let path: String
        private(set) var descriptor: CInt = -1

        init(
            _ host: FakeHost, options: [(String, String)] = [], timeout: Duration = .seconds(120),
            connections: Int = 100, clients: [String] = []
        ) async throws {
            path = "/tmp/authhost-native-\(getpid())-\(UInt32.random(in: 0 ... .max)).sock"
            var settings = DoorSettings(type: "native", name: "native")
            settings.socketPath = path
            settings.options = options.map { (name: $0.0, value: $0.1) }
            settings.timeout = timeout
            settings.maximumConnections = connections
            settings.clients = clients
            servers = try await DoorServers(
                [settings], host: host, services: DoorServices(), log: Logger(label: "test"), carrying: .ofThisRun)
            descriptor = try Self.connect(path)
        }

        deinit { close(descriptor) }

        static func connect(_ path: String) throws -> CInt {
            let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
            let address = try SocketAddress(unixDomainSocketPath: path)
            let result = address.withSockAddr { Glibc.connect(descriptor, $0, socklen_t($1)) }
            try #require(result == 0)
            var limit = timeval(tv_sec: 60, tv_usec: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            return descriptor
        }

        func write(_ bytes: [UInt8]) {
            _ = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
        }

        /// The next frame without its length; nil at the end.
        func frame() -> [UInt8]? {
            guard let head = read(4) else { return nil }
            return read(Int(head[0]) | Int(head[1]) << 8 | Int(head[2]) << 16 | Int(head[3]) << 24)
        }

        private func read(_ count: Int) -> [UInt8]? {
            var bytes = [UInt8](repeating: 0, count: count)
            var position = 0
            while position < count {
                let got = bytes.withUnsafeMutableBytes {
                    recv(descriptor, $0.baseAddress! + position, count - position, 0)
                }
                if got <= 0 { return nil }
                position += got
            }
            return bytes
        }

        func greet(pushes: Bool = false) throws {
            write(Frame(1, flags: pushes ? 1 : 0, 1).u16(1).u16(1).text("test").bytes)
            let answer = try #require(frame())
            #expect(answer[0] == 0x81 && answer[8...9].elementsEqual([1, 0]))
        }
    }

    /// Composes a request.
    struct Frame {
        private var body: [UInt8]

        init(_ type: UInt8, flags: UInt8 = 0, _ number: UInt32) {
            body = [type, flags, 0, 0] + withUnsafeBytes(of: number.littleEndian) { Array($0) }
        }

        func adding(_ bytes: some Sequence<UInt8>) -> Frame {
            var copy = self
            copy.body += bytes
            return copy
        }

        func u16(_ number: Int) -> Frame { adding([UInt8(number & 0xff), UInt8(number >> 8)]) }
        func text(_ text: String) -> Frame { u16(text.utf8.count).adding(text.utf8) }
        func session(_ id: SessionID = FakeHost.session) -> Frame {
            adding(withUnsafeBytes(of: id.high.littleEndian) { Array($0) })
                .adding(withUnsafeBytes(of: id.low.littleEndian) { Array($0) })
        }

        var bytes: [UInt8] {
            withUnsafeBytes(of: UInt32(body.count).littleEndian) { Array($0) } + body
        }

        static func login(_ number: UInt32, _ password: String = "secret", flags: UInt8 = 0) -> Frame {
            Frame(3, flags: flags, number).text("alice").text(password).text("").text("app").text("box")
        }

        static func check(_ number: UInt32, _ name: String, action: UInt8 = 1) -> Frame {
            Frame(6, number).session().adding([action]).text(name).text("").u16(0)
        }
    }

    private func verdict(_ frame: [UInt8]?) -> (type: UInt8, number: UInt32, verdict: UInt8, reason: String)? {
        guard let frame, frame.count > 10 else { return nil }
        let number = frame[4..<8].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return (frame[0], number, frame[8], String(decoding: frame[10..<10 + Int(frame[9])], as: UTF8.self))
    }

    @Test func `logs in, checks in a pipeline, maps and logs out`() async throws {
        let client = try await Client(FakeHost(FakeHost.simple))
        try client.greet()
        client.write(Frame.login(7).bytes)
        let login = try #require(client.frame())
        #expect(verdict(login)! == (0x83, 7, 1, "granted"))
        #expect(login.suffix(7).elementsEqual([5, 0] + Array("alice".utf8)))
        client.write(Frame.check(8, "/open/a").bytes + Frame.check(9, "/closed").bytes + Frame.check(10, "bad").bytes)
        #expect(verdict(client.frame())! == (0x86, 8, 1, "granted"))
        #expect(verdict(client.frame())! == (0x86, 9, 2, "denied-by-module"))
        #expect(verdict(client.frame())! == (0x86, 10, 2, "invalid-name"))
        client.write(Frame(5, 11).session().text("/x").bytes)
        let mapped = try #require(client.frame())
        #expect(String(decoding: mapped.suffix(9), as: UTF8.self) == "/inside/x")
        client.write(Frame(4, 12).session().bytes + Frame(9, 13).bytes)
        #expect(verdict(client.frame())! == (0x84, 12, 1, "granted"))
        #expect(client.frame()?[0] == 0x89)
        await client.servers.stop()
    }

    @Test func `keeps the six verdicts apart`() async throws {
        for (index, (verdict, reason)) in [
            (Verdict.allow, Reason.granted), (.deny, .deniedByModule), (.wrongCredentials, .invalidPassword),
            (.overLimit, .userLimit), (.ejected, .ejectedSession), (.undecided, .deadline),
        ].enumerated() {
            let host = FakeHost { _ in .decided(Answer(verdict, reason, session: FakeHost.session, user: "alice")) }
            let client = try await Client(host)
            try client.greet()
            client.write(Frame.login(1).bytes)
            #expect(self.verdict(client.frame())! == (0x83, 1, UInt8(index + 1), reason.rawValue))
            await client.servers.stop()
        }
    }

    @Test func `answers batches in their order, with wrong names among them`() async throws {
        let client = try await Client(FakeHost(FakeHost.simple))
        try client.greet()
        let batch = Frame(7, 3).session().u16(3).adding([1]).text("/open").adding([2]).text("no").adding([3]).text(
            "/shut")
        client.write(batch.bytes)
        let answer = try #require(client.frame())
        #expect(answer[0] == 0x87 && answer[8...9].elementsEqual([3, 0]))
        #expect(answer[10] == 1)
        #expect(String(decoding: answer, as: UTF8.self).contains("invalid-name"))
        await client.servers.stop()
    }

    @Test
    func `delayed answers come when they are there, past those behind them, and are abandoned with the connection`()
        async throws
    {
        let abandoned = Mutex(0)
        let ticket = Ticket {}
        let lost = Ticket { abandoned.withLock { $0 += 1 } }
        let host = FakeHost { question in
            guard case .check(_, let check) = question else { return FakeHost.simple(question) }
            switch check.name.text {
            case "/open/slow": return .delayed(ticket)
            case "/open/lost": return .delayed(lost)
            default: return FakeHost.simple(question)
            }
        }
        let client = try await Client(host)
        try client.greet()
        client.write(Frame.check(1, "/open/slow").bytes + Frame.check(2, "/open/quick").bytes)
        #expect(verdict(client.frame())?.number == 2)
        ticket.answer(Answer(.allow, .granted))
        #expect(verdict(client.frame())! == (0x86, 1, 1, "granted"))
        client.write(Frame.check(3, "/open/lost").bytes)
        // The question is asked before its connection goes.
        while !host.questions.contains(where: {
            if case .check(_, let c) = $0 { c.name.text == "/open/lost" } else { false }
        }) {
            sched_yield()
        }
        shutdown(client.descriptor, CInt(SHUT_RDWR))
        while abandoned.withLock({ $0 }) == 0 { sched_yield() }
        await client.servers.stop()
    }

    @Test func `pushes ends and invalidations to who wants them`() async throws {
        let host = FakeHost(FakeHost.simple)
        let client = try await Client(host)
        try client.greet(pushes: true)
        client.write(Frame.login(1).bytes)
        _ = client.frame()
        host.invalidate(.user("alice"))
        let invalid = try #require(client.frame())
        #expect(invalid[0] == 0xC2 && invalid[8] == 1 && String(decoding: invalid[11...], as: UTF8.self) == "alice")
        host.invalidate(.everything)
        #expect(client.frame()?[8] == 0)
        client.write(Frame(8, 5).session().bytes)
        #expect(verdict(client.frame())! == (0x88, 5, 1, "granted"))
        host.end(FakeHost.session, .ejected)
        let end = try #require(client.frame())
        #expect(end[0] == 0xC1 && end.last == 2 && end.count == 8 + 17)
        await client.servers.stop()
    }

    @Test func `sessions that are bound end with their connection`() async throws {
        let host = FakeHost(FakeHost.simple)
        let client = try await Client(host)
        try client.greet()
        client.write(Frame.login(1, flags: 2).bytes)
        _ = client.frame()
        shutdown(client.descriptor, CInt(SHUT_RDWR))
        while !host.questions.contains(where: { if case .logout = $0 { true } else { false } }) { sched_yield() }
        await client.servers.stop()
    }

    @Test func `no user is let in without a password where the door does not say so`() async throws {
        let host = FakeHost { _ in .decided(Answer(.allow, .granted, session: FakeHost.session, user: "alice")) }
        let closed = try await Client(host)
        try closed.greet()
        closed.write(Frame.login(1, "", flags: 1).bytes)
        #expect(verdict(closed.frame())! == (0x83, 1, 2, "invalid-request"))
        #expect(host.questions.isEmpty)
        await closed.servers.stop()
        let open = try await Client(host, options: [("resume", "TRUE")])
        try open.greet()
        // A client that sends one expects that it is looked at.
        open.write(Frame.login(1, "secret", flags: 1).bytes)
        #expect(verdict(open.frame())! == (0x83, 1, 2, "invalid-request"))
        #expect(host.questions.isEmpty)
        open.write(Frame.login(1, "", flags: 1).bytes)
        #expect(verdict(open.frame())! == (0x83, 1, 1, "granted"))
        guard case .resume(let login)? = host.questions.last else { return #expect(Bool(false), "\(host.questions)") }
        #expect(login.applicationID == "app" && login.door == "native")
        await open.servers.stop()
    }

    @Test func `a connection that must log on asks nothing before, and may not try for ever`() async throws {
        let host = FakeHost { question in
            if case .check(_, let check) = question, check.name.text == "/doors/native" {
                return .decided(Answer(.allow, .granted))
            }
            return FakeHost.simple(question)
        }
        let logon = Frame(2, 2).text("alice").text("secret").bytes
        let wrong = Frame(2, 2).text("alice").text("guess").bytes
        let early = try await Client(host, options: [("logon", "TRUE")])
        try early.greet()
        early.write(Frame.check(1, "/open").bytes)
        #expect(early.frame()?[0] == 0xFF)
        #expect(early.frame() == nil)
        await early.servers.stop()

        let good = try await Client(host, options: [("logon", "TRUE")])
        try good.greet()
        good.write(wrong)
        #expect(verdict(good.frame())! == (0x82, 2, 3, "invalid-password"))
        good.write(logon)
        #expect(verdict(good.frame())! == (0x82, 2, 1, "granted"))
        good.write(Frame.check(3, "/open").bytes)
        #expect(verdict(good.frame())! == (0x86, 3, 1, "granted"))
        // The user that logged on has no rights here any more.
        host.end(FakeHost.session, .ejected)
        #expect(good.frame()?[0] == 0xFF)
        #expect(good.frame() == nil)
        await good.servers.stop()

        let guessing = try await Client(host, options: [("logon", "TRUE")])
        try guessing.greet()
        for _ in 0..<3 {
            guessing.write(wrong)
            #expect(verdict(guessing.frame())?.verdict == 3)
        }
        #expect(guessing.frame()?[0] == 0xFF)
        #expect(guessing.frame() == nil)
        await guessing.servers.stop()
    }

    @Test func `who tries to log on does not learn which users there are`() async throws {
        let host = FakeHost { _ in .decided(Answer(.wrongCredentials, .invalidUser, clientText: "no such user")) }
        let client = try await Client(host, options: [("logon", "TRUE")])
        try client.greet()
        client.write(Frame(2, 2).text("mallory").text("guess").bytes)
        #expect(verdict(client.frame())! == (0x82, 2, 3, "invalid-password"))
        await client.servers.stop()
        // At the unix socket a program hears what was wrong.
        let trusted = try await Client(host)
        try trusted.greet()
        trusted.write(Frame.login(1, "guess").bytes)
        #expect(verdict(trusted.frame())! == (0x83, 1, 3, "invalid-user"))
        await trusted.servers.stop()
    }

    @Test func `no session is watched where nothing is pushed`() async throws {
        let client = try await Client(FakeHost(FakeHost.simple))
        try client.greet()
        client.write(Frame(8, 5).session().bytes)
        #expect(verdict(client.frame())! == (0x88, 5, 2, "invalid-request"))
        await client.servers.stop()
    }

    @Test func `logging on takes no longer for a client that pings`() async throws {
        let isClosed = try await withGrowingLimit { limit in
            let client = try await Client(FakeHost(FakeHost.simple), options: [("logon", "TRUE")], timeout: limit)
            client.write(Frame(1, 1).u16(1).u16(1).text("x").bytes)
            guard client.frame()?.first == 0x81 else {
                await client.servers.stop()
                return false
            }
            var number: UInt32 = 2
            client.write(Frame(9, number).bytes)
            while let frame = client.frame(), frame[0] == 0x89 {
                number += 1
                client.write(Frame(9, number).bytes)
            }
            // It has been told so, and closed.
            let isClosed = client.frame() == nil
            await client.servers.stop()
            return isClosed && number > 2
        }
        #expect(isClosed)
    }

    @Test func `who may not read the door's object does not log on`() async throws {
        let client = try await Client(FakeHost(FakeHost.simple), options: [("logon", "TRUE")])
        try client.greet()
        client.write(Frame(2, 2).text("alice").text("secret").bytes)
        #expect(verdict(client.frame())! == (0x82, 2, 2, "denied-by-module"))
        await client.servers.stop()
    }

    @Test(arguments: [
        ("nothing before the greeting", Frame.check(1, "/open").bytes, "greeting"),
        ("another version", Frame(1, 1).u16(5).u16(9).text("x").bytes, "version"),
        ("a short frame", [2, 0, 0, 0, 1, 0], "length"),
        ("a frame without end", [0, 0, 0, 0x7f], "length"),
        ("unknown flags", Frame(1, flags: 128, 1).u16(1).u16(1).text("x").bytes, "flags"),
        ("surplus", Frame(1, 1).u16(1).u16(1).text("x").adding([0]).bytes, "surplus"),
        ("too little", Frame(1, 1).u16(1).bytes, "short"),
        ("no such type", Frame(77, 1).bytes, "type"),
        ("text that is not UTF-8", Frame(1, 1).u16(1).u16(1).u16(1).adding([0xff]).bytes, "text"),
    ])
    func `ends a connection that breaks the protocol, and says why`(what: String, bytes: [UInt8], kind: String)
        async throws
    {
        let client = try await Client(FakeHost(FakeHost.simple))
        client.write(bytes)
        let fault = try #require(client.frame())
        #expect(fault[0] == 0xFF && String(decoding: fault[9..<9 + Int(fault[8])], as: UTF8.self) == kind)
        #expect(client.frame() == nil)
        await client.servers.stop()
    }

    @Test func `reads requests however they are cut`() async throws {
        let client = try await Client(FakeHost(FakeHost.simple))
        let bytes = Frame(1, 1).u16(1).u16(1).text("test").bytes + Frame.login(2).bytes + Frame.check(3, "/open").bytes
        for byte in bytes { client.write([byte]) }
        #expect(client.frame()?[0] == 0x81)
        #expect(verdict(client.frame())! == (0x83, 2, 1, "granted"))
        #expect(verdict(client.frame())! == (0x86, 3, 1, "granted"))
        await client.servers.stop()
    }

    @Test func `every request that is cut short is refused, or waited for`() throws {
        let requests = [Frame.login(1), Frame.check(2, "/open/a", action: 2), Frame(4, 3).session()]
        for request in requests {
            let frame = request.bytes.dropFirst(4)
            _ = try NativeReader.request(frame, version: NativeProtocol.withAttributes)
            for count in 0..<frame.count {
                #expect(throws: DoorFault.self) {
                    try NativeReader.request(frame.prefix(count), version: NativeProtocol.withAttributes)
                }
            }
            #expect(throws: DoorFault.self) {
                try NativeReader.request(frame + frame, version: NativeProtocol.withAttributes)
            }
        }
    }

    @Test func `a silent client is let go, and so is one that trickles`() async throws {
        let silent = try await Client(FakeHost(FakeHost.simple), timeout: .milliseconds(200))
        let fault = try #require(silent.frame())
        #expect(fault[0] == 0xFF && String(decoding: fault[9..<13], as: UTF8.self) == "slow")
        await silent.servers.stop()
    }

    @Test func `connections beyond the limit, and of clients that the door does not permit, are closed`() async throws {
        let client = try await Client(FakeHost(FakeHost.simple), connections: 1)
        try client.greet(pushes: true)
        client.write(Frame.login(1).bytes)
        _ = client.frame()
        let second = try Client.connect(client.path)
        defer { close(second) }
        var byte: UInt8 = 0
        #expect(recv(second, &byte, 1, 0) <= 0)
        client.write(Frame.check(2, "/open").bytes)
        #expect(verdict(client.frame())! == (0x86, 2, 1, "granted"))
        await client.servers.stop()
        let other = try await Client(FakeHost(FakeHost.simple), clients: ["uid:\(geteuid() + 1)"])
        #expect(other.frame() == nil)
        await other.servers.stop()
    }

    @Test func `connections that only greeted do not keep others out`() async throws {
        let client = try await Client(FakeHost(FakeHost.simple), connections: 2)
        try client.greet()
        var silent: [CInt] = []
        defer { for descriptor in silent { close(descriptor) } }
        for _ in 0..<5 {
            let next = try Client.connect(client.path)
            silent.append(next)
            let hello = Frame(1, 1).u16(1).u16(1).text("test").bytes
            _ = hello.withUnsafeBytes { send(next, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
            var byte: UInt8 = 0
            #expect(recv(next, &byte, 1, 0) == 1, "it has been greeted")
        }
        #expect(client.frame() == nil, "the first has been given up")
        await client.servers.stop()
    }

    @Test(arguments: [
        (["10.0.0.0/8"], "10.200.0.1", true), (["10.0.0.0/8"], "11.0.0.1", false), (["::1"], "::1", true),
        (["192.168.1.7"], "192.168.1.7", true), (["192.168.1.7"], "::ffff:192.168.1.7", true),
        (["192.168.1.0/25"], "192.168.1.200", false), (["fe80::/10"], "fe9f::1", true), ([], "1.2.3.4", true),
        (["uid:0"], "1.2.3.4", false),
    ])
    func `clients are permitted by address`(rules: [String], address: String, isPermitted: Bool) throws {
        #expect(try PermittedClients(rules, certificates: false).permits(DoorPeer(address: address)) == isPermitted)
    }

    @Test func `a user is known by the number that the system has given`() throws {
        let clients = try PermittedClients(["uid:broker", "uid:7"], certificates: false, users: ["broker": 12])
        let permitted = [12, 7, 0].map { clients.permits(DoorPeer(address: "", userID: $0)) }
        #expect(permitted == [true, true, false])
        var settings = DoorSettings(type: "native", name: "native")
        settings.clients = ["uid:root"]
        let found = try settings.permittedClients()
        #expect(found.permits(DoorPeer(address: "", userID: 0)) && !found.permits(DoorPeer(address: "", userID: 12)))
    }

    @Test(arguments: ["10.0.0.0/33", "10.0.0", "uid:no such user", "example.com", "/8", "::1/129", "cn:"])
    func `what is no client is refused`(text: String) {
        #expect(throws: DoorProblem.self) { try PermittedClients([text], certificates: true) }
    }
}
