import AuthCore
import Basics
import ModuleHost
import Runtime

/// Asks a module what the cases of a file ask.
struct TestRun {
    /// What became of a case.
    struct Outcome {
        let test: TestCase
        /// How the answer differs from what was expected; nil where it does not.
        let failure: String?
    }

    private let host: Host
    /// Notes which rules decide; nil where that was not asked for.
    private var coverage: RuleCoverage?
    private var sessions: [TestCase.Asker: Answer] = [:]

    init(_ host: Host, coverage: RuleCoverage?) {
        self.host = host
        self.coverage = coverage
    }

    /// Asks one case after the other. Sessions of the same user are opened once, and closed with the host.
    mutating func run(_ cases: [TestCase]) throws(Failure) -> (outcomes: [Outcome], coverage: RuleCoverage?) {
        var outcomes: [Outcome] = []
        outcomes.reserveCapacity(cases.count)
        for test in cases { outcomes.append(Outcome(test: test, failure: Self.difference(test, try answer(test)))) }
        return (outcomes, coverage)
    }

    private mutating func answer(_ test: TestCase) throws(Failure) -> Answer {
        let opened = try session(of: test.asker)
        guard opened.verdict == .allow, let session = opened.session else { return opened }
        switch test.question {
        case .login: return opened
        case .map(let object): return host.ask(.map(session, try objectName(object))).waited()
        case .check(let action, let object):
            let check = Check(action, try objectName(object), fields: test.fields)
            guard coverage != nil else { return host.ask(.check(session, check)).waited() }
            let explained = host.explained(check, session)
            coverage?.note(explained.explanation ?? "")
            return explained.answer
        }
    }

    private mutating func session(of asker: TestCase.Asker) throws(Failure) -> Answer {
        if let known = sessions[asker] { return known }
        let login: Login
        do {
            login = try Login(
                user: asker.user, password: Secret(asker.password ?? ""), address: asker.address,
                applicationID: asker.application, machineID: "", door: "command")
        } catch {
            throw Failure(.badConfiguration, "`\(asker.user.controlsEscaped)` cannot log in: \(error)")
        }
        let answer = host.ask(asker.password == nil ? .resume(login) : .login(login)).waited()
        if asker.password == nil, answer.reason == .noEntry {
            throw Failure(
                .moduleUnusable,
                "module `\(host.module?.identity.name ?? "-")` has no `auth_resume_user`: cases for it need a `password`"
            )
        }
        sessions[asker] = answer
        return answer
    }

    private static func difference(_ test: TestCase, _ answer: Answer) -> String? {
        var wanted: [String] = []
        var found: [String] = []
        if let verdict = test.verdict, verdict != answer.verdict {
            wanted.append(verdict.rawValue)
            found.append(answer.verdict.rawValue)
        }
        if let reason = test.reason, reason != answer.reason.rawValue {
            wanted.append("reason \(reason)")
            found.append("reason \(answer.reason.rawValue)")
        }
        if let object = test.object, object != answer.mappedName?.text {
            wanted.append("object \(object)")
            found.append("object \(answer.mappedName?.text ?? "none")")
        }
        if wanted.isEmpty { return nil }
        let detail = answer.logText.map { ": \($0)" } ?? ""
        return "expected \(wanted.joined(separator: ", ")), found \(found.joined(separator: ", ")) "
            + "(\(answer.reason.rawValue)\(detail))"
    }
}

/// Which rules of a users file decided a check.
struct RuleCoverage {
    private let rules: [(line: Int, text: String)]
    private var hit: Set<String> = []

    init(_ rules: [(line: Int, text: String)]) { self.rules = rules }

    /// Notes the rule that an explanation begins with.
    mutating func note(_ explanation: String) {
        let decided = explanation.split(separator: "\n").first ?? ""
        guard let begin = decided.range(of: "`") else { return }
        hit.insert(String(decided[begin.lowerBound...]))
    }

    /// The rules that decided nothing, and how many there are in all.
    var unused: (rules: [String], of: Int) { (rules.map(\.text).filter { !hit.contains($0) }, rules.count) }
}

extension String.SubSequence {
    /// Where a text begins.
    fileprivate func range(of text: Character) -> Range<Index>? { firstIndex(of: text).map { $0..<index(after: $0) } }
}
