import AuthCore
import Runtime
import Testing

@Suite struct `Failed log-ins` {
    @Test func `are told once a user and minute, and counted`() throws {
        let test = try TestHost("good9")
        func told(_ text: String) -> Int { test.lines.all.count { $0.contains(text) } }
        for _ in 0..<5 { _ = test.ask(.login(try test.login("badpass"))) }
        _ = test.ask(.login(try test.login("nouser")))
        _ = test.ask(.login(try test.login("alice")))
        #expect(told("Log-in of user <badpass> failed at door test") == 1)
        #expect(told("Log-in of user <nouser> failed at door test") == 1)
        #expect(told("wrong-credentials, invalid-password") == 1)
        #expect(told("<alice>") == 0)
        test.clock.advance(.seconds(61))
        test.host.expireDeadlines()
        #expect(told("Log-ins of user <badpass> that failed within a minute: 4 more, the last at door test") == 1)
        #expect(told("user <nouser> that failed") == 0)
        test.clock.advance(.seconds(61))
        test.host.expireDeadlines()
        _ = test.ask(.login(try test.login("badpass")))
        #expect(told("Log-in of user <badpass> failed at door test") == 2)
    }

    @Test func `of names without number are bounded, and counted together`() throws {
        let test = try TestHost("changes_the_user")
        for index in 0..<300 { _ = test.ask(.login(try test.login("user\(index)"))) }
        #expect(test.lines.all.count { $0.contains("failed") } == 100)
        test.clock.advance(.seconds(61))
        test.host.expireDeadlines()
        #expect(test.lines.all.last?.contains("Log-ins of further users that failed within a minute: 200") == true)
    }
}
