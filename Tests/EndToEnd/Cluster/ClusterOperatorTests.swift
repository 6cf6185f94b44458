import Foundation
import Testing

/// What ends sessions at all hosts, and who hears that it has.
@Suite(.needs(.curl, .redis)) struct ClusterOperatorTests {
    private static func users(_ others: String = #"<user name="ann" password="{PLAIN}a"/>"#) -> String {
        """
        <authhost-users version="1">
          <user name="root" password="{PLAIN}r"><allow actions="read write" object="/authhost/admin/**"/></user>
          \(others)
        </authhost-users>
        """
    }

    private static let realm = "add-authdir\nname /v1/admin\ncheck-module TRUE\nrealm Desk\nend-authdir\n"

    private func cluster() throws -> ClusterHosts {
        try ClusterHosts(
            3,
            [
                "--module", "xmlauth", "--option", "xmlauth-file=%r/users.xml", "--option",
                "allow-plain-passwords=TRUE",
            ], files: ["users.xml": Self.users()], more: Self.realm)
    }

    private func ask(_ cluster: ClusterHosts, _ path: String, _ json: String) throws -> Response {
        let basic = "Authorization: Basic \(Data("root:r".utf8).base64EncodedString())"
        return try cluster.hosts[0].client.post("/v1/admin/\(path)", json, headers: [basic])
    }

    @Test func `administrators see and end the sessions of all hosts over HTTP`() throws {
        let cluster = try cluster()
        let sessions = try (0..<3).map { try #require(cluster.logIn($0, "ann", "a").member("session")) }
        let list = try cluster.hosts[1].client.get("/v1/admin/sessions?user=ann&cluster=true", user: "root:r")
        #expect(list.status == 200 && list.body.contains(#""total":3"#), "\(list)")
        for host in 0..<3 { #expect(list.body.contains("\"host\":\"\(host) <"), "\(list)") }
        let ejected = try ask(cluster, "eject", #"{"user":"ann","cluster":true}"#)
        #expect(ejected.status == 200 && ejected.body.contains(#""total":3"#), "\(ejected)")
        for (host, session) in sessions.enumerated() { #expect(try cluster.verdict(host, session) == "ejected") }
        try cluster.hosts[0].process.wait(
            for: "Ejection of sessions with user <ann>, at all hosts, by administrator <root> over HTTP")
        let ready = try cluster.hosts[2].client.get("/ready")
        #expect(ready.body.contains("cluster ready, epoch 1") && ready.body.contains("lease "), "\(ready)")
        let status = try cluster.operate(2, "status", "--json").output
        #expect(status.contains(/"epoch":[1-9][0-9]*,/), "\(status)")
        cluster.hosts[2].process.send(SIGSTOP)
        defer { cluster.hosts[2].process.send(SIGCONT) }
        let partly = try ask(cluster, "invalidate", #"{"all":true,"cluster":true}"#)
        #expect(partly.status == 504, "\(partly)")
        #expect(partly.body.contains(#""error":"it has not answered within"#), "\(partly)")
    }

    @Test func `a users file that ends somebody on one host does so on all, and the log names who has done it`() throws
    {
        let cluster = try cluster()
        let sessions = try (0..<3).map { try #require(cluster.logIn($0, "ann", "a").member("session")) }
        try cluster.folder(of: 0).write(Self.users(""), to: "users.xml")
        cluster.hosts[0].process.send(SIGHUP)
        let told = "cluster: Ejection of sessions with user <ann>: done by host 1 <"
        try cluster.hosts[0].process.wait(for: told)
        for (host, session) in sessions.enumerated() { #expect(try cluster.verdict(host, session) == "ejected") }
        cluster.hosts[1].process.send(SIGSTOP)
        defer { cluster.hosts[1].process.send(SIGCONT) }
        try cluster.folder(of: 0).write(Self.users(), to: "users.xml")
        cluster.hosts[0].process.send(SIGHUP)
        try ClusterHosts.await("ann may log in again") { try cluster.logIn(0, "ann", "a").status == 200 }
        try cluster.folder(of: 0).write(Self.users(""), to: "users.xml")
        cluster.hosts[0].process.send(SIGHUP)
        // Not the invalidation before it alone.
        try cluster.hosts[0].process.wait(for: "cluster: Ejection of sessions with user <ann>: host 1 <")
        let silent = "> has not answered within a second; it is told when it is back"
        #expect(cluster.hosts[0].process.seen.contains(silent))
    }

    @Test func `operators end the oldest sessions of a user by number, over all hosts`() throws {
        let cluster = try cluster()
        let sessions = try [2, 0, 1].map { ($0, try #require(cluster.logIn($0, "ann", "a").member("session"))) }
        let ejected = try cluster.operate(0, "session", "eject", "--user", "ann", "--count", "2", "--cluster")
        #expect(ejected.status == 0 && ejected.output.hasPrefix("ejected 2 sessions\nhost 0 <"), "\(ejected)")
        #expect(ejected.output.contains("host 2 <"), "\(ejected)")
        for ((host, session), verdict) in zip(sessions, ["ejected", "ejected", "deny"]) {
            // Ann may read nothing.
            #expect(try cluster.verdict(host, session) == verdict)
        }
        let again = try ask(cluster, "eject", #"{"user":"ann","count":1,"cluster":true}"#)
        #expect(again.status == 200 && again.body.contains(#""total":1"#), "\(again)")
        #expect(try cluster.verdict(sessions[2].0, sessions[2].1) == "ejected")
        let machines = try ["pc", "", "pc"].enumerated().map { index, machine in
            let body = #"{"user":"ann","password":"a","machine_id":"\#(machine)"}"#
            return try #require(cluster.hosts[index].client.post("/v1/login", body).member("session"))
        }
        let onMachine = try cluster.operate(
            1, "session", "eject", "--user", "ann", "--machine", "pc", "--count", "1", "--cluster")
        #expect(onMachine.status == 0 && onMachine.output.hasPrefix("ejected 1 session\nhost 0 <"), "\(onMachine)")
        for ((host, session), verdict) in zip(machines.enumerated(), ["ejected", "deny", "deny"]) {
            #expect(try cluster.verdict(host, session) == verdict)
        }
        let vague = try cluster.operate(0, "session", "eject", "--door", "http", "--count", "1", "--cluster")
        #expect(vague.status == 1 && vague.errors.contains("knows nothing else"), "\(vague)")
    }

    @Test func `the oldest sessions end at all hosts, more than one step looks at, and the command says where`() throws
    {
        let cluster = try cluster()
        for number in 0..<450 { _ = try #require(cluster.logIn(number % 3, "ann", "a").member("session")) }
        let ejected = try cluster.operate(0, "session", "eject", "--all", "--count", "430", "--cluster", "--json")
        let reply = try #require(JSONSerialization.jsonObject(with: Data(ejected.output.utf8)) as? [String: Any])
        let hosts = try #require(reply["hosts"] as? [[String: Any]])
        // On a busy machine a second may not be enough: what is left is told then, and who has not answered.
        let isWhole = reply["pending"] == nil && hosts.allSatisfy { $0["error"] == nil }
        #expect((ejected.status == 0) == isWhole && (!isWhole || reply["total"] as? Int == 430), "\(ejected)")
        try ClusterHosts.await("the 20 youngest are left") {
            let list = try cluster.operate(1, "session", "list", "--cluster", "--json").output
            return list.contains(#""total":20"#)
        }
    }

    @Test func `an order that takes longer than a second is in the audit log as it stood then, and as it ended`() throws
    {
        let cluster = try ClusterHosts(3, [], more: "audit-log %r/audit.log\n")
        for host in 0..<2 { _ = try #require(cluster.logIn(host, "ann").member("session")) }
        // While a host is waited for, the registry does not know all sessions.
        cluster.hosts[2].process.send(SIGSTOP)
        try cluster.killRedis()
        try cluster.startRedis()
        try ClusterHosts.await("hosts wait for the third") {
            try (0..<2).allSatisfy { try cluster.operate($0, "status", "--json").output.contains("warming") }
        }
        let ejected = try cluster.operate(0, "session", "eject", "--all", "--count", "5", "--cluster")
        cluster.hosts[2].process.send(SIGCONT)
        func audit() throws -> String {
            try String(contentsOfFile: cluster.folder(of: 0).path("audit.log"), encoding: .utf8)
        }
        try ClusterHosts.await("the order has ended") { try audit().contains(#/outcome="(?:done: 2|failed: )/#) }
        // Where the third host is missed for a lease meanwhile, it is not waited for any more.
        guard ejected.errors.contains("up to 5 more are being ejected") else { return }
        #expect(try audit().contains(#/outcome="going on: 0, up to 5 more"/#), "\(ejected)")
        try cluster.hosts[0].process.wait(for: "Ejection of all sessions, 5 at most, at all hosts, has ended: ")
    }

    @Test func `hosts to which very much is said at one moment go on`() throws {
        let cluster = try cluster()
        // One script is one moment: nothing of it is done before all of it has been said.
        let flood = """
            local root = '{authhost:authhost}:'
            local channel = root .. redis.call('HGET', root .. 'reg', 'generation') .. ':all'
            for number = 1, 50000 do redis.call('PUBLISH', channel, 'say - 1 ' .. number .. ' {"do":"sessions"}') end
            return 'said'
            """
        let said = try ChildProcess.run(["redis-cli", "-s", cluster.registry, "EVAL", flood, "0"])
        #expect(said.output.contains("said"), "\(said)")
        var session = ""
        try ClusterHosts.await("log-ins are let in") {
            session = try cluster.logIn(1, "ann", "a").member("session") ?? ""
            return session != ""
        }
        try ClusterHosts.await("hosts hear each other again") {
            try cluster.operate(0, "session", "eject", "--user", "ann", "--cluster").status == 0
        }
        #expect(try cluster.verdict(1, session) == "ejected")
    }
}
