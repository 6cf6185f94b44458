import Cluster
import Testing

/// Ejections that somebody orders by number: the oldest of a user, wherever they are.
@Suite struct ClusterOrderTests {
    private static let unlimited = [0, 0, 0, 0, 0]

    /// Three hosts on which ann has a session each, the oldest on the last one, and bob one.
    private func cluster(
        _ applications: [String] = ["", "", ""], machines: [String] = ["", "", ""]
    ) throws -> TestCluster {
        let cluster = try TestCluster(3)
        let isReady = cluster.run(atMost: 20_000) {
            cluster.hosts.allSatisfy { $0.member.status(at: $0.now).state == "ready" }
        }
        #expect(isReady)
        for (index, host) in cluster.hosts.reversed().enumerated() {
            _ = host.login("ann", applications[index], machine: machines[index], allowed: Self.unlimited)
            cluster.settle()
        }
        _ = cluster.hosts[2].login("bob", allowed: Self.unlimited)
        cluster.settle()
        cluster.run(2000)
        return cluster
    }

    private func order(
        _ cluster: TestCluster, _ count: Int, of application: String? = nil, on machine: String? = nil,
        number: UInt64 = 2
    ) {
        let host = cluster.hosts[0]
        host.perform(
            host.member.ejectOldest(
                count, of: Array("ann".utf8), application: application.map { Array($0.utf8) },
                machine: machine.map { Array($0.utf8) }, number: number, at: host.now)
        )
    }

    private func sessions(_ cluster: TestCluster) -> [Int] {
        cluster.hosts.map { $0.sessions.values.count { $0.user == "ann" } }
    }

    @Test func `the oldest go first, on whichever host they are, and each host says so`() throws {
        let cluster = try cluster()
        order(cluster, 2)
        cluster.settle()
        #expect(sessions(cluster) == [1, 0, 0])
        #expect(cluster.hosts[0].orders[2]?.ended == ["1 <host1>": 1, "2 <host2>": 1])
        #expect(cluster.hosts[0].orders[2]?.silent == [:])
        order(cluster, 5, number: 4)
        cluster.settle()
        #expect(sessions(cluster) == [0, 0, 0])
        #expect(cluster.hosts[0].orders[4]?.ended == ["0 <host0>": 1])
        order(cluster, 1, number: 6)
        cluster.settle()
        #expect(cluster.hosts[0].orders[6] == ClusterEjections())
        #expect(cluster.hosts[2].sessions.values.map(\.user) == ["bob"])
        cluster.run(2000)
        #expect(cluster.hosts[0].member.status(at: cluster.now).sessions == 1)
    }

    @Test func `an application's sessions alone`() throws {
        let cluster = try cluster(["", "app", "app"])
        order(cluster, 1, of: "app")
        order(cluster, 5, of: "", number: 4)
        cluster.settle()
        #expect(sessions(cluster) == [1, 0, 0])
        #expect(cluster.hosts[0].orders[2]?.ended == ["1 <host1>": 1])
        #expect(cluster.hosts[0].orders[4]?.ended == ["2 <host2>": 1])
    }

    @Test func `a machine's sessions alone, also when the registry has come back empty`() throws {
        let cluster = try cluster(machines: ["pc", "", "pc"])
        order(cluster, 1, on: "pc")
        cluster.settle()
        #expect(sessions(cluster) == [1, 1, 0])
        #expect(cluster.hosts[0].orders[2]?.ended == ["2 <host2>": 1])
        cluster.server.kill()
        cluster.run(200)
        try cluster.server.start()
        let isBack = cluster.run(atMost: 20_000) {
            cluster.hosts.allSatisfy { $0.member.status(at: $0.now).state == "ready" }
        }
        #expect(isBack)
        order(cluster, 5, on: "pc", number: 4)
        cluster.settle()
        #expect(sessions(cluster) == [0, 1, 0])
        #expect(cluster.hosts[0].orders[4]?.ended == ["0 <host0>": 1])
        order(cluster, 5, of: "", on: "none", number: 6)
        cluster.settle()
        #expect(sessions(cluster) == [0, 1, 0] && cluster.hosts[0].orders[6] == ClusterEjections())
    }

    @Test func `an order whose answer was lost ends no more than it says`() throws {
        let cluster = try cluster()
        cluster.hosts[0].losesAnswers = true
        order(cluster, 1)
        cluster.settle()
        cluster.hosts[0].losesAnswers = false
        cluster.run(2000)
        #expect(sessions(cluster) == [1, 1, 0])
        #expect(cluster.hosts[0].orders[2] != nil)
    }

    @Test func `two orders at one time end two sessions`() throws {
        let cluster = try cluster()
        cluster.hosts[2].ejects = false
        order(cluster, 1)
        order(cluster, 1, number: 4)
        cluster.settle()
        #expect(sessions(cluster) == [1, 0, 1])
    }

    @Test func `a host that does not end what it must is named within a second`() throws {
        let cluster = try cluster()
        cluster.hosts[2].isStopped = true
        order(cluster, 2)
        cluster.run(1000)
        #expect(cluster.hosts[0].orders[2]?.ended == ["1 <host1>": 1])
        #expect(cluster.hosts[0].orders[2]?.silent == ["2 <host2>": 1])
        cluster.hosts[2].isStopped = false
        cluster.run(2000)
        #expect(sessions(cluster) == [1, 0, 0], "it does so when it is back")
    }

    @Test func `without news of ends, and without the registry, an order is answered within a second`() throws {
        let cluster = try cluster()
        cluster.hosts[0].lose(.subscription)
        order(cluster, 1)
        cluster.run(1000)
        #expect(cluster.hosts[0].orders[2]?.ended == ["2 <host2>": 1])
        cluster.hosts[0].isCut = true
        order(cluster, 1, number: 4)
        #expect(cluster.hosts[0].orders[4]?.problem?.contains("cannot be asked") == true)
        #expect(sessions(cluster) == [1, 1, 0])
    }
}
