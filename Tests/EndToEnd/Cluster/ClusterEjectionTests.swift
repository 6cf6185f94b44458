import Foundation
import Testing

/// Ejections by number that name no user, over three real hosts and a real Redis.
@Suite(.needs(.curl, .redis)) struct ClusterEjectionTests {
    private func logIn(
        _ cluster: ClusterHosts, _ host: Int, _ user: String, _ password: String = "x", application: String = "",
        machine: String = ""
    ) throws -> Response {
        let body: [String: String] = [
            "user": user, "password": password, "application_id": application, "machine_id": machine,
        ]
        let json = try JSONSerialization.data(withJSONObject: body)
        return try cluster.hosts[host].client.post("/v1/login", String(decoding: json, as: UTF8.self))
    }

    private func verdicts(_ cluster: ClusterHosts, _ sessions: [(Int, String)]) throws -> [String?] {
        try sessions.map { try cluster.verdict($0.0, $0.1) }
    }

    @Test func `a module ends the oldest of all hosts, and the log names who has done it and who has not`() throws {
        let cluster = try ClusterHosts(3, ["--module", Place.fixture("ejects_oldest")])
        let odd = "a é=\"*<\\n>"
        let sessions = try [("ann", odd), ("bob", ""), ("cid", odd), ("dan", ""), ("eve", ""), ("fay", "")].enumerated()
            .map { index, login in
                (
                    2 - index % 3,
                    try #require(logIn(cluster, 2 - index % 3, login.0, application: login.1).member("session"))
                )
            }
        #expect(try logIn(cluster, 1, "sweep", "2", application: odd).status != 200)
        let log = cluster.hosts[1].process
        try log.wait(for: "eject of 2 returned 0")
        try log.wait(for: "cluster: Ejection of the oldest sessions of all users application <")
        #expect(try verdicts(cluster, sessions) == ["ejected", "allow", "ejected", "allow", "allow", "allow"])
        #expect(try logIn(cluster, 0, "sweep", "3").status != 200)
        let own = cluster.hosts[0].process
        try own.wait(for: "eject of 3 returned 1")
        try own.wait(for: "cluster: Ejection of the oldest sessions of all users, 3 at most: 2 by host 1 <")
        #expect(try verdicts(cluster, sessions).suffix(3) == ["ejected", "ejected", "allow"])
        for count in ["0", "-2"] { #expect(try logIn(cluster, 0, "sweep", count).status != 200) }
        try own.wait(for: "eject of -2 returned -1")
        #expect(try verdicts(cluster, sessions).last == "allow")
        // The last one is on the host that is stopped, and ends when that goes on.
        cluster.hosts[0].process.send(SIGSTOP)
        #expect(try logIn(cluster, 1, "sweep", "2147483647").status != 200)
        try log.wait(for: "sessions of all users, 2147483647 at most: host 0 <")
        #expect(log.seen.contains("has not answered about 1 within a second"))
        cluster.hosts[0].process.send(SIGCONT)
        try ClusterHosts.await("the host does so when it goes on") {
            try cluster.verdict(sessions[5].0, sessions[5].1) == "ejected"
        }
    }

    @Test func `without the registry, a number is for the sessions of the host`() throws {
        let cluster = try ClusterHosts(2, ["--module", Place.fixture("ejects_oldest")])
        let sessions = try (0..<2).map { ($0, try #require(logIn(cluster, $0, "ann").member("session"))) }
        try cluster.killRedis()
        try ClusterHosts.await("the host notices") { try cluster.operate(1, "status").output.contains("connecting") }
        try cluster.hosts[1].process.wait(for: "cannot be reached")
        // Its module answers, though no user is let in.
        #expect(try logIn(cluster, 1, "sweep", "5").status != 200)
        try cluster.hosts[1].process.wait(for: "eject of 5 returned 1")
        #expect(try verdicts(cluster, sessions) == ["allow", "ejected"])
    }

    @Test func `operators end the oldest of an application or a machine, or of all`() throws {
        let cluster = try ClusterHosts(3, [])
        let logins = [("ann", "app", ""), ("bob", "app", "pc"), ("cid", "", "pc"), ("dan", "", "")]
        let sessions = try logins.enumerated().map { index, login in
            let session = try logIn(cluster, index % 3, login.0, application: login.1, machine: login.2).member(
                "session")
            return (index % 3, try #require(session))
        }
        func eject(_ arguments: String..., by host: Int = 0) throws -> Ending {
            try AuthHost.run(["session", "eject", "--cluster", "--socket", cluster.control(host)] + arguments)
        }
        let machine = try eject("--machine", "pc", "--count", "1")
        #expect(machine.status == 0 && machine.output.hasPrefix("ejected 1 session\nhost 1 <"), "\(machine)")
        let application = try eject("--application", "app", "--count", "1", by: 2)
        #expect(application.output.hasPrefix("ejected 1 session\nhost 0 <"), "\(application)")
        #expect(try verdicts(cluster, sessions) == ["ejected", "ejected", "allow", "allow"])
        let all = try eject("--all", "--count", "5")
        #expect(all.status == 0 && all.output.hasPrefix("ejected 2 sessions\nhost 0 <"), "\(all)")
        #expect(try verdicts(cluster, sessions) == ["ejected", "ejected", "ejected", "ejected"])
        for wrong in [["--count", "0", "--all"], ["--count", "-3", "--all"], ["--count", "1"]] {
            let refused = try eject(wrong[0], wrong[1], by: 1)
            #expect(refused.status != 0, "\(wrong): \(refused)")
        }
    }
}
