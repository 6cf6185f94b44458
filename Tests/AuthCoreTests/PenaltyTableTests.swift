import Testing

@testable import AuthCore

@Suite struct `Penalties, as a table` {
    private static let second: Int64 = 1_000_000_000

    /// A module that knows one password of everybody, a clock that stands, and what came of guesses.
    private struct Trial {
        var table: PenaltyTable
        var now: Int64 = 1_000 * second
        var asked = 0
        var waited: [Int64] = []

        init(_ change: (inout PenaltyRules) -> Void = { _ in }) {
            var rules = PenaltyRules()
            change(&rules)
            table = PenaltyTable(rules)
        }

        func attempt(_ user: String, _ password: String, from address: String, door: String = "http") throws
            -> PenaltyAttempt
        {
            PenaltyAttempt(try Login(user: user, password: Secret(password), address: address, door: door))
        }

        /// Logs in, and turns the clock over every wait; returns nil where the module was not asked.
        mutating func logIn(
            _ user: String, _ password: String, from address: String, door: String = "http"
        ) throws -> Bool? {
            let attempt = try attempt(user, password, from: address, door: door)
            let since = now
            var waited: PenaltySubject?
            while true {
                switch table.judge(attempt, since: since, waited: waited, at: now) {
                case .refuse: return nil
                case .repeated: return false
                case .wait(let until, let subject):
                    waited = subject
                    self.waited.append(until - now)
                    now = until
                case .ask(let turn):
                    asked += 1
                    let isRight = password == "right"
                    _ = table.settle(turn, isRight ? .right : .wrong, at: now)
                    return isRight
                }
            }
        }
    }

    @Test func `let ten thousand guesses from ten thousand addresses reach the module as often as the limit`() throws {
        var trial = Trial()
        #expect(try trial.logIn("ann", "right", from: "192.0.2.1") == true)
        let before = trial.asked
        for number in 0..<10_000 {
            _ = try trial.logIn("ann", "guess \(number)", from: "10.0.\(number / 250).\(number % 250)")
        }
        #expect(trial.asked - before == 10)
        #expect(try trial.logIn("ann", "right", from: "198.51.100.7") == nil)
        let moment = trial.now
        #expect(try trial.logIn("ann", "right", from: "192.0.2.1") == true)
        #expect(trial.now == moment, "the usual address waits for nothing")
    }

    @Test func `slow down the last guesses before the limit, each twice as long as the one before`() throws {
        var trial = Trial()
        for number in 0..<20 { _ = try trial.logIn("ann", "guess \(number)", from: "192.0.2.1") }
        #expect(trial.asked == 10)
        #expect(trial.waited == (0..<6).map { 2 * Self.second >> (5 - $0) })
    }

    @Test func `count the same wrong password once, however often it comes`() throws {
        var trial = Trial()
        for _ in 0..<1_000 { #expect(try trial.logIn("ann", "old", from: "192.0.2.1") == false) }
        #expect(trial.waited.isEmpty)
        #expect(try trial.logIn("ann", "right", from: "192.0.2.1") == true)
    }

    @Test func `let the module be asked about the same wrong password once in a delay, from however many places`()
        throws
    {
        var trial = Trial()
        for number in 0..<10_000 {
            trial.now += Self.second / 1000
            #expect(try trial.logIn("ann", "old", from: "10.0.\(number / 250).\(number % 250)") == false)
        }
        #expect(trial.asked == 5)
        trial.now += 2 * Self.second
        // It may be the right one by now.
        #expect(try trial.logIn("ann", "old", from: "10.0.0.1") == false)
        #expect(trial.asked == 6)
    }

    @Test func `ask again at once about a password that was refused for another reason`() throws {
        var trial = Trial()
        for _ in 0..<3 {
            guard
                case .ask(let turn) = trial.table.judge(
                    try trial.attempt("ann", "right", from: "192.0.2.1"), since: trial.now, at: trial.now)
            else {
                Issue.record("the module is not asked")
                return
            }
            _ = trial.table.settle(turn, .doubtful, at: trial.now)
        }
        #expect(trial.table.numbers(at: trial.now).users == 1)
    }

    @Test func `are over when their time is`() throws {
        var trial = Trial()
        for number in 0..<12 { _ = try trial.logIn("ann", "guess \(number)", from: "192.0.2.1") }
        trial.now += 899 * Self.second
        #expect(try trial.logIn("ann", "right", from: "192.0.2.1") == nil)
        trial.now += Self.second
        #expect(try trial.logIn("ann", "right", from: "192.0.2.1") == true)
    }

    @Test func `never ask about more different passwords at once than may still be wrong`() throws {
        var trial = Trial()
        var (turns, waiting): ([PenaltyTurn], [PenaltyAttempt]) = ([], [])
        var subject: PenaltySubject?
        for number in 0..<64 {
            let attempt = try trial.attempt("ann", "guess \(number)", from: "10.0.0.\(number)")
            switch trial.table.judge(attempt, since: trial.now, at: trial.now) {
            case .ask(let turn): turns.append(turn)
            case .wait(_, let found): (subject, waiting) = (found, waiting + [attempt])
            case .refuse, .repeated: Issue.record("nothing is known to be wrong yet")
            }
        }
        #expect(turns.count == 10 && waiting.count == 54)
        // The same password is no further guess.
        guard
            case .ask(let same) = trial.table.judge(
                try trial.attempt("ann", "guess 3", from: "10.0.1.1"), since: trial.now, at: trial.now)
        else {
            Issue.record("the same password has to wait")
            return
        }
        for turn in turns + [same] { _ = trial.table.settle(turn, .wrong, at: trial.now) }
        for attempt in waiting {
            guard case .refuse = trial.table.judge(attempt, since: trial.now, waited: subject, at: trial.now) else {
                Issue.record("a guess beyond the limit was not refused")
                continue
            }
        }
    }

    @Test func `at a network count guesses at different users`() throws {
        var trial = Trial { $0.networkLimit = 20 }
        for number in 0..<50 { _ = try trial.logIn("user\(number)", "guess", from: "192.0.2.1") }
        #expect(trial.asked == 20)
        #expect(try trial.logIn("zoe", "right", from: "192.0.2.2") == true)
        #expect(try trial.logIn("zoe", "right", from: "192.0.2.1") == nil)
    }

    @Test func `take 64 bits of an IPv6 address for one, and count 48 bits besides`() throws {
        var trial = Trial { $0.networkLimit = 20 }
        for number in 0..<50 { _ = try trial.logIn("user\(number)", "guess", from: "2001:db8:1:1::\(number)") }
        #expect(trial.asked == 20)
        for number in 0..<1_000 { _ = try trial.logIn("guest\(number)", "guess", from: "2001:db8:1:a\(number)::1") }
        #expect(trial.asked == 200)
        #expect(try trial.logIn("zoe", "right", from: "2001:db8:2:1::1") == true)
    }

    @Test(arguments: ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "10.1.2.3"])
    func `do not count networks that hide their clients`(address: String) throws {
        var trial = Trial {
            $0.networkLimit = 5
            $0.exempt = [NetworkPrefix("10.1.0.0/16")].compactMap(\.self)
        }
        for number in 0..<50 { _ = try trial.logIn("user\(number)", "guess", from: address) }
        #expect(trial.asked == 50)
        for number in 0..<50 { _ = try trial.logIn("ann", "guess \(number)", from: address) }
        #expect(trial.asked == 60)
    }

    @Test func `of a user hold for every way to write the name, and for names that the module takes for it`() throws {
        var trial = Trial()
        let turn = try trial.attempt("ann@example.com", "right", from: "192.0.2.9")
        guard case .ask(let asked) = trial.table.judge(turn, since: trial.now, at: trial.now) else {
            Issue.record("a first log-in is asked about")
            return
        }
        _ = trial.table.settle(asked, .right, named: PenaltyName("ann"), at: trial.now)
        let spellings = ["ann", "ANN", "Ann", "ann@example.com", "ANN@example.COM", "aNn"]
        for number in 0..<600 {
            _ = try trial.logIn(spellings[number % 6], "guess \(number)", from: "10.1.\(number / 200).\(number % 200)")
        }
        #expect(trial.asked == 10)
        #expect(try trial.logIn("Ann@Example.com", "right", from: "192.0.2.9") == true)
    }

    @Test(arguments: [
        "ren\u{e9}", "Rene\u{301}", " ren\u{e9}", "re n\u{e9}", "ren\u{e9}\u{3000}", "r\u{200d}en\u{e9}",
        "re\u{ad}n\u{e9}",
        "\u{ff32}\u{ff45}n\u{e9}", "REN\u{c9}",
    ]) func `of a user hold for a name in other characters that a module may take for the same`(name: String) {
        #expect(PenaltyName(name) == PenaltyName("ren\u{e9}"))
        #expect(PenaltyName(name) != PenaltyName("rene"))
    }

    @Test func `keep to their bound, and a flood of names does not make room for a guesser`() throws {
        var trial = Trial { $0.size = 1_000 }
        for number in 0..<12 { _ = try trial.logIn("ann", "guess \(number)", from: "192.0.2.\(number)") }
        for number in 0..<100_000 {
            _ = try trial.logIn(
                "flood\(number)", "guess", from: "10.\(number >> 16 & 255).\(number >> 8 & 255).\(number & 255)")
        }
        #expect(trial.table.tallies.count <= 1_000)
        #expect(try trial.logIn("ann", "right", from: "198.51.100.1") == nil)
    }

    @Test func `know eight places of a user, the latest`() throws {
        var trial = Trial()
        for number in 1...9 {
            #expect(try trial.logIn("ann", "right", from: "192.0.2.\(number)") == true)
            trial.now += Self.second
        }
        for number in 0..<20 { _ = try trial.logIn("ann", "guess \(number)", from: "10.0.0.1") }
        #expect(try trial.logIn("ann", "right", from: "192.0.2.1") == nil)
        #expect(try trial.logIn("ann", "right", from: "192.0.2.2") == true)
        trial.now += PenaltyTable.habitTime
        for number in 0..<20 { _ = try trial.logIn("ann", "guess \(number)", from: "10.0.0.1") }
        #expect(try trial.logIn("ann", "right", from: "192.0.2.2") == nil)
    }

    @Test func `at a door that knows no address count for the door`() throws {
        var trial = Trial()
        #expect(try trial.logIn("ann", "right", from: "", door: "mail") == true)
        for number in 0..<20 { _ = try trial.logIn("ann", "guess \(number)", from: "10.0.0.\(number)") }
        for number in 0..<20 { _ = try trial.logIn("ann", "guess \(number)", from: "", door: "web") }
        #expect(try trial.logIn("ann", "right", from: "", door: "web") == nil)
        #expect(try trial.logIn("ann", "right", from: "", door: "mail") == true)
    }

    @Test func `leave nothing behind log-ins that were right or could not be decided`() throws {
        var trial = Trial()
        for number in 0..<100 {
            let attempt = try trial.attempt("user\(number)", "x", from: "192.0.2.1")
            guard case .ask(let turn) = trial.table.judge(attempt, since: trial.now, at: trial.now) else {
                Issue.record("refused")
                return
            }
            _ = trial.table.settle(turn, number % 2 == 0 ? .right : .unknown, at: trial.now)
        }
        #expect(trial.table.tallies.count == 0)
    }

    @Test func `are the same behind a restart, but for what is past`() throws {
        var trial = Trial()
        #expect(try trial.logIn("ann", "right", from: "192.0.2.1") == true)
        #expect(try trial.logIn("bo b", "right", from: "", door: "mail") == true)
        for number in 0..<12 { _ = try trial.logIn("ann", "guess \(number)", from: "2001:db8::\(number)") }
        for number in 0..<5 { _ = try trial.logIn("ann", "guess \(number)", from: "192.0.2.1") }
        let wall: Int64 = 1_800_000_000 * Self.second
        let text = trial.table.text(wall: wall, at: trial.now)
        #expect(!text.contains("guess"))
        var after = Trial()
        after.now = 5 * Self.second
        try after.table.restore(text, wall: wall + 10 * Self.second, at: after.now)
        #expect(
            after.table.text(wall: wall + 10 * Self.second, at: after.now).split(separator: "\n").sorted()
                == text.split(separator: "\n").sorted())
        #expect(try after.logIn("ann", "right", from: "198.51.100.1") == nil)
        #expect(try after.logIn("ann", "right", from: "192.0.2.1") == true)
        var late = Trial()
        try late.table.restore(text, wall: wall + 1_000 * Self.second, at: late.now)
        #expect(late.table.tallies.count == 0 && late.table.sources.count == 2)
    }

    @Test(arguments: [
        "", "authhost penalties 2\nend\t1\n", "authhost penalties 1\n", "authhost penalties 1\nend\t2\n",
        "authhost penalties 1\nuser\t1\t9\tann\nend\t1\n", "authhost penalties 1\nuser\t0\t1800000000\tann\nend\t2\n",
        "authhost penalties 1\nuser\tx\t1800000000\tann\nend\t2\n", "authhost penalties 1\nnobody\nend\t2\n",
        "authhost penalties 1\nuser\t1\t99999999999999999999\tann\nend\t2\n",
        "authhost penalties 1\nnetwork\t1\t1800000000\t10.0.0.0/33\nend\t2\n",
        "authhost penalties 1\nused\t1800000000\tsomewhere\tann\nend\t2\n",
        "authhost penalties 1\nuser\t1\t1800000000\tann\nend\t2",
        "authhost penalties 1\nuser\t1\t-8589934591\tann\nend\t2\n",
        "authhost penalties 1\nuser\t1\t-9223372036854775808\tann\nend\t2\n",
        "authhost penalties 1\nused\t-8589934591\t192.0.2.0/24\tann\nend\t2\n",
        "authhost penalties 1\nuser\t9223372036854775807\t1800000000\tann\nend\t2\n",
    ])
    func `are not taken over from a file that is damaged`(text: String) throws {
        var table = PenaltyTable(PenaltyRules())
        #expect(throws: PenaltyTextError.self) {
            try table.restore(text, wall: 1_800_000_000 * Self.second, at: Self.second)
        }
        #expect(table.tallies.count == 0)
    }

    @Test func `are cleared by user and by address`() throws {
        var trial = Trial { $0.networkLimit = 12 }
        for number in 0..<12 { _ = try trial.logIn("ann", "guess \(number)", from: "192.0.2.1") }
        for number in 0..<12 { _ = try trial.logIn("user\(number)", "guess", from: "192.0.2.1") }
        let (shown, total) = trial.table.descriptions(
            PenaltyFilter(user: nil, address: nil), offset: 0, limit: 1, at: trial.now)
        #expect(total == 4 && shown.first?.isRefused == true)
        #expect(trial.table.clear(PenaltyFilter(user: "ANN", address: nil), at: trial.now).count == 1)
        #expect(try trial.logIn("ann", "right", from: "192.0.2.1") == nil)
        #expect(trial.table.clear(PenaltyFilter(user: nil, address: [192, 0, 2, 1]), at: trial.now).count == 1)
        #expect(try trial.logIn("ann", "right", from: "192.0.2.1") == true)
    }
}

@Suite struct `A network` {
    @Test(arguments: [
        ("10.1.2.3", "10.1.2.3/32"), ("10.1.2.3/16", "10.1.0.0/16"), ("10.1.2.3/0", "0.0.0.0/0"),
        ("10.255.2.3/9", "10.128.0.0/9"), ("2001:db8::1/48", "2001:db8::/48"), ("::ffff:10.0.0.1", "10.0.0.1/32"),
    ])
    func `is written as it is read, without the bits behind its prefix`(text: String, shown: String) throws {
        let network = try #require(NetworkPrefix(text))
        #expect("\(network)" == shown)
        #expect(NetworkPrefix(shown) == network)
    }

    @Test(arguments: [
        "", "x", "10.1", "10.0.0.1/33", "10.0.0.1/-1", "10.0.0.1/", "::1/129", "10.0.0.1/8/8", "1.2.3.4 ",
    ])
    func `is none of anything else`(text: String) { #expect(NetworkPrefix(text) == nil) }
}
