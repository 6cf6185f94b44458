import AuthCore
import ModuleHost
import Testing

@testable import Runtime

@Suite struct `The audit of answers` {
    private let counts = CountingFactory()
    private let parts: TestParts

    init() { parts = TestParts(metrics: DecisionMetrics(counts)) }

    /// - Parameter path: /dev/null takes every line, /dev/full none.
    private func auditing(_ path: String) throws -> Auditing {
        let log = try AuditLog(file: path, required: true, log: parts.log)
        let rules = RulesInForce(
            StaleRules(), decider: parts.asked, invalidations: parts.invalidations, clock: parts.clock, log: parts.log)
        return Auditing(log, parts.sessions, parts.metrics, rules)
    }

    private func logIn() throws -> (question: Question, session: Session, answer: Answer) {
        let session = try parts.session()
        let answer = Answer(.allow, .granted, session: session.id, user: "alice")
        return (.login(try parts.login()), session, answer)
    }

    @Test func `hands on what it has recorded`() throws {
        let (question, session, answer) = try logIn()
        let outcome = try auditing("/dev/null").recorded(question) { .decided(answer) }
        #expect(outcome.decided?.session == session.id)
        #expect(session.isOpen)
        #expect(counts.all.isEmpty)
    }

    @Test func `gives no client an answer that is not recorded, nor its session`() throws {
        let (question, session, answer) = try logIn()
        let outcome = try auditing("/dev/full").recorded(question) { .decided(answer) }
        #expect(outcome.decided?.reason == .auditFailed && outcome.decided?.session == nil)
        #expect(session.state == .ended(.refused))
        #expect(counts.all == ["login undecided audit-failed": 1])
    }

    @Test func `leaves a session that others share`() throws {
        let session = try parts.session()
        let answer = Answer(.allow, .granted, session: session.id, user: "alice")
        let outcome = try auditing("/dev/full").recorded(.authenticate(try parts.login())) { .decided(answer) }
        #expect(outcome.decided?.reason == .auditFailed)
        #expect(session.isOpen)
    }

    @Test func `refuses every row of a batch that is not recorded`() throws {
        let (rows, checks) = try parts.asked(["/a", "/b", "/c"])
        var answers = BatchAnswers(count: 3, DecisionIDs())
        answers.answer(0, .read, of: rows[0].session, Answer(.allow, .granted))
        answers.answer(2, .read, of: rows[2].session, Answer(.deny, .deniedByModule))
        try auditing("/dev/full").record(&answers, of: rows, checks)
        // The second is asked alone, and recorded then.
        #expect(answers.isAnswered == [true, false, true])
        #expect([0, 2].map { TestHost.wait(answers.outcomes[$0]).reason } == [.auditFailed, .auditFailed])
        #expect(counts.all == ["read undecided audit-failed": 2])
    }
}
