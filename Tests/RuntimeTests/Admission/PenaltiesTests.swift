import AuthCore
import Basics
import Glibc
import ModuleHost
import Testing

@testable import Runtime

@Suite struct `Penalties of a host` {
    private func host(_ fixture: String = "knows_one_password", file: PenaltyFile? = nil) throws -> TestHost {
        try TestHost(fixture) { $0.penalties = PenaltySettings(PenaltyRules(), file: file) }
    }

    private func login(_ password: String, user: String = "ann", from address: String) throws -> Login {
        try Login(user: user, password: Secret(password), address: address, door: "test")
    }

    private func asked(_ test: TestHost) -> UInt64 { test.host.decider.value?.askedQuestions ?? 0 }

    /// Logs in, and turns the clock until there is an answer.
    private func ask(_ test: TestHost, _ question: Question) -> Answer {
        switch test.host.ask(question) {
        case .decided(let answer): return answer
        case .delayed(let ticket):
            let box = AnswerBox()
            ticket.whenDecided { box.put($0) }
            for _ in 0..<1_000 where !box.isThere {
                test.clock.advance(.milliseconds(20))
                test.host.expireDeadlines()
            }
            return box.wait()
        }
    }

    @Test(arguments: [false, true])
    func `let the module be asked as often as the limit, and the usual address in at once`(keeps: Bool) throws {
        let test = try host()
        let usual = try login("secret", from: "192.0.2.1")
        #expect(test.ask(keeps ? .authenticate(usual) : .login(usual)).verdict == .allow)
        let before = asked(test)
        for number in 0..<10_000 {
            let guess = try login("guess \(number)", from: "10.0.\(number >> 8).\(number & 255)")
            let answer = ask(test, keeps ? .authenticate(guess) : .login(guess))
            #expect(answer.verdict == .wrongCredentials)
        }
        #expect(asked(test) - before == 10)
        let stranger = ask(test, .login(try login("secret", from: "198.51.100.1")))
        #expect(stranger.verdict == .wrongCredentials && stranger.reason == .tooManyGuesses)
        #expect(stranger.reason.told == .invalidPassword)
        // At once: the clock stands still.
        #expect(test.host.ask(.login(usual)).decided?.verdict == .allow)
        #expect(
            test.lines.wait(for: "Log-ins of user <ann>, but from where the user has logged in before, are refused"))
        #expect(test.lines.all.count { $0.contains("are refused for") } == 1)
    }

    @Test func `let the same wrong password reach the module once in a while, and say so`() throws {
        let test = try host()
        let before = asked(test)
        for number in 0..<1_000 {
            let guess = try login("old", from: "10.0.\(number >> 8).\(number & 255)")
            #expect(test.ask(.login(guess)).reason == .invalidPassword)
        }
        #expect(asked(test) - before == 1)
        let again = test.ask(.login(try login("old", from: "192.0.2.1")))
        #expect(again.logText?.contains("has just said that the same password is wrong") == true, "\(again)")
        test.clock.advance(.seconds(2))
        _ = test.ask(.login(try login("old", from: "192.0.2.1")))
        #expect(asked(test) - before == 2)
        #expect(test.host.logins.penalties?.numbers.users == 1)
        // Users have changed: it may be right by now.
        test.host.operators.invalidate(.user("ann"))
        _ = test.ask(.login(try login("old", from: "192.0.2.1")))
        #expect(asked(test) - before == 3)
    }

    @Test func `of 64 guessers at once`() throws {
        let test = try host()
        let before = asked(test)
        let answers = Seen<Verdict>()
        TestThreads.run(64) { guesser in
            for number in 0..<20 {
                guard let guess = try? self.login("\(guesser) \(number)", from: "10.0.\(number).\(guesser)") else {
                    return
                }
                if let answer = test.host.ask(.login(guess)).decided { answers.add(answer.verdict) }
            }
        }
        #expect(asked(test) - before <= 10)
        #expect(answers.all.allSatisfy { $0 == .wrongCredentials })
        for _ in 0..<2_000 where test.penaltiesWaiting > 0 {
            test.clock.advance(.milliseconds(20))
            test.host.expireDeadlines()
        }
        #expect(test.penaltiesWaiting == 0)
        #expect(asked(test) - before == 10)
        #expect(test.host.openQuestions == 0)
    }

    @Test func `end with the client, and with the host`() throws {
        let test = try host()
        for number in 0..<9 { _ = ask(test, .login(try login("guess \(number)", from: "192.0.2.1"))) }
        let before = asked(test)
        guard case .delayed(let left) = test.host.ask(.login(try login("a", from: "192.0.2.1"))),
            case .delayed(let kept) = test.host.ask(.login(try login("b", from: "192.0.2.1")))
        else { return #expect(Bool(false), "the last guess before the limit waits") }
        #expect(test.host.openQuestions == 2)
        left.abandon()
        #expect(left.takeAnswer()?.reason == .cancelled)
        test.host.stop()
        #expect(kept.takeAnswer()?.reason == .stopping)
        #expect(asked(test) == before)
    }

    @Test func `count answers that were not waited for, and nothing that could not be decided`() throws {
        let test = try host("good9")
        for number in 0..<30 {
            _ = ask(test, .login(try login("\(number)", user: "error", from: "192.0.2.1")))
        }
        #expect(test.host.logins.penalties?.numbers == PenaltyNumbers())
    }

    @Test func `are kept over a restart, and a damaged file is put aside`() throws {
        let path = "\(TestHost.fixtureFolder)/penalties-\(UInt64.random(in: .min ... .max))"
        defer { for end in ["", ".lock", ".damaged"] { unlink(path + end) } }
        do {
            let test = try host(file: try PenaltyFile(path))
            _ = test.ask(.login(try login("secret", from: "192.0.2.1")))
            for number in 0..<12 { _ = ask(test, .login(try login("guess \(number)", from: "10.0.0.\(number)"))) }
            #expect(throws: PenaltyFileError.self) { try PenaltyFile(path) }
            test.host.stop()
        }
        do {
            let test = try host(file: try PenaltyFile(path))
            #expect(ask(test, .login(try login("secret", from: "198.51.100.1"))).reason == .tooManyGuesses)
            #expect(test.ask(.login(try login("secret", from: "192.0.2.1"))).verdict == .allow)
            #expect(test.host.clearPenalties(PenaltyFilter(user: "ann", address: nil)).count == 1)
            #expect(ask(test, .login(try login("secret", from: "198.51.100.1"))).verdict == .allow)
            test.host.stop()
        }
        #expect(truncate(path, 30) == 0)
        let test = try host(file: try PenaltyFile(path))
        #expect(test.lines.wait(for: "is damaged at line"))
        #expect(access(path + ".damaged", F_OK) == 0)
        #expect(test.ask(.login(try login("secret", from: "203.0.113.1"))).verdict == .allow)
        #expect(chmod(path + ".damaged", 0o666) == 0)
        #expect(throws: PenaltyFileError.self) { _ = try PenaltyFile.read(path + ".damaged", .init()) }
    }
}

extension TestHost {
    /// How many log-ins wait because of wrong passwords.
    fileprivate var penaltiesWaiting: Int { host.logins.penalties?.waiting ?? 0 }
}
