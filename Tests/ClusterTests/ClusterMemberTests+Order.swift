import Cluster
import Glibc
import Testing

/// Who goes first, whatever the clocks say.
extension ClusterMemberTests {
    @Test func `clocks that are an hour apart change neither the order nor the leases`() throws {
        let cluster = try TestCluster(3, clocksApart: 3_600_000_000_000)
        ready(cluster)
        for index in [2, 0, 1] {
            _ = cluster.hosts[index].login("alice", allowed: [0, 0, 3, 0, 0])
            cluster.settle()
        }
        _ = cluster.hosts[1].login("alice", allowed: [0, 0, 3, 0, 0])
        cluster.settle()
        #expect(cluster.hosts.map(\.sessions.count) == [1, 2, 0], "the first that came goes")
        cluster.run(10_000)
        #expect(cluster.hosts.allSatisfy { state($0) == "ready" }, "\(cluster.hosts.map(\.events))")
        cluster.hosts[2].isStopped = true
        cluster.run(10_000)
        #expect(cluster.hosts[0].member.status(at: cluster.hosts[0].now).hosts.map(\.index) == ["0", "1"])
    }

    @Test func `a registry whose clock goes back gives ages in the order of the log-ins`() throws {
        let cluster = try TestCluster(2)
        ready(cluster)
        let generation = cluster.hosts[0].member.status(at: cluster.now).generation
        let admin = SocketConnection(to: cluster.server.socket)
        // The last age is an hour ahead of the clock: all that come now would be of one moment, or older.
        let ahead = (Int(time(nil)) + 3600) * 1_000_000
        #expect(admin?.send(Array("HSET {authhost:test}:\(generation):c age \(ahead)\r\n".utf8)) == true)
        #expect(admin?.receive(wait: 5000)?.isEmpty == false)
        var handles: [UInt64] = []
        for index in [1, 0, 1] {
            handles.append(cluster.hosts[index].login("alice", allowed: [0, 0, 3, 0, 0]))
            cluster.settle()
        }
        for handle in handles {
            _ = cluster.hosts[0].login("alice", allowed: [0, 0, 3, 0, 0])
            cluster.settle()
            #expect(cluster.hosts.map { $0.ends[handle] ?? 0 }.reduce(0, +) == 1)
        }
    }

    @Test func `a host that comes back is known to the others at once`() throws {
        let cluster = try TestCluster(3)
        ready(cluster)
        let settings = cluster.hosts[1].member.settings
        cluster.hosts[1].perform(cluster.hosts[1].member.leave(at: cluster.now))
        cluster.run(2000)
        let others = [cluster.hosts[0], cluster.hosts[2]]
        #expect(others.allSatisfy { $0.member.status(at: cluster.now).hosts.count == 2 })
        cluster.hosts[1] = TestHost(cluster, settings)
        let isMember = cluster.run(atMost: 5000) { cluster.hosts[1].member.status(at: cluster.now).epoch != "" }
        cluster.run(100)
        #expect(isMember && others.allSatisfy { $0.member.status(at: cluster.now).hosts.count == 3 })
    }

    @Test func `a surplus is ended by the next log-in of the user, all of it, oldest first`() throws {
        let cluster = try TestCluster(3)
        ready(cluster)
        var handles: [UInt64] = []
        for index in [2, 0, 1, 0, 2] {
            handles.append(cluster.hosts[index].login("alice", allowed: [0, 0, 5, 0, 0]))
            cluster.settle()
        }
        cluster.server.kill()
        cluster.run(500)
        try cluster.server.start()
        ready(cluster)
        cluster.run(3000)
        let last = cluster.hosts[1].login("alice", allowed: [0, 0, 2, 0, 0])
        cluster.settle()
        #expect(cluster.hosts[1].results[last] == .open)
        let left = Set(cluster.hosts.flatMap(\.sessions.keys))
        #expect(left == [handles[4], last])
    }
}
