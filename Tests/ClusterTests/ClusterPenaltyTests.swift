import Cluster
import Foundation
import Testing

/// What hosts share of wrong passwords, by a real registry.
@Suite struct ClusterPenaltyTests {
    private func cluster(
        _ count: Int = 3, server: RedisServer? = nil, _ change: (inout ClusterSettings) -> Void = { _ in }
    ) throws -> TestCluster {
        let cluster = try TestCluster(count, server: server) {
            $0.sharesPenalties = true
            change(&$0)
        }
        let isReady = cluster.run(atMost: 20_000) {
            cluster.hosts.allSatisfy { $0.member.status(at: $0.now).state == "ready" }
        }
        #expect(isReady)
        cluster.run(500)
        return cluster
    }

    private func guess(_ host: TestHost, _ subjects: String..., reached: Bool = false, time: Int64 = 900_000) {
        let guess = ClusterGuess(
            "guess of \(subjects)", subjects: subjects.map { ($0, hasReached: reached) }, time: time)
        host.perform(host.member.tell(guess, at: host.now))
        host.cluster.settle()
    }

    private func said(_ host: TestHost) -> [String] {
        host.penalties.compactMap { if case .said(let text) = $0 { text } else { nil } }
    }

    private func counted(_ host: TestHost) -> [String: Int] {
        var counts: [String: Int] = [:]
        for case .counted(let entries) in host.penalties { for entry in entries { counts[entry.text] = entry.count } }
        return counts
    }

    /// What a host hears that comes when all is told.
    private func late(_ cluster: TestCluster) throws -> TestHost {
        let late = try self.cluster(1, server: cluster.server) { ($0.index, $0.identity) = (9, "late") }
        return try #require(late.hosts.first)
    }

    private func ask(_ cluster: TestCluster, _ words: String...) throws -> RESPValue {
        let connection = try #require(SocketConnection(to: cluster.server.socket))
        #expect(connection.send(RESPCommand.encode(words.map { Array($0.utf8) })))
        var reader = RESPReader()
        for _ in 0..<10_000 {
            if let value = try reader.next() { return value }
            reader.receive(connection.receive(wait: 10) ?? [])
        }
        throw CocoaError(.fileReadUnknown)
    }

    @Test func `all hosts compare wrong passwords by one key, whichever comes first`() throws {
        let cluster = try cluster()
        let keys = cluster.hosts.map { host in
            host.penalties.compactMap { if case .key(let text) = $0 { text } else { nil } }
        }
        #expect(Set(keys).count == 1)
        #expect(keys[0].first?.utf8.count == 32 && keys[0].first.flatMap { UInt64($0.prefix(16), radix: 16) } != nil)
    }

    @Test func `a wrong password is told to the other hosts once, and to one that comes later by its count`() throws {
        let cluster = try cluster()
        guess(cluster.hosts[0], "user\tann", "network\t10.0.0.1/32")
        guess(cluster.hosts[1], "user\tann")
        #expect(cluster.hosts.map { said($0).count } == [1, 1, 2])
        let late = try late(cluster)
        #expect(counted(late) == ["user\tann": 2, "network\t10.0.0.1/32": 1])
    }

    @Test func `a word whose answer is lost counts once`() throws {
        let cluster = try cluster()
        for _ in 0..<10 {
            cluster.hosts[0].losesAnswers = true
            guess(cluster.hosts[0], "user\tann")
            cluster.hosts[0].losesAnswers = false
            cluster.run(500)
        }
        #expect(said(cluster.hosts[1]).count == 10)
        #expect(try counted(late(cluster)) == ["user\tann": 10])
    }

    @Test func `names of every byte stay apart`() throws {
        let cluster = try cluster(2)
        var names: Set<String> = []
        for byte in UInt8(1)..<128 where byte != 10 { names.insert("user\t\(Character(Unicode.Scalar(byte)))") }
        for name in names { guess(cluster.hosts[0], name) }
        #expect(Set(counted(try late(cluster)).keys) == names)
    }

    @Test func `what is past is forgotten, and goes from the registry without any host`() throws {
        let cluster = try cluster(2)
        guess(cluster.hosts[0], "user\tann", time: 300)
        guess(cluster.hosts[0], "user\tbob")
        usleep(400_000)
        guess(cluster.hosts[0], "user\tann")
        #expect(try counted(late(cluster)) == ["user\tann": 1, "user\tbob": 1])
        for key in ["until", "count"] {
            let left = try ask(cluster, "PTTL", "{authhost:test}:p:\(key)")
            #expect(Int(left.text) ?? -1 > 800_000, "\(left)")
        }
    }

    @Test func `so much is kept and no more, and what is near its limit stays`() throws {
        let cluster = try cluster(1)
        for _ in 0..<9 { guess(cluster.hosts[0], "user\tann") }
        let filling = """
            for n = 1, 100100 do
              redis.call('ZADD', KEYS[1]..'until', 9e12, 'user\t'..n) redis.call('HSET', KEYS[1]..'count', 'user\t'..n, 1)
            end
            """
        _ = try ask(cluster, "EVAL", filling, "1", "{authhost:test}:p:")
        for number in 0..<300 { guess(cluster.hosts[0], "user\tfresh \(number)") }
        #expect(Int(try ask(cluster, "ZCARD", "{authhost:test}:p:until").text) ?? .max <= 100_101)
        #expect(try ask(cluster, "HGET", "{authhost:test}:p:count", "user\tann").text == "9")
    }

    @Test func `where users log in is told, and kept for hosts that come later`() throws {
        let cluster = try cluster(2)
        cluster.hosts[0].perform(cluster.hosts[0].member.tellUse("used\tdoor:http\tann\tann", at: cluster.now))
        cluster.settle()
        #expect(said(cluster.hosts[1]) == ["used\tdoor:http\tann\tann"])
        let found = try late(cluster).penalties.compactMap { if case .used(let some) = $0 { some } else { nil } }
        #expect(found.flatMap { $0 }.map(\.text) == ["used\tdoor:http\tann\tann"])
        #expect(found.flatMap { $0 }.allSatisfy { $0.milliseconds <= 0 })
    }

    @Test func `what an operator has cleared is learnt by no host`() throws {
        let cluster = try cluster(2)
        guess(cluster.hosts[0], "user\tann")
        guess(cluster.hosts[0], "user\tbob")
        cluster.hosts[1].perform(cluster.hosts[1].member.forgive(["user\tann", "user\tnobody"], at: cluster.now))
        cluster.settle()
        #expect(try counted(late(cluster)) == ["user\tbob": 1])
    }

    @Test func `guesses outlive the sessions' generation, and do not hold log-ins up where the registry is away`()
        throws
    {
        let cluster = try cluster(2)
        guess(cluster.hosts[0], "user\tann")
        cluster.hosts[0].isCut = true
        for _ in 0..<600 { guess(cluster.hosts[0], "user\tbob") }
        #expect(!cluster.hosts[0].member.isAsking)
        cluster.hosts[0].isCut = false
        cluster.run(6000)
        #expect(try counted(late(cluster)) == ["user\tann": 1], "what was counted alone is not told later")
    }

    @Test func `a registry whose clock was an hour ahead does not make wrong passwords count for longer`() throws {
        let cluster = try cluster(2)
        guess(cluster.hosts[0], "user\tann")
        let later = "redis.call('ZINCRBY', KEYS[1], 3600000, 'user\tann')"
        _ = try ask(cluster, "EVAL", later, "1", "{authhost:test}:p:until")
        guess(cluster.hosts[1], "user\tann")
        let late = try late(cluster)
        #expect(counted(late) == ["user\tann": 2])
        for case .counted(let entries) in late.penalties {
            #expect(entries.allSatisfy { (800_000...900_000).contains($0.milliseconds) }, "\(entries)")
        }
    }

    /// The user of the page about clusters, but for one right.
    private static let rights = [
        "--user", "default", "on", "nopass", "resetkeys", "~{authhost:test}*", "resetchannels", "&{authhost:test}:*",
        "-@all", "+@connection", "+@scripting", "+@hash", "+@sortedset", "+@set", "+@stream", "+@pubsub", "+info",
        "+time", "+exists", "+unlink", "+scan",
    ]

    @Test(arguments: [["+pexpire"], []])
    func `the rights of the page are enough, and a registry that does not let them expire keeps them`(
        _ more: [String]
    ) throws {
        let cluster = try cluster(2, server: RedisServer(Self.rights + more))
        guess(cluster.hosts[0], "user\tann")
        cluster.hosts[0].perform(cluster.hosts[0].member.tellUse("used\tdoor:http\tann\tann", at: cluster.now))
        cluster.hosts[1].perform(cluster.hosts[1].member.forgive(["user\tnobody"], at: cluster.now))
        cluster.settle()
        cluster.hosts[0].perform(
            cluster.hosts[0].member.ejectOldest(1, of: nil, application: nil, number: 2, at: cluster.now))
        cluster.settle()
        #expect(cluster.hosts[0].orders[2] == ClusterEjections())
        #expect(said(cluster.hosts[1]).count == 2)
        #expect(try counted(late(cluster)) == ["user\tann": 1])
        #expect(!cluster.hosts.contains { host in host.events.contains { "\($0)".contains("failed") } })
    }
}
