import AuthCore
import Testing

@testable import Runtime

@Suite struct RehearsalTests {
    @Test func `a rehearsal asks the module nothing, tells it nothing, and leaves nothing behind`() throws {
        let test = try TestHost("good9") { $0.penalties = PenaltySettings() }
        let lines = test.lines.all
        test.host.rehearse()
        #expect(test.host.decider.value?.askedQuestions == 0)
        #expect(test.host.sessions.count == 0)
        #expect(test.lines.all == lines)
        #expect(test.host.logins.penalties?.numbers.users == 0)
        #expect(test.ask(.login(try test.login("alice"))).verdict == .allow)
    }
}
