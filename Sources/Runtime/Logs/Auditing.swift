import AuthCore
import ModuleHost

/// Records every answer before anybody else has it. One that cannot be recorded is given to nobody.
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

    /// Asks, and records what was answered before anybody else has it.
    func recorded(_ question: Question, _ decide: () -> Outcome) -> Outcome {
        let line = AuditLine(question, question.session.flatMap { sessions.session($0) })
        return recorded(line, decide) { [self] in
            endUnrecorded($0, to: question)
            if let kind = question.kind { metrics.count(kind, Answer(.undecided, .auditFailed)) }
        }
    }

    /// Asks whether a user may do something in an HTTP realm, and records what was answered before anybody else has it.
    func recorded(
        _ request: RealmRequest, session id: SessionID, _ decide: () -> Outcome
    ) -> Outcome {
        let line = AuditLine(request, id, sessions.session(id))
        return recorded(line, decide) { [metrics] _ in metrics.count(.read, Answer(.undecided, .auditFailed)) }
    }

    /// Records what an operator is about to do; whether it may count as recorded.
    func records(_ order: OperatorOrder, _ decision: DecisionID) -> Bool {
        var line = AuditLine(order)
        var answer = Answer(.allow, .granted)
        answer.decision = decision
        line.add(answer, rules: rules.digest)
        var bytes: [UInt8] = []
        line.append(to: &bytes, time: EventTime.now(), json: log.json)
        return log.record(bytes)
    }

    /// - Parameter unrecord: told of an answer that nobody gets because it could not be recorded.
    private func recorded(
        _ line: AuditLine, _ decide: () -> Outcome,
        _ unrecord: @escaping @Sendable (Answer) -> Void
    ) -> Outcome {
        decide().map { [self] in recorded($0, line, unrecord) }
    }

    /// Records the rows of a batch that have an answer, in one write.
    func record(_ answers: inout [Answer?], of asked: [AskedCheck]) {
        let time = EventTime.now()
        var bytes: [UInt8] = []
        for one in asked {
            guard let answer = answers[one.place] else { continue }
            var line = AuditLine(.check(one.session.id, one.check), one.session)
            line.add(answer, rules: rules.digest)
            line.append(to: &bytes, time: time, json: log.json)
        }
        if bytes.isEmpty || log.record(bytes) { return }
        for one in asked {
            guard let answer = answers[one.place] else { continue }
            let unrecorded = unrecorded(answer)
            metrics.count(one.check.kind, unrecorded)
            answers[one.place] = unrecorded
        }
    }

    private func recorded(
        _ answer: Answer, _ line: AuditLine, _ unrecord: @Sendable (Answer) -> Void
    ) -> Answer {
        var line = line
        line.add(answer, rules: rules.digest)
        var bytes: [UInt8] = []
        line.append(to: &bytes, time: EventTime.now(), json: log.json)
        if log.record(bytes) { return answer }
        unrecord(answer)
        return unrecorded(answer)
    }

    /// A log-in that is not in the audit log leaves no session behind; one that others share stays theirs.
    private func endUnrecorded(_ answer: Answer, to question: Question) {
        guard let id = answer.session, let session = sessions.session(id) else { return }
        switch question {
        case .login, .resume: sessions.end(session, .refused)
        case .authenticate where answer.isOneUse: sessions.end(session, .refused)
        case .authenticate, .logout, .map, .check: break
        }
    }

    /// What everybody gets in place of an answer that could not be recorded.
    private func unrecorded(_ answer: Answer) -> Answer {
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
        case .logout(let id), .map(let id, _), .check(let id, _): id
        }
    }
}
