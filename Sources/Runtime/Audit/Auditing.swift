import AuthCore
import Basics
import ModuleHost

/// Records every answer before any other code has it. An answer that cannot be recorded is not given.
final class Auditing: Sendable {
    let log: AuditLog
    private let sessions: Sessions
    private let metrics: DecisionMetrics
    private let rules: RulesInForce

    init(_ log: AuditLog, _ sessions: Sessions, _ metrics: DecisionMetrics, _ rules: RulesInForce) {
        self.log = log
        self.sessions = sessions
        self.metrics = metrics
        self.rules = rules
    }

    /// Asks, and records the answer before any other code has it.
    func recorded(_ question: Question, _ ask: () -> Outcome) -> Outcome {
        let line = AuditLine(question, question.session.flatMap { sessions.session($0) })
        return recorded(line, ask) { [self] in
            endUnrecorded($0, to: question)
            if let kind = question.kind { metrics.count(kind, Answer(.undecided, .auditFailed)) }
        }
    }

    /// Asks whether a user may do something in an HTTP realm, and records the answer before any other code has it.
    func recorded(
        _ request: RealmRequest, session id: SessionID, _ ask: () -> Outcome
    ) -> Outcome {
        let line = AuditLine(request, id, sessions.session(id))
        return recorded(line, ask) { [metrics] _ in metrics.count(.read, Answer(.undecided, .auditFailed)) }
    }

    /// Records what an operator is about to do; returns whether it may count as recorded. Waits for that.
    func records(_ order: OperatorOrder, _ decision: DecisionID) -> Bool {
        let written = Awaited<Bool>()
        log.record([bytes(AuditLine(order), Self.granted(decision))], [decision]) { written.put($0) }
        return written.wait()
    }

    /// Records what has come of an operator's order.
    func record(_ outcome: String, of order: OperatorOrder, _ decision: DecisionID) {
        var line = AuditLine(order)
        line.add("outcome", outcome)
        log.record([bytes(line, Self.granted(decision))], [decision]) { _ in }
    }

    private static func granted(_ decision: DecisionID) -> Answer {
        var answer = Answer(.allow, .granted)
        answer.decision = decision
        return answer
    }

    /// - Parameter unrecord: told of an answer that is not given because it could not be recorded.
    private func recorded(
        _ line: AuditLine, _ ask: () -> Outcome, _ unrecord: @escaping @Sendable (Answer) -> Void
    ) -> Outcome {
        let outcome = ask()
        if case .decided(let answer) = outcome, !log.isRequired {
            log.record([bytes(line, answer)], [answer.decision]) { _ in }
            return outcome
        }
        return outcome.passing { [self] answer, give in
            log.record([bytes(line, answer)], [answer.decision]) { isWritten in
                if !isWritten { unrecord(answer) }
                give(isWritten ? answer : Self.unrecorded(answer))
            }
        }
    }

    /// Records the rows of a batch that have an answer, together.
    func record(_ answers: inout BatchAnswers, of asked: [AskedCheck], _ checks: [SessionCheck]) {
        let rows = asked.compactMap { one in answers.decided(one.place).map { (asked: one, answer: $0) } }
        if rows.isEmpty { return }
        let lines = rows.map {
            let check = checks[$0.asked.place]
            return bytes(AuditLine(.check(check.session, check.check), $0.asked.session), $0.answer)
        }
        let ids = rows.map(\.answer.decision)
        guard log.isRequired else { return log.record(lines, ids) { _ in } }
        let tickets = rows.map { _ in Ticket {} }
        let kinds = rows.map { checks[$0.asked.place].check.kind }
        log.record(lines, ids) { [metrics] isWritten in
            for (index, ticket) in tickets.enumerated() {
                let answer = rows[index].answer
                if !isWritten { metrics.count(kinds[index], Answer(.undecided, .auditFailed)) }
                ticket.answer(isWritten ? answer : Self.unrecorded(answer))
            }
        }
        for (ticket, row) in zip(tickets, rows) {
            answers.set(ticket.takeAnswer().map(Outcome.decided) ?? .delayed(ticket), at: row.asked.place)
        }
    }

    private func bytes(_ line: AuditLine, _ answer: Answer) -> [UInt8] {
        var line = line
        line.add(answer, rules: rules.digest)
        return line.bytes(json: log.json)
    }

    /// A log-in that is not in the audit log leaves no session behind; a session that others share stays theirs.
    private func endUnrecorded(_ answer: Answer, to question: Question) {
        guard let id = answer.session, let session = sessions.session(id) else { return }
        switch question {
        case .login, .resume: sessions.end(session, .refused)
        case .authenticate where answer.isOneUse: sessions.end(session, .refused)
        case .authenticate, .logout, .map, .check: break
        }
    }

    /// What is answered in place of an answer that could not be recorded.
    private static func unrecorded(_ answer: Answer) -> Answer {
        var unrecorded = Answer(.undecided, .auditFailed)
        unrecorded.decision = answer.decision
        return unrecorded
    }
}

extension Question {
    /// The session that asks; nil for a question that opens one.
    fileprivate var session: SessionID? {
        switch self {
        case .login, .resume, .authenticate: nil
        case .logout(let id, _), .map(let id, _, _), .check(let id, _): id
        }
    }
}
