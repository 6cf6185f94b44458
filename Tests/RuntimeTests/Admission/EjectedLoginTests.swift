import AuthCore
import Runtime
import Testing

@Suite struct `A log-in whose session is ejected before it is open` {
    @Test(arguments: ["alice", "later"])
    func `is answered so, and the module is told once`(_ user: String) throws {
        let test = try TestHost("ejects_itself")
        #expect(test.ask(.login(try test.login(user))).verdict == .ejected)
        #expect(test.lines.wait(for: "free_user for reason 2"))
        // Behind whatever else it would be told: a serial module is told in order.
        #expect(test.ask(.login(try test.login("denied"))).verdict == .wrongCredentials)
        #expect(test.lines.all.count { $0.contains("free_user") } == 1, "\(test.lines.all)")
        #expect(test.host.sessionCount == 0)
    }
}
