import Foundation
import Testing

/// How often threads of a process have gone to sleep, by their names (proc_pid_status(5), voluntary_ctxt_switches): each time
/// something has to wake them.
private struct Sleeps {
    let byName: [String: Int]
    private(set) var threads = 0

    /// The threads that serve connections and that hash, and those that they could hand work to. Others wake by the clock.
    private static let counted = ["auth-door-", "auth-module", "auth-side", "auth-blocking", "auth-serial"]

    init(of pid: pid_t) throws {
        var byName: [String: Int] = [:]
        for thread in try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task") {
            // A thread that has ended meanwhile wakes nothing.
            guard let status = try? String(contentsOfFile: "/proc/\(pid)/task/\(thread)/status", encoding: .utf8) else {
                continue
            }
            func value(_ name: String) -> Substring? {
                status.split(separator: "\n").first { $0.hasPrefix("\(name):\t") }?.dropFirst(name.count + 2)
            }
            guard let name = value("Name"), Self.counted.contains(where: { name.hasPrefix($0) }) else { continue }
            threads += 1
            byName[String(name), default: 0] += value("voluntary_ctxt_switches").flatMap { Int($0) } ?? 0
        }
        self.byName = byName
    }

    var sum: Int { byName.values.reduce(0, +) }
    var ofPool: Int { byName["auth-module"] ?? 0 }
}

@Suite struct WakeUpTests {
    private static let logIns = 60
    private let folder: Folder
    private let server: Server

    init() throws {
        folder = try Folder()
        // crypt(3) with SHA-512, which is for the threads that hash.
        let hash = "$6$abcdefgh$ltjgWl6579NluT/Vi1nwEvcil.G5Nbc4NiXZaNGStk8PSwGfQv72N2CKPPrVACtLtip/cZ/1GM/O6IND4WQhG."
        try folder.write(
            """
            <authhost-users version="1">
              <user name="ann" password="\(hash)"><allow actions="read" object="/login/**"/></user>
            </authhost-users>
            """, to: "users.xml")
        try folder.write(
            """
            login-cache-time 0
            add-module-options xmlauth
              xmlauth-file \(folder.path("users.xml"))
            end-module-options
            add-door
              type dovecot
              socket \(folder.path("dovecot.sock"))
            end-door
            add-door
              type saslauthd
              socket \(folder.path("saslauthd.sock"))
            end-door
            """, to: "a.conf")
        server = try Server(["--config", folder.path("a.conf")], in: folder)
    }

    /// Checks that a log-in wakes a thread of the pool and then the loop again, besides the wake-up that the request is itself.
    private func expectTwoWakeUps(_ logIn: (Int) throws -> Bool) throws {
        var before = try Sleeps(of: server.process.pid)
        // What was begun before, such as taking connections over, is over.
        while case let now = try Sleeps(of: server.process.pid), now.sum != before.sum {
            before = now
            usleep(50_000)
        }
        let began = ContinuousClock.now
        for number in 0..<Self.logIns { #expect(try logIn(number), "log-in \(number)") }
        let after = try Sleeps(of: server.process.pid)
        let (all, pool) = (after.sum - before.sum, after.ofPool - before.ofPool)
        // Threads wake by themselves each second: the longer the log-ins take, the more of that is in the count.
        let seconds = Int((ContinuousClock.now - began).components.seconds) + 1
        let own = seconds * after.threads
        #expect(all < 3 * Self.logIns + Self.logIns / 2 + own, "\(before.byName) \(after.byName), \(seconds) s")
        #expect(pool > Self.logIns / 2, "\(before.byName) \(after.byName)")
    }

    @Test func `a log-in at a dovecot door that is hashed by the pool wakes two threads`() throws {
        let mail = try KeptConnection(socket: folder.path("dovecot.sock"))
        try mail.say("VERSION\t1\t2\nCPID\t1\n")
        while try mail.line() != "DONE" {}
        try expectTwoWakeUps { number in
            try mail.exchange("AUTH\t\(number + 1)\tPLAIN\tservice=smtp\tsecured\tnologin\tresp=AGFubgBzZWNyZXQ=")
                .hasPrefix("OK\t")
        }
    }

    @Test func `a log-in at a saslauthd door that is hashed by the pool wakes two threads`() throws {
        let request = ["ann", "secret", "login", ""].flatMap { [0, UInt8($0.utf8.count)] as [UInt8] + Array($0.utf8) }
        // A connection is for one log-in; taking it over is not counted, and its end neither.
        let connections = try (0..<Self.logIns).map { _ in
            try KeptConnection(socket: folder.path("saslauthd.sock"))
        }
        try expectTwoWakeUps { number in
            try connections[number].answer(to: request) { $0.count >= 4 ? Array($0[2..<4]) : nil } == Array("OK".utf8)
        }
    }

    @Test func `a log-in at the HTTP door that is hashed by the pool wakes two threads`() throws {
        let web = try KeptConnection(socket: server.socket)
        try expectTwoWakeUps { _ in
            try web.post("/v1/login", #"{"user":"ann","password":"secret"}"#).status == 200
        }
    }
}
