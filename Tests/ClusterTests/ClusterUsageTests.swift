import Cluster
import Testing

/// What one host counts for all.
@Suite struct ClusterUsageTests {
    private func cluster() throws -> TestCluster {
        let cluster = try TestCluster(3) { $0.countsUsage = true }
        let isReady = cluster.run(atMost: 20_000) {
            cluster.hosts.allSatisfy { $0.member.status(at: $0.now).state == "ready" }
        }
        #expect(isReady)
        return cluster
    }

    @Test func `the host that has been there longest hears of every log-in, once, and the next one after it`() throws {
        let cluster = try cluster()
        cluster.run(2000)
        let counting = try #require(cluster.hosts.first { $0.member.status(at: $0.now).isCounting })
        for (number, host) in cluster.hosts.enumerated() {
            let handle = host.login("user \(number)", number == 1 ? "a:b" : "", allowed: [0, 0, 0, 0, 0])
            cluster.settle()
            // A session that is shorter than the time between samples counts too.
            if number == 2 { host.logout(handle) }
        }
        cluster.run(3000)
        #expect(counting.used.sorted() == ["user 0/", "user 1/a:b", "user 2/"])
        #expect(cluster.hosts.allSatisfy { $0 === counting || $0.used.isEmpty })
        counting.isStopped = true
        let other = try #require(cluster.hosts.first { $0 !== counting })
        _ = other.login("late", allowed: [0, 0, 0, 0, 0])
        cluster.run(12_000)
        let next = try #require(cluster.hosts.first { $0 !== counting && $0.member.status(at: $0.now).isCounting })
        #expect(next.used == ["late/"], "what was counted already is not told again")
    }

    @Test func `the sessions of all hosts can be paged through`() throws {
        let cluster = try cluster()
        for (number, host) in cluster.hosts.enumerated() {
            _ = host.login("user \(number)", "app", allowed: [0, 0, 0, 0, 0])
            cluster.settle()
        }
        cluster.run(2000)
        let host = cluster.hosts[1]
        for other in host.member.status(at: host.now).hosts {
            host.perform(host.member.people(of: other.epoch, from: "0", number: 4, at: host.now))
            cluster.settle()
            #expect(host.pageEnd == "0")
        }
        #expect(host.people.sorted() == ["user 0/app", "user 1/app", "user 2/app"])
        host.isCut = true
        host.perform(host.member.people(of: "1", from: "0", number: 5, at: host.now))
        #expect(host.pageEnd == nil, "without the registry there is no page")
    }
}
