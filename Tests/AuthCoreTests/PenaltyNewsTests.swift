import Testing

@testable import AuthCore

/// Wrong passwords that hosts tell each other of.
@Suite struct `Penalties of several hosts` {
    private static let second: Int64 = 1_000_000_000

    /// Hosts with one key, of which each hears what the others tell, some time later or at once.
    private struct Hosts {
        var tables: [PenaltyTable]
        var now: Int64 = 1_000 * second
        var asked = 0
        var unheard: [(from: Int, news: PenaltyNews)] = []

        init(_ count: Int = 3) {
            var rules = PenaltyRules()
            rules.hosts = count
            tables = (0..<count).map { _ in PenaltyTable(rules) }
            for host in tables.indices { tables[host].share(key: (7, 9)) }
        }

        mutating func deliver() {
            for (from, news) in unheard {
                // In words, as the registry passes them on.
                guard let heard = PenaltyNews(news.text), heard == news else {
                    Issue.record("\(news.text)")
                    continue
                }
                for host in tables.indices where host != from { tables[host].hear(heard, at: now) }
            }
            unheard = []
        }

        /// Logs in at a host, and turns the clock over every wait; nil where the module was not asked.
        mutating func logIn(_ host: Int, _ user: String, _ password: String, from address: String) throws -> Bool? {
            let attempt = PenaltyAttempt(
                try Login(user: user, password: Secret(password), address: address, door: "http"))
            let since = now
            var waited: PenaltySubject?
            while true {
                switch tables[host].judge(attempt, since: since, waited: waited, at: now) {
                case .refuse: return nil
                case .repeated: return false
                case .wait(let until, let subject): (waited, now) = (subject, until)
                case .ask(let turn):
                    asked += 1
                    let isRight = password == "right"
                    if let news = tables[host].settle(turn, isRight ? .right : .wrong, at: now).news {
                        unheard.append((host, news))
                    }
                    return isRight
                }
            }
        }
    }

    @Test func `reach the modules of three hosts as often as that of one, whichever they are tried at`() throws {
        var hosts = Hosts()
        for number in 0..<10_000 {
            _ = try hosts.logIn(number % 3, "ann", "guess \(number)", from: "10.0.\(number / 250).\(number % 250)")
            hosts.deliver()
        }
        #expect(hosts.asked == 10)
    }

    @Test func `before any host has heard of another, each asks about its part at once`() throws {
        var hosts = Hosts()
        for host in 0..<3 {
            for number in 0..<64 {
                let attempt = PenaltyAttempt(
                    try Login(
                        user: "ann", password: Secret("\(host) \(number)"), address: "10.0.\(host).\(number)",
                        door: "http"))
                let judgement = hosts.tables[host].judge(attempt, since: hosts.now, at: hosts.now)
                if case .ask = judgement { hosts.asked += 1 }
            }
        }
        #expect(hosts.asked == 12)
    }

    @Test func `are one guess where a program tries an old password at every host`() throws {
        var hosts = Hosts()
        for number in 0..<60 {
            #expect(try hosts.logIn(number % 3, "ann", "old", from: "192.0.2.\(number)") == false)
            hosts.deliver()
        }
        for table in hosts.tables {
            let found = table.descriptions(PenaltyFilter(user: "ann", address: nil), offset: 0, limit: 9, at: hosts.now)
            #expect(found.found.map(\.count) == [1])
        }
    }

    @Test func `tried at two hosts at once, an old password counts once at a third`() throws {
        var hosts = Hosts()
        for host in 0..<2 { _ = try hosts.logIn(host, "ann", "old", from: "192.0.2.1") }
        hosts.deliver()
        for table in hosts.tables {
            let found = table.descriptions(PenaltyFilter(user: "ann", address: nil), offset: 0, limit: 9, at: hosts.now)
            #expect(found.found.map(\.count) == [1])
        }
    }

    @Test func `leave a user's usual place alone, also at a host where the user has never been`() throws {
        var hosts = Hosts()
        #expect(try hosts.logIn(0, "ann", "right", from: "192.0.2.1") == true)
        hosts.deliver()
        for number in 0..<30 {
            _ = try hosts.logIn(number % 3, "ann", "guess \(number)", from: "10.0.0.\(number)")
            hosts.deliver()
        }
        #expect(try hosts.logIn(2, "ann", "right", from: "198.51.100.1") == nil)
        let moment = hosts.now
        #expect(try hosts.logIn(2, "ann", "right", from: "192.0.2.1") == true)
        #expect(hosts.now == moment)
    }

    @Test func `of a name that stands for a user count for the user at every host`() throws {
        var hosts = Hosts()
        let used = PenaltyNews.used(PenaltyName("ann"), .door("http"), given: PenaltyName("ann@example.org"))
        hosts.unheard = [(0, used)]
        hosts.deliver()
        for number in 0..<10 {
            _ = try hosts.logIn(1, "ann@example.org", "guess \(number)", from: "10.0.0.\(number)")
            hosts.deliver()
        }
        #expect(try hosts.logIn(2, "ann", "right", from: "198.51.100.1") == nil)
    }

    @Test func `go on being counted where another program has told the greatest number there is`() throws {
        var table = PenaltyTable(PenaltyRules())
        for subject in try ["user\tann", "network\t192.0.2.0/24"].map({ try #require(PenaltySubject($0)) }) {
            table.learn(subject, count: .max, left: .max, at: Self.second)
            _ = table.grow([subject], at: Self.second)
            _ = table.grow([subject], at: Self.second)
            #expect(table.tallies.slots.contains { $0.key == subject && $0.value.count == PenaltyTable.mostCounted })
        }
    }

    @Test func `are taken over by a host that comes later, and for no longer than its own rules say`() throws {
        var hosts = Hosts(1)
        let ann = PenaltySubject.user(PenaltyName("ann"))
        hosts.tables[0].learn(ann, count: 10, left: .max, at: hosts.now)
        hosts.tables[0].learn(ann, count: 3, left: 5 * Self.second, at: hosts.now)
        hosts.tables[0].learn(.user(PenaltyName("bob")), count: -1, left: 5, at: hosts.now)
        hosts.tables[0].learn(.user(PenaltyName("bob")), count: 10, left: -5, at: hosts.now)
        #expect(try hosts.logIn(0, "ann", "right", from: "198.51.100.1") == nil)
        #expect(try hosts.logIn(0, "bob", "right", from: "198.51.100.1") == true)
        hosts.now += 900 * Self.second
        #expect(try hosts.logIn(0, "ann", "right", from: "198.51.100.1") == true)
    }

    @Test(arguments: [
        "", "guess", "guess\t1", "guess\tx\nuser\tann", "guess\t65536\nuser\tann", "guess\t1\nuser",
        "guess\t1\nuser\ta\tb",
        "guess\t1\nuser\ta\nuser\tb\nuser\tc\nuser\td", "guess\t1\nnetwork\t10.0.0.0/99", "guess\t1\nusual\tx\tann",
        "used\tdoor:http\tann", "used\tx\tann\tann", "used\tdoor:http\tann\tann\nuser\tann", "user\tann",
    ])
    func `that no host could have told are refused`(_ text: String) { #expect(PenaltyNews(text) == nil) }

    @Test func `are compared by SipHash as its authors have it`() {
        let key = (UInt64(0x0706_0504_0302_0100), UInt64(0x0f0e_0d0c_0b0a_0908))
        var hash = SipHash(key)
        #expect(hash.finish() == 0x726f_db47_dd0e_0e31)
        hash = SipHash(key)
        hash.add(0..<7)
        hash.add(7..<15)
        #expect(hash.finish() == 0xa129_ca61_49be_45e5)
    }
}
