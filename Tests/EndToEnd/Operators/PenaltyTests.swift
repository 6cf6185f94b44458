import Foundation
import Testing

/// Guessers against the real program, at every door that takes passwords.
@Suite struct PenaltyTests {
    private enum Door: String, CaseIterable {
        case http, auth, admin, forward, page, rabbitmq, saslauthd, dovecot, native, logon

        /// The socket in the server's folder.
        var socket: String { isOfHTTP ? "authhost.sock" : "\(self == .page ? "forward" : rawValue).sock" }

        /// Whether it is a part of the HTTP door, which needs no block.
        var isOfHTTP: Bool { [.http, .auth, .admin].contains(self) }

        /// What a client sends to log in.
        func request(_ user: String, _ password: String) -> [UInt8] {
            let basic = Data("\(user):\(password)".utf8).base64EncodedString()
            switch self {
            case .http:
                let body = #"{"user":"\#(user)","password":"\#(password)"}"#
                return Self.post("/v1/login", body, "application/json")
            case .auth: return Self.get("/auth", basic)
            case .admin: return Self.get("/v1/admin/status", basic)
            case .forward: return Self.get("/traefik", basic)
            case .page:
                let token = String(repeating: "a", count: 32)
                return Self.post(
                    "/_authhost/login", "token=\(token)&user=\(user)&password=\(password)",
                    "application/x-www-form-urlencoded\r\nCookie: __Host-authhost-form=\(token)\r\nX-Forwarded-For: 192.0.2.1"
                )
            case .rabbitmq:
                return Self.post(
                    "/auth/user", "username=\(user)&password=\(password)", "application/x-www-form-urlencoded")
            case .saslauthd: return [user, password, "imap", ""].flatMap { Self.big16($0.utf8.count) + Array($0.utf8) }
            case .dovecot:
                let response = Data("\0\(user)\0\(password)".utf8).base64EncodedString()
                return Array("VERSION\t1\t2\nCPID\t1\nAUTH\t1\tPLAIN\tservice=smtp\tresp=\(response)\n".utf8)
            case .native:
                let hello = Self.frame(1, [1, 0, 2, 0] + Self.text("test"))
                return hello + Self.frame(3, [user, password, "", "", ""].flatMap(Self.text))
            case .logon:
                // LOGON, by which a program says who it is.
                let hello = Self.frame(1, [1, 0, 2, 0] + Self.text("test"))
                return hello + Self.frame(2, [user, password].flatMap(Self.text))
            }
        }

        /// Whether the client is let in; nil while the answer is not there.
        func isAllowed(_ answer: [UInt8]) -> Bool? {
            let text = String(decoding: answer, as: UTF8.self)
            switch self {
            case .http, .auth, .admin, .forward, .page:
                guard text.contains("\r\n\r\n") else { return nil }
                return text.hasPrefix("HTTP/1.1 20") || text.hasPrefix("HTTP/1.1 303")
            case .rabbitmq:
                guard let body = text.range(of: "\r\n\r\n").map({ text[$0.upperBound...] }), !body.isEmpty else {
                    return nil
                }
                return body.hasPrefix("allow")
            case .saslauthd: return answer.count < 4 ? nil : text.dropFirst(2).hasPrefix("OK")
            case .dovecot:
                if text.contains("\nOK\t1") { return true }
                return text.contains("\nFAIL\t1") ? false : nil
            case .native, .logon:
                // The answer behind that to HELLO: its verdict is the first byte behind the header.
                guard answer.count > 4 else { return nil }
                let second = 4 + Int(answer[0])
                return answer.count > second + 12 ? answer[second + 12] == 1 : nil
            }
        }

        private static func get(_ path: String, _ basic: String) -> [UInt8] {
            Array(
                """
                GET \(path) HTTP/1.1\r\nHost: a\r\nAuthorization: Basic \(basic)\r\nX-Original-URI: /a\r\n\
                X-Original-Method: GET\r\nX-Forwarded-Method: GET\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: a.example\r\n\
                X-Forwarded-Uri: /a\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n
                """.utf8)
        }

        private static func post(_ path: String, _ body: String, _ type: String) -> [UInt8] {
            Array(
                "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
                    .utf8)
        }

        private static func big16(_ number: Int) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 255)] }

        private static func text(_ text: String) -> [UInt8] { [UInt8(text.utf8.count), 0] + Array(text.utf8) }

        private static func frame(_ type: UInt8, _ body: [UInt8]) -> [UInt8] {
            [UInt8(body.count + 8), 0, 0, 0, type, 0, 0, 0, 1, 0, 0, 0] + body
        }
    }

    private func server(_ folder: Folder) throws -> Server {
        let doors = Door.allCases.filter { !$0.isOfHTTP && $0 != .page }.map { door in
            let types = [Door.forward: "forward-auth", .logon: "native\n  option logon TRUE"]
            return
                "add-door\n  type \(types[door] ?? door.rawValue)\n  name \(door.rawValue)\n  socket \(folder.path(door.socket))\nend-door\n"
        }
        try folder.write(
            "auth-module \(Place.fixture("knows_one_password"))\ncontrol-socket \(folder.path("control"))\n"
                // The module is asked about each log-in that is let through.
                + "login-cache-time 0\npenalty-delay 0.1\npenalty-file \(folder.path("penalties"))\n"
                + "add-authdir\n  name /v1/admin\n  check-module TRUE\nend-authdir\n" + doors.joined(),
            to: "authhost.conf")
        return try Server(["-c", folder.path("authhost.conf")], in: folder)
    }

    private func logIn(_ door: Door, _ folder: Folder, _ user: String, _ password: String) throws -> Bool {
        try Self.logIn(door, folder.path(door.socket), user, password)
    }

    private static func logIn(_ door: Door, _ path: String, _ user: String, _ password: String) throws -> Bool {
        let connection = try KeptConnection(socket: path)
        return try connection.answer(to: door.request(user, password)) { door.isAllowed($0) }
    }

    private func operate(_ folder: Folder, _ arguments: String...) throws -> Ending {
        try AuthHost.run(arguments + ["--socket", folder.path("control")])
    }

    /// How many questions the module was asked.
    private func calls(_ folder: Folder) throws -> Int {
        let list = try operate(folder, "module", "list", "--json").output
        let digits = try #require(list.range(of: #""calls":"#)).upperBound
        return Int(list[digits...].prefix { $0.isNumber }) ?? -1
    }

    /// Guessers, each a thread of its own.
    private static let guessers = 64

    /// Runs what each guesser does, all at once; the group ends with the last of them.
    private static func guess(_ body: @escaping @Sendable (_ guesser: Int) -> Void) -> DispatchGroup {
        let group = DispatchGroup()
        for guesser in 0..<guessers {
            group.enter()
            Thread {
                body(guesser)
                group.leave()
            }.start()
        }
        return group
    }

    @Test func `64 guessers at every door reach the module as often as the limit, and the user's place is not theirs`()
        throws
    {
        let folder = try Folder()
        let server = try server(folder)
        for door in Door.allCases {
            let user = "ann-\(door.rawValue)"
            let usual: Door = door == .saslauthd ? .dovecot : .saslauthd
            let fresh = try calls(folder)
            #expect(try logIn(usual, folder, user, "secret"), "\(door)")
            let before = try calls(folder)
            let each = before - fresh
            let (allowed, path) = (Tally(), folder.path(door.socket))
            // 1,024 guesses, each another password.
            let guesses = Self.guess { guesser in
                for number in 0..<16 where (try? Self.logIn(door, path, user, "g\(guesser)x\(number)")) != false {
                    allowed.add()
                }
            }
            // Meanwhile the user comes from where the user usually does, and waits for none of them.
            for _ in 0..<3 { #expect(try logIn(usual, folder, user, "secret"), "\(door)") }
            guesses.wait()
            #expect(allowed.count == 0, "\(door)")
            #expect(try calls(folder) - before == 10 + 3 * each, "\(door)")
            #expect(try !logIn(door, folder, user, "secret"), "\(door): the right password of a stranger")
            #expect(try logIn(usual, folder, user, "secret"), "\(door)")
        }
        let listed = try operate(folder, "penalty", "list", "--user", "ANN-native")
        #expect(listed.output.contains("elsewhere") && listed.output.contains("refused"), "\(listed)")
        let metrics = try server.client.get("/metrics").body
        #expect(metrics.contains(#"authhost_penalty_logins_total{by="user",step="counted"} 100"#), "\(metrics)")
        try operateOnAll(folder, server)
    }

    /// What operators do with penalties of users of every door.
    private func operateOnAll(_ folder: Folder, _ server: Server) throws {
        #expect(try operate(folder, "penalty", "clear", "--user", "ann-native").output == "cleared 1\n")
        #expect(try logIn(.native, folder, "ann-native", "secret"))
        try server.process.wait(for: "Penalties of user <ann-native> cleared, by the operator: 1")
        // Nine users, and the network that the proxy told of.
        #expect(try operate(folder, "penalty", "clear", "--all").output == "cleared 10\n")
        #expect(try operate(folder, "penalty", "list").output == "no penalties\n")
    }

    @Test
    func `10,000 guesses for one user at nine doors at once, with a restart in the middle, reach the module 10 times`()
        throws
    {
        let folder = try Folder()
        let first = try server(folder)
        let fresh = try calls(folder)
        #expect(try logIn(.saslauthd, folder, "ann", "secret"))
        let before = try calls(folder)
        let each = before - fresh
        let doors = Door.allCases.filter { $0 != .saslauthd }.map { ($0, folder.path($0.socket)) }
        let (allowed, answered, unanswered) = (Tally(), Tally(), Tally())
        let restarted = Tally()
        let guesses = Self.guess { guesser in
            let (door, path) = doors[guesser % doors.count]
            var (number, left) = (0, 79)
            // 78 and more before the host is started again, and 79 behind it.
            while left > 0, unanswered.count < 100_000 {
                let isBefore = restarted.count == 0
                if isBefore, number >= 78 { usleep(5_000) }
                guard let isAllowed = try? Self.logIn(door, path, "ann", "g\(guesser)x\(number)") else {
                    unanswered.add()
                    usleep(5_000)
                    continue
                }
                answered.add()
                if isAllowed { allowed.add() }
                number += 1
                if !isBefore { left -= 1 }
            }
        }
        try first.process.wait(until: { answered.count >= 78 * Self.guessers })
        #expect(try logIn(.saslauthd, folder, "ann", "secret"), "while 64 guess")
        #expect(try calls(folder) - before == 10 + each)
        first.process.terminate()
        #expect(try first.process.finish().status == 0)
        let kept = try String(contentsOfFile: folder.path("penalties"), encoding: .utf8)
        #expect(!kept.contains("g1x1") && !kept.contains("secret"))
        let second = try server(folder)
        restarted.add()
        #expect(try logIn(.saslauthd, folder, "ann", "secret"), "while 64 guess")
        guesses.wait()
        #expect(allowed.count == 0 && answered.count >= 10_000, "\(answered.count)")
        #expect(try calls(folder) - fresh == each, "the user alone")
        #expect(try logIn(.saslauthd, folder, "ann", "secret"))
        withExtendedLifetime(second) {}
    }

    @Test func `what is wrong with the configuration of penalties is found before the start`() throws {
        let folder = try Folder()
        try folder.write("x", to: "open")
        chmod(folder.path("open"), 0o666)
        try folder.write(
            "auth-module openauth\nhttp-listen none\nhttp-socket \(folder.path("s"))\npenalty-exempt 10.0.0.0/8 10.0.0.0/33\n"
                + "penalty-file \(folder.path("open"))\n", to: "a.conf")
        let check = try AuthHost.run(["config", "check", "-c", folder.path("a.conf")])
        #expect(check.status == 3)
        #expect(check.errors.contains("a.conf:4:27: `penalty-exempt` takes networks"), "\(check)")
        #expect(
            check.errors.contains("a.conf:5:") && check.errors.contains("penalty-file: ")
                && check.errors.contains("others may write"),
            "\(check)")
        for arguments in [["penalty", "clear"], ["penalty", "clear", "--all", "--user", "ann"]] {
            #expect(try AuthHost.run(arguments).status == 3)
        }
    }
}

/// Counts from many threads.
private final class Tally: @unchecked Sendable {
    // Behind the lock.
    private var number = 0
    private let lock = NSLock()

    var count: Int { lock.withLock { number } }
    func add() { lock.withLock { number += 1 } }
}
