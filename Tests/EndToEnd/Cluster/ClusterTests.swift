import Foundation
import Testing

/// Three real hosts and a real Redis.
@Suite(.needs(.curl, .redis)) struct ClusterTests {
    @Test func `a log-in on one host ejects the session on another, and the client there is told`() throws {
        let cluster = try ClusterHosts(3, ["--max-user-limit", "2", "--auth-eject-users"])
        let first = try #require(cluster.logIn(0, "ann").member("session"))
        let second = try #require(cluster.logIn(1, "ann").member("session"))
        #expect(try cluster.verdict(0, first) == "allow")
        #expect(try cluster.logIn(2, "ann").status == 200)
        #expect(try cluster.verdict(0, first) == "ejected")
        #expect(try cluster.verdict(1, second) == "allow")
        let bob = try cluster.logIn(0, "bob")
        #expect(bob.member("error") == "over-limit" && bob.body.contains("site-limit"), "\(bob)")
    }

    @Test func `operators see and end the sessions of all hosts, and a host that is silent is named`() throws {
        let cluster = try ClusterHosts(3, [])
        let sessions = try (0..<3).map { try #require(cluster.logIn($0, "ann").member("session")) }
        let listed = try cluster.operate(0, "session", "list", "--cluster")
        #expect(listed.status == 0, "\(listed)")
        for session in sessions {
            #expect(listed.output.contains(session.prefix(12)))
            #expect(!listed.output.contains(session))
        }
        let shown = try cluster.operate(0, "session", "show", sessions[2], "--cluster")
        #expect(shown.status == 0 && shown.output.contains("host") && shown.output.contains("2 <"), "\(shown)")
        let status = try cluster.operate(1, "status")
        #expect(status.output.contains("ready; ") && status.output.contains("0 <"), "\(status)")
        let ejected = try cluster.operate(0, "session", "eject", "--user", "ann", "--cluster")
        #expect(ejected.status == 0 && ejected.output.hasPrefix("ejected 3 sessions\n"), "\(ejected)")
        for (index, session) in sessions.enumerated() {
            #expect(try cluster.verdict(index, session) == "ejected")
        }
        cluster.hosts[2].process.send(SIGSTOP)
        defer { cluster.hosts[2].process.send(SIGCONT) }
        let partly = try cluster.operate(0, "session", "invalidate", "--all", "--cluster")
        #expect(partly.status == 1, "\(partly)")
        #expect(partly.errors.contains("host 2 <") && partly.errors.contains("has not answered"), "\(partly)")
    }

    @Test func `without the registry log-ins are undecided, sessions stay, and it is filled again`() throws {
        let cluster = try ClusterHosts(2, ["--max-user-limit", "2"])
        let session = try #require(cluster.logIn(0, "ann").member("session"))
        _ = try cluster.logIn(1, "ann")
        try cluster.killRedis()
        try ClusterHosts.await("log-ins are undecided") {
            let answer = try cluster.logIn(0, "bob")
            return answer.status == 503 && answer.body.contains("admission-failed")
        }
        #expect(try cluster.verdict(0, session) == "allow")
        try cluster.startRedis()
        try ClusterHosts.await("the limit holds again") { try cluster.logIn(1, "bob").body.contains("site-limit") }
        #expect(try cluster.verdict(0, session) == "allow")
        try ClusterHosts.await("metrics that have it") {
            let text = try cluster.hosts[0].client.get("/metrics").body
            return ["connections_lost", "unreachable_logins"].allSatisfy { name in
                let line = text.split(separator: "\n").first { $0.hasPrefix("authhost_cluster_\(name)_total ") }
                return line?.split(separator: " ").last.flatMap { Double($0) } ?? 0 > 0
            }
        }
    }

    @Test func `a host that is killed and started again gives its places back at once`() throws {
        let cluster = try ClusterHosts(2, ["--max-user-limit", "1"])
        #expect(try cluster.logIn(0, "ann").status == 200)
        #expect(try cluster.logIn(1, "bob").member("error") == "over-limit")
        try cluster.killAndRestart(0)
        try ClusterHosts.await("the place is free") { try cluster.logIn(1, "bob").status == 200 }
    }

    @Test func `a host that was stopped for longer than its lease answers for no session`() throws {
        let cluster = try ClusterHosts(2, ["--max-user-limit", "1", "--cluster-isolated", "end"])
        let session = try #require(cluster.logIn(0, "ann").member("session"))
        cluster.hosts[0].process.send(SIGSTOP)
        try ClusterHosts.await("the place passes on") { try cluster.logIn(1, "bob").status == 200 }
        cluster.hosts[0].process.send(SIGCONT)
        #expect(try cluster.verdict(0, session) == "deny")
    }

    @Test func `a host that stops frees its places, and the others go on`() throws {
        let cluster = try ClusterHosts(2, ["--max-user-limit", "1"])
        #expect(try cluster.logIn(0, "ann").status == 200)
        cluster.hosts[0].process.terminate()
        #expect(try cluster.hosts[0].process.finish().status == 0)
        try ClusterHosts.await("the place is free") { try cluster.logIn(1, "bob").status == 200 }
    }

    @Test func `one host warns of the sessions of all, and metrics tell how the cluster is`() throws {
        let cluster = try ClusterHosts(
            3, ["--max-user-warn", "3", "--max-user-ok", "1", "--max-user-limit", "3", "--auth-eject-users"])
        let sessions = try (0..<3).map { try #require(cluster.logIn($0, "ann").member("session")) }
        func tellers(_ text: String) throws -> Int {
            for host in cluster.hosts { try host.process.catchUp() }
            return cluster.hosts.count { $0.process.seen.contains(text) }
        }
        try ClusterHosts.await("a warning") { try tellers("3 sessions have reached max-user-warn (3)") == 1 }
        #expect(try cluster.logIn(1, "ann").status == 200)
        #expect(try cluster.verdict(0, sessions[0]) == "ejected")
        try ClusterHosts.await("metrics that have it") {
            let text = try cluster.hosts[1].client.get("/metrics").body
            return text.contains(#"authhost_cluster_ejections_total{outcome="confirmed"} 1"#)
                && text.contains("\nauthhost_cluster_sessions 3.0\n") && text.contains("\nauthhost_cluster_hosts 3.0\n")
        }
        let text = try cluster.hosts[1].client.get("/metrics").body
        for name in ["scripts_total", "round_trip_seconds", "lease_seconds"] {
            let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("authhost_cluster_\(name) ") })
            #expect(Double(line.split(separator: " ")[1]) ?? 0 > 0, "\(line)")
        }
        _ = try cluster.operate(0, "session", "eject", "--user", "ann", "--cluster")
        try ClusterHosts.await("the warning ends") { try tellers("max-user-ok (1)") == 1 }
    }

    @Test func `make run-cluster serves three hosts, and lists the sessions of all`() throws {
        let running = try ChildProcess([Place.file("scripts/run-cluster"), Place.binary("")])
        try running.wait(for: "12 sessions are all that there may be")
        for host in 0..<3 { #expect(running.seen.contains("host \(host) <"), "\(running.seen)") }
        running.terminate()
        #expect(try running.finish().status == 0)
    }

    @Test func `a single host starts nothing of a cluster, and says that it is in none`() throws {
        let folder = try Folder()
        let control = folder.path("control")
        let server = try Server(["--module", "openauth", "--control-socket", control], in: folder)
        let listed = try AuthHost.run(["session", "list", "--cluster", "--socket", control])
        #expect(listed.status == 1 && listed.errors.contains("this host is in no cluster"), "\(listed)")
        let status = try AuthHost.run(["status", "--socket", control])
        #expect(status.status == 0 && !status.output.contains("lease"), "\(status)")
        #expect(try !server.client.get("/metrics").body.contains("authhost_cluster_"))
        #expect(!server.process.seen.contains("cluster"), "\(server.process.seen)")
    }

    @Test func `a host that is not there is named, since it may go on with its sessions`() throws {
        let cluster = try ClusterHosts(3, [])
        #expect(try cluster.logIn(0, "ann").status == 200)
        cluster.hosts[2].process.send(SIGKILL)
        _ = try cluster.hosts[2].process.finish()
        let missing = "host 2: it is not there, and was not asked"
        try ClusterHosts.await("the host is missed") {
            try cluster.operate(0, "session", "list", "--cluster").errors.contains(missing)
        }
        let ejected = try cluster.operate(0, "session", "eject", "--user", "ann", "--count", "1", "--cluster")
        #expect(ejected.status == 1 && ejected.output.hasPrefix("ejected 1 session\n"), "\(ejected)")
        #expect(ejected.errors.contains(missing), "\(ejected)")
    }
}
