import Testing

@testable import AuthCore

@Suite struct AnswerTests {
    @Test func `is a value: a copy that says more leaves the other as it was`() {
        let first = Answer(.allow, .granted, logText: "why", user: "alice")
        var second = first
        second.session = SessionID(high: 1, low: 2)
        second.clientText = "hello"
        second.user = "bob"
        second.attributes = [Field("group", "desk")]
        second.isOneUse = true
        #expect(first.session == nil && first.clientText == nil && first.attributes.isEmpty && !first.isOneUse)
        #expect(first.user == "alice" && first.logText == "why" && second.logText == "why")
        #expect(second.session == SessionID(high: 1, low: 2) && second.clientText == "hello" && second.user == "bob")
        #expect(second.attributes == [Field("group", "desk")] && second.isOneUse)
        second.logText = nil
        #expect(second.logText == nil && first.logText == "why")
    }

    @Test func `has no user without a name`() {
        #expect(Answer(.deny, .unknownSession).user == nil)
        #expect(Answer(.deny, .unknownSession, user: "").user == nil)
    }
}
