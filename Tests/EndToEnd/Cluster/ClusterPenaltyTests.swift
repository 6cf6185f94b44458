import Foundation
import Testing

/// Guessers against three real hosts that count together.
@Suite(.needs(.curl, .redis)) struct ClusterPenaltyTests {
    private func cluster() throws -> ClusterHosts {
        try ClusterHosts(
            3, ["--module", Place.fixture("knows_one_password"), "--penalty-delay", "0.2", "--login-cache-time", "0"])
    }

    /// How many questions the modules were asked, all together.
    private func calls(_ cluster: ClusterHosts) throws -> Int {
        try (0..<3).map { host in
            let list = try cluster.operate(host, "module", "list", "--json").output
            let digits = try #require(list.range(of: #""calls":"#)).upperBound
            return Int(list[digits...].prefix { $0.isNumber }) ?? -1
        }.reduce(0, +)
    }

    /// Tries passwords by so many threads at once, each at every host in turn; returns how often somebody was let in.
    private func guess(_ cluster: ClusterHosts, _ user: String, threads: Int, times: Int) -> Int {
        let allowed = LockedCount()
        let sockets = (0..<3).map { cluster.folder(of: $0).path("authhost.sock") }
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
            for number in 0..<times {
                let body = #"{"user":"\#(user)","password":"g\#(thread)x\#(number)"}"#
                let request =
                    "POST /v1/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                    + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
                let connection = try? KeptConnection(socket: sockets[(thread + number) % 3])
                let isIn = try? connection?.answer(to: Array(request.utf8)) { answer -> Bool? in
                    let text = String(decoding: answer, as: UTF8.self)
                    return text.contains("\r\n\r\n") ? text.hasPrefix("HTTP/1.1 20") : nil
                }
                if isIn != false { allowed.add() }
            }
        }
        return allowed.number
    }

    @Test func `ten thousand guesses at three hosts reach the modules about as often as at one`() throws {
        let cluster = try cluster()
        let before = try calls(cluster)
        #expect(guess(cluster, "ann", threads: 64, times: 157) == 0)
        let asked = try calls(cluster) - before
        #expect((10...20).contains(asked), "\(asked)")
        for host in 0..<3 { #expect(try cluster.logIn(host, "ann", "secret").status == 401) }
        let listed = try cluster.operate(1, "penalty", "list", "--user", "ann", "--cluster")
        #expect(listed.status == 0 && listed.output.contains("refused"), "\(listed)")
        #expect(listed.output.components(separatedBy: "elsewhere").count == 2, "\(listed)")
        for host in 0..<3 { #expect(listed.output.contains("host \(host) <"), "\(listed)") }
        try cluster.killAndRestart(2)
        try ClusterHosts.await("a host that starts learns what was counted") {
            try cluster.operate(2, "penalty", "list").output.contains("ann")
        }
        let cleared = try cluster.operate(0, "penalty", "clear", "--user", "ann", "--cluster")
        #expect(cleared.output.hasPrefix("cleared 1\nhost 0 <"), "\(cleared)")
        // A host acknowledges within a second, or is named: a busy machine may need more, and another word.
        try ClusterHosts.await("all hosts have acknowledged") {
            try cluster.operate(0, "penalty", "clear", "--user", "ann", "--cluster").status == 0
        }
        for host in 0..<3 { #expect(try cluster.logIn(host, "ann", "secret").status == 200) }
    }

    @Test func `without the registry each host counts for itself, and a host that is silent is named`() throws {
        let cluster = try cluster()
        try cluster.killRedis()
        // Log-ins that would be let in are undecided, and those with a wrong password are told so.
        let before = try calls(cluster)
        #expect(guess(cluster, "bob", threads: 16, times: 60) == 0)
        let asked = try calls(cluster) - before
        #expect((10...30).contains(asked), "\(asked)")
        try cluster.startRedis()
        try ClusterHosts.await("hosts are back") {
            let status = try cluster.operate(0, "status").output
            return (0..<3).allSatisfy { status.contains("\($0) <") }
        }
        try ClusterHosts.await("each host answers the others") {
            try cluster.operate(0, "penalty", "list", "--cluster").status == 0
        }
        cluster.hosts[1].process.send(SIGSTOP)
        defer { cluster.hosts[1].process.send(SIGCONT) }
        let cleared = try cluster.operate(0, "penalty", "clear", "--all", "--cluster")
        #expect(cleared.status == 1 && ["host 1 <", "host 1: "].contains { cleared.errors.contains($0) }, "\(cleared)")
    }
}

private final class LockedCount: @unchecked Sendable {
    // Behind the lock.
    private var count = 0
    private let lock = NSLock()

    var number: Int { lock.withLock { count } }
    func add() { lock.withLock { count += 1 } }
}
