import Cluster
import Glibc
import Testing

/// One or more hosts and a real registry; each row of what went wrong in simpler designs is a test here.
@Suite struct ClusterMemberTests {
    static let oneOfUser = [0, 0, 1, 0, 0]

    func ready(_ cluster: TestCluster, sourceLocation: SourceLocation = #_sourceLocation) {
        let isReady = cluster.run(atMost: 20_000) { cluster.hosts.allSatisfy { state($0) == "ready" } }
        #expect(isReady, "\(cluster.hosts.map(\.events))", sourceLocation: sourceLocation)
    }

    func state(_ host: TestHost) -> String { host.member.status(at: host.cluster.now).state }

    @Test func `a log-in on one host ejects the session on another before it opens`() throws {
        let cluster = try TestCluster(2)
        ready(cluster)
        let first = cluster.hosts[0].login("alice", allowed: Self.oneOfUser)
        cluster.settle()
        #expect(cluster.hosts[0].results[first] == .open)
        cluster.onOpening = { [unowned cluster] _, _ in #expect(cluster.hosts[0].sessions.isEmpty) }
        let second = cluster.hosts[1].login("alice", allowed: Self.oneOfUser)
        cluster.settle()
        #expect(cluster.hosts[1].results[second] == .open)
        #expect(cluster.hosts[0].ends[first] == 1)
    }

    @Test(arguments: [
        ([1, 0, 0, 0, 0], 1), ([0, 1, 0, 0, 0], 2), ([0, 0, 1, 0, 0], 3), ([0, 0, 0, 0, 1], 5),
    ]) func `without ejection the limit that stands in the way is named`(_ allowed: [Int], _ kind: Int) throws {
        let cluster = try TestCluster(2)
        ready(cluster)
        _ = cluster.hosts[0].login("alice", "app", allowed: allowed)
        cluster.settle()
        let second = cluster.hosts[1].login("alice", "app", allowed: allowed, ejects: false)
        cluster.settle()
        #expect(cluster.hosts[1].results[second] == .over(limit: kind, allowed: 1))
    }

    @Test func `a licence counts different users of an application, wherever they are`() throws {
        let cluster = try TestCluster(3)
        ready(cluster)
        for (host, user) in zip(cluster.hosts, ["alice", "alice", "bob"]) {
            _ = host.login(user, "app", allowed: [0, 0, 0, 2, 0])
            cluster.settle()
            #expect(host.sessions.count == 1)
        }
        let late = cluster.hosts[0].login("carol", "app", allowed: [0, 0, 0, 2, 0])
        cluster.settle()
        #expect(cluster.hosts[0].results[late] == .over(limit: 4, allowed: 2))
    }

    @Test func `names of every byte stay apart`() throws {
        let cluster = try TestCluster(2)
        ready(cluster)
        let names = [
            String(decoding: 1...127, as: UTF8.self), " ", "a b", "a\0b", "a\u{1}", "\u{10FFFF}", "é", "e\u{301}", "*",
            "{x}", "a.b", "a:b", "\r\n",
            String(repeating: "n", count: 255),
        ]
        for user in names {
            for application in ["", "a", "1:a", "a\0"] {
                let handle = cluster.hosts[0].login(user, application, allowed: [1, 0, 0, 0, 0], ejects: false)
                cluster.settle()
                #expect(cluster.hosts[0].results[handle] == .open)
                let again = cluster.hosts[1].login(user, application, allowed: [1, 0, 0, 0, 0], ejects: false)
                cluster.settle()
                #expect(cluster.hosts[1].results[again] == .over(limit: 1, allowed: 1))
            }
        }
    }

    @Test func `the oldest of user and application goes first, by the registry's order`() throws {
        let cluster = try TestCluster(3)
        ready(cluster)
        var handles: [UInt64] = []
        for (host, application) in zip(cluster.hosts, ["other", "app", "app"]) {
            handles.append(host.login("alice", application, allowed: [0, 0, 3, 0, 0]))
            cluster.settle()
        }
        _ = cluster.hosts[0].login("alice", "app", allowed: [0, 0, 3, 0, 0])
        cluster.settle()
        #expect(cluster.hosts.map(\.sessions.count) == [2, 0, 1])
    }

    @Test func `a log-in that waits is let in by a time-out, and the operator is told by which host`() throws {
        let cluster = try TestCluster(2)
        ready(cluster)
        let first = cluster.hosts[0].login("alice", allowed: Self.oneOfUser)
        cluster.settle()
        cluster.hosts[0].ejects = false
        let second = cluster.hosts[1].login("alice", allowed: Self.oneOfUser)
        cluster.run(2900)
        #expect(cluster.hosts[1].results[second] == nil)
        cluster.run(500)
        #expect(cluster.hosts[1].results[second] == .open)
        let event = ClusterEvent.unconfirmed(session: second, hosts: ["0 <host0>"], sessions: 1, isRefused: false)
        #expect(cluster.hosts[1].events.contains(event))
        #expect(cluster.hosts[0].sessions[first] != nil)
    }

    @Test func `where the setting says so, a log-in is refused whose ejection was not confirmed`() throws {
        let cluster = try TestCluster(2) { $0.refusesUnconfirmed = true }
        ready(cluster)
        _ = cluster.hosts[0].login("alice", allowed: Self.oneOfUser)
        cluster.settle()
        cluster.hosts[0].ejects = false
        let second = cluster.hosts[1].login("alice", allowed: Self.oneOfUser)
        cluster.run(3500)
        guard case .gone(let text)? = cluster.hosts[1].results[second] else { return #expect(Bool(false)) }
        #expect(text.contains("host 0 <host0> has not confirmed an ejection in time"))
        #expect(cluster.hosts[1].sessions.isEmpty)
    }

    /// A place passes on when its session has ended, and not when somebody has asked for the end.
    @Test func `a log-in that waits and is ejected itself does not open, and its victim ends all the same`() throws {
        let cluster = try TestCluster(3)
        ready(cluster)
        _ = cluster.hosts[0].login("alice", allowed: Self.oneOfUser)
        cluster.settle()
        cluster.hosts[0].isStopped = true
        let second = cluster.hosts[1].login("alice", allowed: Self.oneOfUser)
        cluster.settle()
        let third = cluster.hosts[2].login("alice", allowed: Self.oneOfUser)
        cluster.settle()
        #expect(cluster.hosts[1].results[second] == .ejected || cluster.hosts[2].results[third] == nil)
        cluster.hosts[0].isStopped = false
        cluster.run(1500)
        #expect(cluster.hosts.map(\.sessions.count).reduce(0, +) == 1)
    }

    @Test func `an answer that is lost is asked for again, and nothing leaks`() throws {
        let cluster = try TestCluster(2)
        ready(cluster)
        for _ in 0..<20 {
            cluster.hosts[0].losesAnswers = true
            let handle = cluster.hosts[0].login("alice", allowed: [0, 0, 0, 0, 3])
            cluster.settle()
            cluster.hosts[0].losesAnswers = false
            cluster.run(500)
            #expect(cluster.hosts[0].results[handle] == .open)
            cluster.hosts[0].logout(handle)
            cluster.settle()
        }
        cluster.run(3000)
        #expect(cluster.hosts[1].member.status(at: cluster.now).sessions == 0)
    }

    @Test func `the places of a host that was killed pass on after its lease, and not before`() throws {
        let cluster = try TestCluster(2)
        ready(cluster)
        _ = cluster.hosts[0].login("alice", allowed: [0, 0, 0, 0, 1])
        cluster.settle()
        cluster.hosts[0].isStopped = true
        cluster.run(2000)
        let early = cluster.hosts[1].login("bob", allowed: [0, 0, 0, 0, 1])
        cluster.settle()
        #expect(cluster.hosts[1].results[early] == .over(limit: 5, allowed: 1))
        cluster.run(8000)
        let late = cluster.hosts[1].login("bob", allowed: [0, 0, 0, 0, 1])
        cluster.settle()
        #expect(cluster.hosts[1].results[late] == .open)
        #expect(cluster.hosts[1].events.contains(.hostExpelled(index: "0", name: "host0")))
    }

    @Test(arguments: IsolatedPolicy.allCases)
    func `a host that was stopped for longer than its lease does as it is configured`(_ policy: IsolatedPolicy) throws {
        let cluster = try TestCluster(2) { $0.isolated = policy }
        ready(cluster)
        let handle = cluster.hosts[0].login("alice", allowed: Self.oneOfUser)
        cluster.settle()
        cluster.hosts[0].isStopped = true
        cluster.run(10_000)
        if policy == .end { #expect(cluster.hosts[0].answering.isEmpty, "it looks at its own clock before it answers") }
        cluster.hosts[0].isStopped = false
        cluster.run(3000)
        #expect(cluster.hosts[0].sessions[handle] != nil ? policy == .keep : policy == .end)
        #expect(cluster.hosts[1].member.status(at: cluster.now).sessions == (policy == .keep ? 1 : 0))
    }

    @Test(arguments: UnreachablePolicy.allCases)
    func `log-ins are told within a second that the registry is away`(_ policy: UnreachablePolicy) throws {
        let cluster = try TestCluster(1) { $0.unreachable = policy }
        ready(cluster)
        cluster.hosts[0].isCut = true
        let waiting = cluster.hosts[0].login("alice", allowed: Self.oneOfUser)
        #expect(cluster.hosts[0].results[waiting] == nil)
        cluster.run(1100)
        #expect(cluster.hosts[0].results[waiting] == .unreachable)
        let late = cluster.hosts[0].login("alice", allowed: Self.oneOfUser)
        #expect(cluster.hosts[0].results[late] == .unreachable)
        cluster.hosts[0].isCut = false
        cluster.run(4000)
        let after = cluster.hosts[0].login("alice", allowed: Self.oneOfUser, ejects: false)
        cluster.settle()
        #expect(cluster.hosts[0].results[after] == .open, "what was given up holds no place")
    }

    @Test func `a registry that starts empty is filled by the hosts before anybody is let in`() throws {
        // Longer than the longest pause before a host tries again: the hosts are waited for as long as that.
        let cluster = try TestCluster(3) { $0.lease = 20_000_000_000 }
        ready(cluster)
        for host in cluster.hosts { _ = host.login("alice", allowed: [0, 0, 0, 0, 3]) }
        cluster.settle()
        cluster.server.kill()
        cluster.run(500)
        try cluster.server.start()
        cluster.hosts[2].isCut = true
        cluster.run(2500)
        let early = cluster.hosts[0].login("bob", allowed: [0, 0, 0, 0, 3])
        cluster.run(200)
        #expect(cluster.hosts[0].results[early] == nil, "host 2 has not registered its session")
        cluster.hosts[2].isCut = false
        cluster.run(6000)
        #expect(cluster.hosts[0].results[early] == .over(limit: 5, allowed: 3))
        #expect(cluster.hosts.map(\.sessions.count) == [1, 1, 1])
    }

    @Test func `hosts that do not come hold log-ins up for a lease at most`() throws {
        let cluster = try TestCluster(2)
        cluster.hosts[1].isStopped = true
        cluster.run(1000)
        #expect(state(cluster.hosts[0]) == "warming")
        let early = cluster.hosts[0].login("bob", allowed: Self.oneOfUser)
        cluster.run(2000)
        #expect(cluster.hosts[0].results[early] == nil)
        cluster.run(3000)
        #expect(cluster.hosts[0].results[early] == .open)
    }

    @Test func `a registry that loses its script is given it again`() throws {
        let cluster = try TestCluster(1)
        ready(cluster)
        let flush = SocketConnection(to: cluster.server.socket)
        #expect(flush?.send(Array("SCRIPT FLUSH\r\n".utf8)) == true)
        #expect(flush?.receive(wait: 5000) == Array("+OK\r\n".utf8))
        let handle = cluster.hosts[0].login("bob", allowed: Self.oneOfUser)
        cluster.settle()
        #expect(cluster.hosts[0].results[handle] == .open)
    }

    @Test func `a second host of one index stays out while the first is there, and comes in after a lease of silence`()
        throws
    {
        let cluster = try TestCluster(1)
        ready(cluster)
        var settings = ClusterSettings(name: "test", index: 0, hosts: 1, hostName: "twin", identity: "other")
        settings.lease = 4_000_000_000
        let twin = TestHost(cluster, settings)
        cluster.hosts.append(twin)
        cluster.run(6000)
        #expect(twin.events == [.taken(index: 0, by: "host0")])
        #expect(state(twin) == "refused")
        cluster.hosts[0].isStopped = true
        cluster.run(9000)
        #expect(state(twin) == "ready")
    }

    @Test func `a restarted host takes its own place at once`() throws {
        let cluster = try TestCluster(1)
        ready(cluster)
        _ = cluster.hosts[0].login("alice", allowed: [0, 0, 0, 0, 1])
        cluster.settle()
        cluster.hosts[0].isStopped = true
        let again = TestHost(cluster, cluster.hosts[0].member.settings)
        cluster.hosts.append(again)
        cluster.run(500)
        #expect(state(again) == "ready")
        let handle = again.login("bob", allowed: [0, 0, 0, 0, 1])
        cluster.settle()
        #expect(again.results[handle] == .open)
    }

    @Test(arguments: [
        (["--maxmemory-policy", "allkeys-lru"], "its `maxmemory-policy` is allkeys-lru"),
        (["--replicaof", "127.0.0.1", "1"], "it is a replica of 127.0.0.1"),
        (
            ["--user", "default", "on", "nopass", "~*", "&*", "+@all", "-script"],
            "it does not take the script: `NOPERM"
        ),
        (["--requirepass", "x"], "it does not say what it is: `NOAUTH"),
    ]) func `a registry that cannot be used is named with the reason, and no user gets in`(
        _ options: [String], _ reason: String
    ) throws {
        let cluster = try TestCluster(1, server: RedisServer(options))
        cluster.run(2500)
        let told = cluster.hosts[0].events.filter { "\($0)".contains(reason) }
        #expect(told.count == 1, "\(cluster.hosts[0].events)")
        #expect(state(cluster.hosts[0]) == "refused")
        let handle = cluster.hosts[0].login("alice", allowed: Self.oneOfUser)
        #expect(cluster.hosts[0].results[handle] == .unreachable)
    }

    @Test func `clusters of different names at one registry count apart, and hear nothing of each other`() throws {
        let one = try TestCluster(2)
        let other = try TestCluster(2, server: one.server, named: "test.2")
        ready(one)
        ready(other)
        for cluster in [one, other] {
            let handle = cluster.hosts[0].login("alice", allowed: [0, 0, 0, 0, 1])
            cluster.settle()
            #expect(cluster.hosts[0].results[handle] == .open)
        }
        one.hosts[0].perform(one.hosts[0].member.say("word", number: 2, isKept: true, at: one.now))
        one.run(2000)
        other.run(2000)
        #expect(one.hosts.map(\.said) == [["word"], ["word"]] && other.hosts.allSatisfy(\.said.isEmpty))
        #expect((one.hosts + other.hosts).allSatisfy { $0.member.status(at: one.now).sessions == 1 })
    }

    /// Without the list of what is left no host knows of it any more.
    @Test(arguments: [true, false])
    func `what is left of a registry before is removed, though the host that was to do it has ended`(
        _ isWhole: Bool
    ) throws {
        let note = "call('SADD', root .. 'past', generation)"
        #expect(RegistryScript.text.contains(note))
        let script = isWhole ? RegistryScript.text : RegistryScript.text.replacing(note, with: "generation = nil")
        let cluster = try TestCluster(1) { $0.script = script }
        ready(cluster)
        let first = cluster.hosts[0].login("alice", allowed: Self.oneOfUser)
        cluster.settle()
        #expect(cluster.hosts[0].results[first] == .open)
        let admin = try #require(SocketConnection(to: cluster.server.socket))
        func ask(_ words: String...) -> String {
            #expect(admin.send(Array(ScriptedRegistry.text(words).utf8)))
            return String(decoding: admin.receive(wait: 5000) ?? [], as: UTF8.self)
        }
        let root = "{authhost:test}"
        let generation = try #require(ask("HGET", "\(root):reg", "generation").split(separator: "\r\n").last)
        #expect(ask("KEYS", "\(root):\(generation):s:*").hasPrefix("*1\r\n"))
        // As after a fail-over: another process of Redis has the data. Two hosts come first, and end before they have removed it.
        for index in ["7", "8"] {
            #expect(ask("HSET", "\(root):reg", "home", "another").hasPrefix(":0"))
            let joined = ask(
                "EVAL", script, "1", root, "join", "-", "-", "1", index, "identity\(index)", "host\(index)",
                RegistryScript.form, "-")
            #expect(joined.contains("OK"), "\(joined)")
        }
        cluster.hosts[0].lose(.command)
        let isBack = cluster.run(atMost: 60_000) {
            state(cluster.hosts[0]) == "ready" && cluster.hosts[0].member.status(at: cluster.now).sessions == 1
        }
        #expect(isBack, "\(cluster.hosts[0].events)")
        cluster.run(2000)
        let left = ask("KEYS", "\(root):\(generation):*")
        #expect(left.hasPrefix("*0\r\n") == isWhole && ask("EXISTS", "\(root):past").hasPrefix(":0"), "\(left)")
    }

    @Test func `a registry without memory lets no user in, and keeps leases and ends`() throws {
        let cluster = try TestCluster(2)
        ready(cluster)
        let first = cluster.hosts[0].login("alice", allowed: Self.oneOfUser)
        cluster.settle()
        let admin = SocketConnection(to: cluster.server.socket)
        #expect(admin?.send(Array("CONFIG SET maxmemory 1\r\n".utf8)) == true)
        #expect(admin?.receive(wait: 5000) == Array("+OK\r\n".utf8))
        cluster.run(100)
        let second = cluster.hosts[1].login("bob", allowed: Self.oneOfUser)
        cluster.run(8000)
        guard case .failed(let text)? = cluster.hosts[1].results[second] else {
            Issue.record("\(String(describing: cluster.hosts[1].results[second]))")
            return
        }
        #expect(text.contains("OOM"))
        #expect(cluster.hosts.allSatisfy { state($0) == "ready" }, "\(cluster.hosts.map(\.events))")
        cluster.hosts[0].logout(first)
        cluster.run(2000)
        #expect(cluster.hosts[1].member.status(at: cluster.now).sessions == 0)
    }

    /// With the second answer of the script left out the session is never given back.
    @Test(arguments: [true, false]) func `what comes late on an older connection changes nothing`(
        _ isWhole: Bool
    ) throws {
        let check = "if last ~= link then return {last and 'STALE' or 'GONE'} end"
        #expect(RegistryScript.text.contains(check))
        let cluster = try TestCluster(1) { if !isWhole { $0.script = RegistryScript.text.replacing(check, with: "") } }
        ready(cluster)
        let host = cluster.hosts[0]
        cluster.run(500)
        host.isLate = true
        let handle = host.login("alice", allowed: Self.oneOfUser)
        cluster.run(400)
        host.lose(.command)
        cluster.run(500)
        #expect(host.results[handle] == .open)
        host.logout(handle)
        cluster.settle()
        host.deliverLate()
        cluster.run(2000)
        #expect((host.member.status(at: cluster.now).sessions == 0) == isWhole)
    }

    @Test func `what is said to all is heard by those too that did not listen, and answered`() throws {
        let cluster = try TestCluster(3)
        ready(cluster)
        cluster.run(500)
        cluster.hosts[2].isCut = true
        cluster.hosts[0].perform(cluster.hosts[0].member.say("forget all", number: 8, isKept: true, at: cluster.now))
        cluster.settle()
        #expect(cluster.hosts.map(\.said) == [["forget all"], ["forget all"], []])
        cluster.hosts[2].isCut = false
        cluster.run(2500)
        #expect(cluster.hosts[2].said == ["forget all"])
        let epoch = cluster.hosts[0].member.status(at: cluster.now).epoch
        cluster.hosts[1].perform(cluster.hosts[1].member.answer(epoch, number: 8, "done", at: cluster.now))
        cluster.settle()
        #expect(cluster.hosts[0].answers == ["done"])
        cluster.hosts[0].perform(cluster.hosts[0].member.say("done here", number: 9, isKept: true, at: cluster.now))
        cluster.settle()
        #expect(cluster.hosts.map { $0.said.contains("done here") } == [false, true, true])
    }

    @Test func `a host that stops gives its places back at once`() throws {
        let cluster = try TestCluster(2)
        ready(cluster)
        cluster.run(500)
        _ = cluster.hosts[0].login("alice", allowed: Self.oneOfUser)
        cluster.settle()
        cluster.hosts[0].perform(cluster.hosts[0].member.leave(at: cluster.now))
        cluster.settle()
        cluster.hosts[0].isStopped = true
        cluster.run(300)
        #expect(cluster.hosts[1].member.status(at: cluster.now).sessions <= 1)
        let handle = cluster.hosts[1].login("alice", allowed: Self.oneOfUser, ejects: false)
        cluster.settle()
        #expect(cluster.hosts[1].results[handle] == .open)
    }

    @Test func `sessions that were let in without the registry are counted when it is back`() throws {
        let cluster = try TestCluster(2)
        ready(cluster)
        cluster.hosts[0].isCut = true
        cluster.run(1100)
        let handle: UInt64 = 9
        cluster.hosts[0].perform(
            cluster.hosts[0].member.adopt(handle, user: Array("alice".utf8), application: [], at: cluster.now))
        cluster.hosts[0].isCut = false
        cluster.run(3000)
        let second = cluster.hosts[1].login("alice", allowed: Self.oneOfUser, ejects: false)
        cluster.settle()
        #expect(cluster.hosts[1].results[second] == .over(limit: 3, allowed: 1))
    }
}
