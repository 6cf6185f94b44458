import AuthCore
import Runtime
import Testing

@Suite struct `An expiry that no clock will see` {
    @Test(arguments: ["1800000000000", "253402300800", "9223372036854775807", "946684799", "3600", "-1", "later"])
    func `is a broken answer`(_ user: String) throws {
        let test = try TestHost("absurd_expiry")
        let answer = test.ask(.login(try test.login(user)))
        #expect(answer.verdict == .undecided)
        #expect(answer.reason == .brokenAnswer)
        #expect(test.lines.wait(for: "which is not a time from 2000 to 9999"))
        #expect(test.host.sessionCount == 0)
    }

    @Test(arguments: ["0", "253402300799"])
    func `is none of these`(_ user: String) throws {
        let test = try TestHost("absurd_expiry")
        #expect(test.ask(.login(try test.login(user))).verdict == .allow)
    }
}
