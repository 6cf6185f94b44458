import Cluster
import Testing

/// Ejections by number that name no user: the oldest of all sessions, wherever they are, a slice at a time.
@Suite struct ClusterOldestTests {
    private static let unlimited = [0, 0, 0, 0, 0]

    private func cluster(_ change: (inout ClusterSettings) -> Void = { _ in }) throws -> TestCluster {
        let cluster = try TestCluster(3, change)
        isReady(cluster)
        return cluster
    }

    private func isReady(_ cluster: TestCluster) {
        let isReady = cluster.run(atMost: 20_000) {
            cluster.hosts.allSatisfy { $0.member.status(at: $0.now).state == "ready" }
        }
        #expect(isReady)
    }

    /// Logs users in, one after the other, on one host after the other.
    private func logIn(
        _ cluster: TestCluster, _ users: ClosedRange<Int>, _ application: String = "", on machine: String = ""
    ) {
        for user in users {
            _ = cluster.hosts[user % 3].login(
                "user\(user)", application, machine: machine, allowed: Self.unlimited)
            cluster.settle()
        }
    }

    private func order(
        _ cluster: TestCluster, _ count: Int, of application: String? = nil, on machine: String? = nil,
        by host: Int = 0,
        number: UInt64
    ) {
        let host = cluster.hosts[host]
        host.perform(
            host.member.ejectOldest(
                count, of: nil, application: application.map { Array($0.utf8) },
                machine: machine.map { Array($0.utf8) },
                number: number, at: host.now))
    }

    /// The numbers of the users that have sessions.
    private func users(_ cluster: TestCluster) -> [Int] {
        cluster.hosts.flatMap { $0.sessions.values.compactMap { Int($0.user.dropFirst(4)) } }.sorted()
    }

    @Test func `the oldest go first, whichever host has them, and each host says so`() throws {
        let cluster = try cluster()
        logIn(cluster, 1...6)
        order(cluster, 4, number: 2)
        cluster.settle()
        #expect(users(cluster) == [5, 6])
        #expect(cluster.hosts[0].orders[2]?.ended == ["0 <host0>": 1, "1 <host1>": 2, "2 <host2>": 1])
        #expect(cluster.hosts[0].orders[2]?.silent == [:] && cluster.hosts[0].orders[2]?.problem == nil)
        order(cluster, Int(Int32.max), number: 4)
        cluster.settle()
        #expect(users(cluster) == [] && cluster.hosts[0].orders[4]?.ended == ["0 <host0>": 1, "2 <host2>": 1])
        order(cluster, 1, number: 6)
        cluster.settle()
        #expect(cluster.hosts[0].orders[6] == ClusterEjections(), "there is none left")
        cluster.run(2000)
        #expect(cluster.hosts[0].member.status(at: cluster.now).sessions == 0)
    }

    @Test func `those of an application or a machine are found behind very many others`() throws {
        let cluster = try cluster()
        logIn(cluster, 1...1, "a b\0=*é")
        logIn(cluster, 2...420)
        logIn(cluster, 421...423, "a b\0=*é", on: "pc")
        logIn(cluster, 424...424, "=", on: "pc")
        order(cluster, 2, of: "a b\0=*é", on: "pc", number: 2)
        order(cluster, 5, of: "a", number: 4)
        order(cluster, 5, of: "=", on: "", number: 6)
        order(cluster, 5, of: "", on: "pc", number: 8)
        cluster.settle()
        #expect(users(cluster) == [1] + Array(2...420) + [423, 424])
        #expect(cluster.hosts[0].orders[2]?.ended == ["1 <host1>": 1, "2 <host2>": 1])
        for number in [4, 6, 8] { #expect(cluster.hosts[0].orders[UInt64(number)] == ClusterEjections()) }
        order(cluster, 9, on: "pc", number: 10)
        order(cluster, 2, of: "a b\0=*é", number: 12)
        cluster.settle()
        #expect(users(cluster) == Array(2...420))
    }

    @Test func `more than a slice are ended in their order, though answers are lost on the way`() throws {
        let cluster = try cluster()
        logIn(cluster, 1...650)
        let before = cluster.hosts[0].member.status(at: cluster.now).counts.scripts
        order(cluster, 450, number: 2)
        for _ in 0..<2 {
            cluster.hosts[0].losesAnswers = true
            _ = cluster.hosts[0].receive(wait: 1000)
            cluster.hosts[0].losesAnswers = false
            cluster.run(400)
        }
        cluster.run(3000)
        #expect(users(cluster) == Array(451...650))
        let result = try #require(cluster.hosts[0].orders[2])
        #expect(result.ended.values.reduce(0, +) == 450 && result.silent == [:] && result.problem == nil, "\(result)")
        #expect(cluster.hosts[0].member.status(at: cluster.now).counts.scripts - before > 3)
    }

    @Test func `a user's sessions go by slices too`() throws {
        let cluster = try cluster()
        for number in 0..<500 {
            _ = cluster.hosts[number % 3].login("ann", allowed: Self.unlimited)
            cluster.settle()
        }
        let host = cluster.hosts[1]
        host.perform(host.member.ejectOldest(450, of: Array("ann".utf8), application: nil, number: 2, at: host.now))
        cluster.settle()
        #expect(cluster.hosts.map(\.sessions.count).reduce(0, +) == 50)
        #expect(host.orders[2]?.ended.values.reduce(0, +) == 450)
    }

    @Test func `orders of two hosts at one time end different sessions`() throws {
        let cluster = try cluster()
        logIn(cluster, 1...9)
        cluster.hosts[0].ejects = false
        for (number, host) in [0, 1, 2, 0].enumerated() { order(cluster, 2, by: host, number: UInt64(number)) }
        cluster.settle()
        #expect(users(cluster) == [3, 6, 9], "3 and 6 are told, and their host does not do it")
        cluster.run(1000)
        var told = 0
        for result in cluster.hosts.flatMap(\.orders.values) {
            told += result.ended.values.reduce(0, +)
            told += result.silent.values.reduce(0, +)
        }
        #expect(told == 8, "each order has its own")
    }

    @Test func `log-ins that race with an order are younger than what it ends`() throws {
        let cluster = try cluster()
        logIn(cluster, 1...300)
        order(cluster, 300, by: 2, number: 2)
        for user in 301...330 { _ = cluster.hosts[user % 3].login("user\(user)", allowed: [0, 0, 0, 0, 340]) }
        cluster.settle()
        cluster.run(2000)
        #expect(users(cluster).filter { $0 <= 300 }.isEmpty || users(cluster).filter { $0 > 300 }.count == 30)
        #expect(users(cluster).count == 30)
        #expect(cluster.hosts[2].orders[2]?.ended.values.reduce(0, +) == 300)
        #expect(cluster.hosts[0].member.status(at: cluster.now).sessions == 30)
    }

    @Test func `a host that is stopped is named within a second, and holds further slices up no more`() throws {
        let cluster = try cluster { $0.lease = 40_000_000_000 }
        logIn(cluster, 1...600)
        cluster.hosts[2].isStopped = true
        order(cluster, 590, number: 2)
        cluster.run(1200)
        let result = try #require(cluster.hosts[0].orders[2])
        let (ended, silent) = (result.ended.values.reduce(0, +), result.silent.values.reduce(0, +))
        #expect(ended + silent == 590)
        #expect(Array(result.silent.keys) == ["2 <host2>"])
        cluster.hosts[2].isStopped = false
        cluster.run(2000)
        #expect(users(cluster) == Array(591...600), "it does so when it is back")
    }

    @Test func `what a second has brought is told then, and the rest when it has ended`() throws {
        let cluster = try cluster { $0.lease = 40_000_000_000 }
        logIn(cluster, 1...600)
        // Its first slice waits for a host that does nothing, and then the registry is slow.
        cluster.hosts[2].ejects = false
        order(cluster, 590, number: 2)
        cluster.run(900)
        cluster.server.signal(19)
        for _ in 0..<4 {
            cluster.now += 50_000_000
            for host in cluster.hosts { host.tick() }
        }
        let first = try #require(cluster.hosts[0].firstSeconds[2])
        let told = first.ended.values.reduce(0, +) + first.silent.values.reduce(0, +)
        #expect(told == 200 && first.pending == 390 && !first.isSequel, "\(first)")
        #expect("\(first)".contains("up to 390 more after this second"))
        cluster.server.signal(18)
        cluster.run(2000)
        let all = try #require(cluster.hosts[0].orders[2])
        #expect(all.ended.values.reduce(0, +) + all.silent.values.reduce(0, +) == 590 && all.isSequel, "\(all)")
        #expect(users(cluster).filter { $0 % 3 != 2 } == [591, 592, 594, 595, 597, 598, 600])
    }

    @Test func `while hosts are waited for, an order waits too, and then knows their sessions`() throws {
        let cluster = try cluster { $0.lease = 8_000_000_000 }
        logIn(cluster, 1...6)
        cluster.server.kill()
        cluster.hosts[1].isCut = true
        cluster.run(200)
        try cluster.server.start()
        let isWarming = cluster.run(atMost: 20_000) {
            cluster.hosts[0].member.status(at: cluster.now).state == "warming"
        }
        #expect(isWarming)
        order(cluster, 1, number: 2)
        cluster.run(900)
        #expect(cluster.hosts[0].firstSeconds[2] == nil)
        cluster.run(600)
        #expect(users(cluster) == Array(1...6) && cluster.hosts[0].orders[2] == nil)
        #expect(cluster.hosts[0].firstSeconds[2]?.pending == 1, "its owner is told within a second that it goes on")
        cluster.hosts[1].isCut = false
        isReady(cluster)
        cluster.run(200)
        #expect(users(cluster) == Array(2...6), "user 1 is on the host that came last")
        #expect(cluster.hosts[0].orders[2]?.ended == ["1 <host1>": 1])
    }

    @Test func `without memory to put sessions in order nothing is ended, and the reason says so`() throws {
        let cluster = try cluster()
        logIn(cluster, 1...6)
        let connection = try #require(SocketConnection(to: cluster.server.socket))
        func limit(_ bytes: String) {
            #expect(connection.send(RESPCommand.encode(["CONFIG", "SET", "maxmemory", bytes].map { Array($0.utf8) })))
            #expect(connection.receive(wait: 10_000) == Array("+OK\r\n".utf8))
        }
        #expect(cluster.server.aged == nil, "what was not asked for costs nothing")
        limit("100000")
        order(cluster, 1, number: 2)
        cluster.settle()
        #expect(cluster.hosts[0].orders[2]?.problem?.contains("no memory") == true)
        #expect(users(cluster) == Array(1...6))
        limit("0")
        order(cluster, 1, number: 4)
        cluster.settle()
        limit("100000")
        order(cluster, 1, number: 6)
        cluster.settle()
        #expect(users(cluster) == Array(3...6), "in their order they make room")
    }

    @Test func `sessions that come and go while the order is made are in it, and those that end are not`() throws {
        let cluster = try cluster()
        logIn(cluster, 1...700)
        // Only one slice of what there is, then everything else in between.
        order(cluster, 1, number: 2)
        for user in 701...720 { _ = cluster.hosts[user % 3].login("user\(user)", allowed: Self.unlimited) }
        for host in cluster.hosts {
            for handle in host.sessions.keys.sorted().dropFirst(50).prefix(100) { host.logout(handle) }
        }
        cluster.settle()
        #expect(users(cluster).first == 2)
        let left = users(cluster).count
        order(cluster, left - 3, number: 4)
        cluster.run(2000)
        #expect(users(cluster).count == 3 && users(cluster)[0] > 700 && cluster.server.aged == 3)
        #expect(cluster.hosts[0].orders[4]?.ended.values.reduce(0, +) == left - 3)
        order(cluster, 100, by: 1, number: 6)
        cluster.run(2000)
        #expect(users(cluster) == [] && cluster.server.aged == nil, "nothing is left of them")
    }

    @Test func `what a registry falls silent over is said, and what had ended before`() throws {
        let cluster = try cluster()
        logIn(cluster, 1...6)
        cluster.server.signal(19)
        order(cluster, 1, number: 2)
        order(cluster, 1, number: 4)
        for _ in 0..<50 {
            cluster.now += 50_000_000
            for host in cluster.hosts { host.tick() }
        }
        for number in [2, 4] as [UInt64] {
            #expect(cluster.hosts[0].orders[number]?.problem?.contains("cannot be asked") == true)
        }
        // The first one may be done when the registry goes on, and the second never.
        #expect(cluster.hosts[0].orders[2]?.isUnasked == false && cluster.hosts[0].orders[4]?.isUnasked == true)
        cluster.server.signal(18)
        isReady(cluster)
        cluster.run(2000)
        #expect(users(cluster).count >= 5, "one order was never sent")
        order(cluster, 1, number: 6)
        cluster.settle()
        #expect(cluster.hosts[0].orders[6]?.ended.values.reduce(0, +) == 1, "orders go on")
    }
}
