import AuthCore
import ModuleHost

/// Records every answer before anybody else has it. One that cannot be recorded is given to nobody.
final class Auditing: Sendable {
    let log: AuditLog
    private let sessions: Sessions
    private let metrics: DecisionMetrics

    init(_ log: AuditLog, _ sessions: Sessions, _ metrics: DecisionMetrics) {
        self.log = log
        self.sessions = sessions
        self.metrics = metrics
    }

    /// Asks, and records what was answered before anybody else has it.
    func recorded(_ question: Question, _ decide: () -> Outcome) -> Outcome {
        let line = AuditLine(question, user: question.session.flatMap { sessions.session($0)?.user })
        return recorded(line, decide) { [self] in
            endUnrecorded($0, to: question)
            if let kind = question.kind { metrics.count(kind, unrecorded) }
        }
    }

    /// Asks whether a user may do something in an HTTP realm, and records what was answered before anybody else has it.
    func recorded(
        _ request: DirectoryRequest, session id: SessionID, _ decide: () -> Outcome
    ) -> Outcome {
        let line = AuditLine(request, session: id, user: sessions.session(id)?.user)
        return recorded(line, decide) { [metrics] _ in metrics.count(.read, Answer(.undecided, .auditFailed)) }
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
            var line = AuditLine(.check(one.session.id, one.check), user: one.session.user)
            line.add(answer)
            line.append(to: &bytes, time: time, json: log.json)
        }
        if bytes.isEmpty || log.record(bytes) { return }
        for one in asked where answers[one.place] != nil {
            metrics.count(one.check.kind, unrecorded)
            answers[one.place] = unrecorded
        }
    }

    private func recorded(
        _ answer: Answer, _ line: AuditLine, _ unrecord: @Sendable (Answer) -> Void
    ) -> Answer {
        var line = line
        line.add(answer)
        var bytes: [UInt8] = []
        line.append(to: &bytes, time: EventTime.now(), json: log.json)
        if log.record(bytes) { return answer }
        unrecord(answer)
        return unrecorded
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

    private var unrecorded: Answer { Answer(.undecided, .auditFailed) }
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
