import Testing

@testable import Cluster

/// What a registry does at the worst moment, and what a member makes of it.
@Suite struct ClusterFaultTests {
    @Test func `a lease that runs out before the answer to attaching makes a host join again`() {
        let registry = ScriptedRegistry { $0.isolated = .end }
        registry.run(500)
        #expect(registry.state == "ready")
        registry.jump(3100)
        registry.lose(.command)
        registry.silent = ["attach"]
        registry.run(150)
        #expect(registry.count("attach") == 1)
        registry.jump(600)
        registry.silent = []
        registry.run(3000)
        #expect(registry.state == "ready", "\(registry.events)")
        #expect(registry.count("join") == 2)
    }

    @Test func `a session that ended with the lease is not registered afterwards`() {
        let registry = ScriptedRegistry { $0.isolated = .end }
        registry.run(500)
        registry.silent = ["register"]
        registry.adopt(1...1)
        #expect(registry.count("register") == 1)
        registry.jump(4000)
        registry.perform { $0.tick(at: $1) }
        #expect(registry.actions.contains(.endAll))
        registry.silent = []
        registry.run(3000)
        #expect(registry.state == "ready")
        #expect(registry.count("join") == 2)
        #expect(registry.count("register") == 1, "that session exists no longer")
    }

    @Test func `many sessions are registered a few at a time, after the lease was renewed`() throws {
        let registry = ScriptedRegistry()
        registry.adopt(1...1000)
        registry.silent = ["register"]
        registry.run(500)
        #expect((1...4).contains(registry.count("register")))
        #expect(registry.count("live") == 0, "log-ins must find all sessions counted")
        let renewal = try #require(registry.firstIndex("renew"))
        #expect(try renewal < #require(registry.firstIndex("register")))
        registry.silent = []
        registry.run(500)
        let handles = registry.asked.filter { $0.operation == "register" }.flatMap { request in
            stride(from: 0, to: request.words.count, by: 5).map { request.words[$0] }
        }
        #expect(handles == (1...1000).map { "\($0)" })
        let last = try #require(registry.asked.lastIndex { $0.operation == "register" })
        #expect(try last < #require(registry.firstIndex("live")))
    }

    @Test func `a log-in waits until the sessions of its own host are registered`() throws {
        let registry = ScriptedRegistry()
        registry.adopt(1...1000)
        registry.silent = ["register"]
        registry.run(200)
        registry.reserve(2000)
        registry.silent = []
        registry.run(500)
        let last = try #require(registry.asked.lastIndex { $0.operation == "register" })
        #expect(try last < #require(registry.firstIndex("reserve")))
        #expect(registry.actions.contains(.committed(handle: 2000, .open)))
    }

    @Test func `registering that is refused is tried again after pauses, and the lease is renewed meanwhile`() {
        let registry = ScriptedRegistry()
        registry.adopt(1...1000)
        registry.answers["register"] = { _ in "-OOM command not allowed when used memory > 'maxmemory'.\r\n" }
        registry.run(20_000)
        #expect(registry.count("join") == 1)
        #expect(registry.count("attach") == 0)
        #expect(registry.count("renew") >= 18)
        #expect((5...40).contains(registry.count("register")))
        #expect(registry.events.count { $0.contains("could not be registered") } == 1, "\(registry.events)")
        registry.answers = [:]
        registry.run(3000)
        #expect(registry.count("live") == 1)
        #expect(registry.state == "ready")
    }

    @Test func `what the registry says to the password is not told`() {
        let registry = ScriptedRegistry { $0.password = Array("correct horse".utf8) }
        registry.answers["AUTH"] = { _ in
            "-ERR unknown command 'AUTH', with args beginning with: 'correct horse' \r\n"
        }
        registry.run(500)
        #expect(registry.state == "refused")
        let problem = registry.member.status(at: registry.now).problem
        #expect(problem.contains("`ERR`"))
        #expect((registry.events + [problem]).allSatisfy { !$0.contains("correct") }, "\(registry.events)")
    }

    @Test func `what was said while a host did not listen is heard, though news comes first`() {
        let registry = ScriptedRegistry()
        registry.answers["heard"] = { words in
            let entries = [("1-0", "first"), ("2-0", "second"), ("3-0", "third")]
            if words[0] == "-" { return ScriptedRegistry.text(["OK", "1-0", "1-0"]) }
            // The second entry was the last when the script ran for the first time.
            let end = words[0] == "1-0" ? 2 : 3
            let new = entries[..<end].filter { StreamID(words[0]) < StreamID($0.0) }
            return ScriptedRegistry.text(["OK", "1-0", "\(end)-0"] + new.flatMap { [$0.0, "77", "0", $0.1] })
        }
        registry.run(500)
        registry.lose(.subscription)
        registry.silent = ["heard"]
        registry.run(200)
        registry.publish("say 3-0 77 0 third")
        registry.silent = []
        registry.run(200)
        #expect(registry.said == ["second", "third"])
        registry.publish("say 4-0 77 0 fourth")
        #expect(registry.said == ["second", "third", "fourth"])
    }

    static func info(_ version: String) -> String {
        let text = "redis_version:\(version)\r\nrole:master\r\nmaxmemory_policy:noeviction\r\n"
        return "$\(text.utf8.count)\r\n\(text)\r\n"
    }
    /// What is answered to which operation, and what the operator is told.
    static let unusable: [(operation: String, answer: String, found: String)] = [
        (
            "INFO", "HTTP/1.1 400 Bad Request\r\n\r\n",
            "it is not Redis, or something is in between: a value that begins with"
        ),
        ("INFO", "$5\r\nhello\r\n", "it is not Redis: its INFO has no `redis_version`"),
        ("INFO", info("6.2.7"), "it is Redis 6.2.7, and 7.0 or later is needed"),
        ("INFO", "-LOADING Redis is loading the dataset in memory\r\n", "`LOADING Redis is loading"),
        ("SCRIPT", "-NOPERM this user has no permissions\r\n", "it does not take the script: `NOPERM"),
        ("join", "-WRONGTYPE Operation against a key\r\n", "it does not take this host as a member: `WRONGTYPE"),
        (
            "join", ScriptedRegistry.text(["FORM", "7"]),
            "its keys of cluster `test` have the form 7, and this host writes 3"
        ),
        ("join", ScriptedRegistry.text(["what"]), "it answered `what` to a host that joins"),
        ("join", "-NOREPLICAS Not enough good replicas to write.\r\n", "`NOREPLICAS Not enough"),
        (
            "reserve", "-READONLY You can't write against a read only replica.\r\n",
            "it answered `READONLY You can't write"
        ),
        ("reserve", "-MOVED 1 10.0.0.1:6379\r\n", "it answered `MOVED 1 10.0.0.1:6379`"),
        ("reserve", "-BUSY Redis is busy running a script.\r\n", "it answered `BUSY Redis is busy"),
        ("reserve", "garbage\r\n", "something is in between: a value that begins with byte 103"),
        ("reserve", "$99999999999\r\n", "something is in between: a text of 99999999999 bytes"),
        ("reserve", "*1\r\n$3\r\nXYZ\r\n", ""),
    ]

    @Test(arguments: unusable)
    func `a registry that answers otherwise is named with what it answered, and no user gets in`(
        _ operation: String, _ answer: String, _ found: String
    ) {
        let registry = ScriptedRegistry()
        registry.answers[operation] = { _ in answer }
        registry.run(500)
        registry.reserve(7)
        registry.run(2000)
        #expect(found.isEmpty || registry.events.contains { $0.contains(found) }, "\(registry.events)")
        let replies = registry.actions.compactMap { if case .reserved(7, let reply) = $0 { reply } else { nil } }
        #expect(replies.count == 1, "\(registry.actions)")
        switch replies.first {
        case .unreachable, .failed: break
        default: Issue.record("\(replies)")
        }
        #expect(!registry.actions.contains(.committed(handle: 7, .open)))
    }

    @Test func `a log-in waits a second for a registry that has fallen silent, and not longer`() {
        let registry = ScriptedRegistry()
        registry.run(500)
        registry.silent = ["renew", "reserve", "INFO"]
        registry.reserve(7)
        registry.run(950)
        #expect(!registry.actions.contains { if case .reserved(7, _) = $0 { true } else { false } })
        registry.run(100)
        #expect(registry.actions.contains { if case .reserved(7, .unreachable) = $0 { true } else { false } })
        registry.reserve(8)
        #expect(registry.actions.contains { if case .reserved(8, .unreachable) = $0 { true } else { false } })
    }

    @Test func `a session that was let in alone while its host joins is registered, and not ended again`() throws {
        let registry = ScriptedRegistry { $0.unreachable = .local }
        registry.run(500)
        registry.answers["reserve"] = { _ in ScriptedRegistry.text(["GONE"]) }
        registry.silent = ["join"]
        registry.reserve(7)
        registry.run(1500)
        #expect(registry.actions.contains { if case .reserved(7, .unreachable) = $0 { true } else { false } })
        registry.adopt(7...7)
        registry.answers = [:]
        registry.silent = []
        registry.run(1000)
        let register = try #require(registry.asked.lastIndex { $0.operation == "register" && $0.words[0] == "7" })
        #expect(!registry.asked[register...].contains { $0.operation == "end" && $0.words.contains("7") })
    }

    @Test func `a log-in that a silent registry does not confirm is answered, and gives its place back`() {
        let registry = ScriptedRegistry()
        registry.run(500)
        registry.silent = ["commit", "INFO"]
        registry.reserve(7)
        registry.run(2300)
        let isAnswered = registry.actions.contains {
            if case .committed(7, .gone) = $0 { true } else { false }
        }
        #expect(isAnswered)
        registry.silent = []
        registry.run(3000)
        #expect(registry.count("commit") == 1)
        #expect(registry.asked.contains { $0.operation == "end" && $0.words == ["7"] })
    }

    @Test func `a log-in that waits for ends does not wait for the registry too`() {
        let registry = ScriptedRegistry()
        registry.run(500)
        registry.answers["commit"] = { _ in ScriptedRegistry.text(["OK", "5", "88.1"]) }
        registry.reserve(7)
        registry.silent = ["INFO", "waiting"]
        registry.run(3500)
        #expect(registry.actions.contains(.committed(handle: 7, .open)))
        #expect(registry.events.contains { $0.contains("not confirmed in time by host of epoch 88") })
    }

    @Test func `why a log-in lost its place is told`() {
        let registry = ScriptedRegistry()
        registry.run(500)
        registry.answers["commit"] = { _ in ScriptedRegistry.text(["NONE"]) }
        registry.reserve(7)
        #expect(
            registry.events.contains {
                $0.contains("session handle 7") && $0.contains("does not have the reservation")
            },
            "\(registry.events)")
    }

    @Test func `a program that can write to the registry does not fill the memory of a host with what it must answer`()
    {
        let registry = ScriptedRegistry()
        registry.run(1000)
        registry.silent = ["end"]
        for handle in 1...10_000 { registry.publish("eject \(handle)") }
        #expect(registry.count("end") <= ClusterMember.requestLimit + 1)
        #expect(registry.count("end") > 1000)
        registry.silent = []
        registry.run(5000)
        #expect(registry.state == "ready")
    }

    @Test func `that wrong passwords cannot be shared is told once, and again when it was over`() {
        let registry = ScriptedRegistry { $0.sharesPenalties = true }
        registry.run(1000)
        func guess() {
            let guess = ClusterGuess("guess", subjects: [("user\tann", hasReached: false)], time: 900_000)
            registry.perform { $0.tell(guess, at: $1) }
        }
        func told() -> Int { registry.events.count { $0.contains("`guess` failed, the registry answered `ERR no`") } }
        registry.answers["guess"] = { _ in "-ERR no\r\n" }
        for _ in 0..<100 { guess() }
        #expect(told() == 1 && registry.state == "ready")
        registry.answers["guess"] = nil
        guess()
        registry.answers["guess"] = { _ in "-ERR no\r\n" }
        guess()
        #expect(told() == 2)
    }

    @Test func `words that come faster than they are done are bounded, and the operator is told that some are lost`() {
        let registry = ScriptedRegistry()
        registry.run(1000)
        for number in 1...10_000 { registry.publish("say - 3 \(number) word") }
        #expect(registry.said.count == ClusterMember.saidLimit)
        #expect(registry.actions.count { $0 == .missed } == 1)
        #expect(registry.events.count { $0.contains("more was said to all hosts") } == 1)
        registry.perform { $0.answer("3", number: 1, "done", at: $1) }
        registry.publish("say - 3 1 word")
        #expect(registry.said.count == ClusterMember.saidLimit + 1)
    }

    @Test(arguments: [
        "", " ", "beat", "eject", "eject x", "eject 7 8", "ended", "ended 1 2", "ended 1.2 3.e",
        "ended 1.2 3.e99999999999999999999",
        "left", "say", "say - 1 2", "answer", "answer x 1 2", "penalty", "penalty 1", "penalty 11 guess", "sleep 5",
    ]) func `news that no host has written changes nothing`(_ text: String) {
        let registry = ScriptedRegistry { $0.sharesPenalties = true }
        registry.run(1000)
        registry.reserve(1)
        let before = registry.actions.count { if case .send = $0 { false } else { true } }
        registry.publish(text)
        #expect(registry.actions.count { if case .send = $0 { false } else { true } } == before)
        #expect(registry.state == "ready")
    }

    @Test func `a host that missed what was said tells the operator`() {
        let registry = ScriptedRegistry()
        registry.answers["heard"] = { words in
            ScriptedRegistry.text(["OK"] + (words[0] == "-" ? ["1-0", "1-0"] : ["5-0", "9-0"]))
        }
        registry.run(500)
        registry.lose(.subscription)
        registry.run(500)
        #expect(registry.actions.contains(.missed))
        #expect(registry.events.contains { $0.contains("is lost for this host") }, "\(registry.events)")
    }

    @Test func `two hosts of one identity come to rest, and the operator is told`() throws {
        let cluster = try TestCluster(1)
        cluster.run(1000)
        cluster.hosts.append(TestHost(cluster, cluster.hosts[0].member.settings))
        cluster.run(20_000)
        let joins = cluster.hosts.map { $0.events.count { "\($0)".contains("joined as epoch") } }
        #expect(joins.reduce(0, +) <= 4, "\(joins)")
        let states = cluster.hosts.map { $0.member.status(at: cluster.now).state }.sorted()
        #expect(states == ["ready", "refused"])
        let told = cluster.hosts.flatMap(\.events).count { "\($0)".contains("uses the identity of this one") }
        #expect(told >= 2)
    }
}
