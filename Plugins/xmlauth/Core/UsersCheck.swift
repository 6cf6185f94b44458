import Accounts
import Rules

/// Checks a users file beyond what reading it demands.
package enum UsersCheck {
    /// Lists what is wrong or doubtful in a file, by line. Blocks for as long as reading takes; keeps places in memory.
    ///
    /// now: seconds since 1970. A file that cannot be read at all is one finding.
    package static func findings(_ path: String, now: Int64) -> [UsersFinding] {
        let survey = UsersSurvey()
        do {
            let session = try UsersSession(path: path, allowsPlain: true, survey: survey)
            try UsersReader.feed(path, to: session)
            return findings(session, survey, path, now: now)
        } catch {
            return [UsersFinding(error)]
        }
    }

    /// Checks a text. `name` stands in the findings.
    static func findings(_ text: String, name: String, now: Int64) -> [UsersFinding] {
        let survey = UsersSurvey()
        do {
            let session = try UsersSession(path: name, allowsPlain: true, survey: survey)
            try UsersReader.feed(Array(text.utf8), to: session)
            return findings(session, survey, name, now: now)
        } catch {
            return [UsersFinding(error)]
        }
    }

    private static func findings(
        _ session: UsersSession, _ survey: UsersSurvey, _ file: String, now: Int64
    ) -> [UsersFinding] {
        let checks = SurveyChecks(survey, file: file)
        var findings = survey.faults.map(UsersFinding.init) + checks.accounts(now: now) + checks.repeatedRules()
        // A file that ends too early does not tell what its rest would have declared or used.
        if !survey.isMalformed {
            let unknown = checks.unknownReferences()
            findings += unknown + checks.unusedSubjects()
            if survey.faults.isEmpty && unknown.isEmpty { findings += whole(session, checks) }
        }
        return findings.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
    }

    /// Checks what only the finished accounts can tell.
    private static func whole(_ session: UsersSession, _ checks: SurveyChecks) -> [UsersFinding] {
        do {
            return checks.unreachableRules(of: try session.finish().rules)
        } catch {
            return [UsersFinding(error)]
        }
    }
}
