import Accounts
import Basics
import Rules

/// Looks through what was gathered of a file.
struct SurveyChecks {
    private let survey: UsersSurvey
    private let file: String

    init(_ survey: UsersSurvey, file: String) {
        self.survey = survey
        self.file = file
    }

    /// Finds users who cannot log in, or whose password is weak.
    func accounts(now: Int64) -> [UsersFinding] {
        survey.subjects.filter { $0.element == .user }.flatMap { user -> [UsersFinding] in
            var findings: [UsersFinding] = []
            if let password = user.password {
                if let reason = PasswordWeakness.reason(password) {
                    findings.append(
                        warning("weak-password", user.place, "the password of \(shown(user.name)) is weak: \(reason)"))
                }
            } else if !user.hasKey && !survey.hasDefaultKey {
                findings.append(
                    warning(
                        "no-password", user.place,
                        "the user \(shown(user.name)) has neither a password nor a key and cannot log in"))
            }
            if let text = user.expires, let end = text.withUnsafeBufferPointer({ RFC3339.seconds($0) }), end <= now {
                findings.append(
                    warning("expired", user.place, "the account of \(shown(user.name)) has expired: \(shown(text))"))
            }
            return findings
        }
    }

    /// Finds rules that say what another one of the same subject says.
    func repeatedRules() -> [UsersFinding] {
        var first: [UsersSurvey.Rule: Int] = [:]
        return survey.rules.indices.compactMap { index in
            guard let known = first[survey.rules[index]] else {
                first[survey.rules[index]] = index
                return nil
            }
            return warning(
                "repeated-rule", survey.rulePlaces[index],
                "the rule repeats the one in line \(survey.rulePlaces[known].line)")
        }
    }

    /// Finds groups and roles that are named and nowhere declared; each once.
    func unknownReferences() -> [UsersFinding] {
        unknown(.group, \.groups) + unknown(.role, \.roles)
    }

    /// Finds groups without users and roles that no user has.
    func unusedSubjects() -> [UsersFinding] {
        let (groups, roles) = used()
        return survey.subjects.compactMap { subject in
            switch subject.element {
            case .group where !groups.contains(subject.name):
                warning("empty-group", subject.place, "no user is in the group \(shown(subject.name))")
            case .role where !roles.contains(subject.name):
                warning("unused-role", subject.place, "no user has the role \(shown(subject.name))")
            default: nil
            }
        }
    }

    /// Finds rules that another one always beats; those that repeat another are told as that.
    func unreachableRules(of rules: RuleSet) -> [UsersFinding] {
        let repeated = Set(repeatedRules().map { Place(line: $0.line, column: $0.column) })
        return rules.unreachableRules().compactMap { rule, because in
            let place = survey.rulePlaces[rule]
            if repeated.contains(place) { return nil }
            let line = survey.rulePlaces[because].line
            return warning("unreachable-rule", place, "the rule can never decide: the one in line \(line) always does")
        }
    }

    /// Follows memberships from users and everybody.
    private func used() -> (groups: Set<[UInt8]>, roles: Set<[UInt8]>) {
        var byName: [Element: [[UInt8]: UsersSurvey.Subject]] = [:]
        for subject in survey.subjects { byName[subject.element, default: [:]][subject.name] = subject }
        var groups: Set<[UInt8]> = []
        var roles: Set<[UInt8]> = []
        var open = survey.subjects.filter { $0.element == .user || $0.element == .everybody }
        while let subject = open.popLast() {
            for name in subject.groups where groups.insert(name).inserted {
                if let group = byName[.group]?[name] { open.append(group) }
            }
            for name in subject.roles where roles.insert(name).inserted {
                if let role = byName[.role]?[name] { open.append(role) }
            }
        }
        return (groups, roles)
    }

    private func unknown(
        _ element: Element, _ names: KeyPath<UsersSurvey.Subject, [[UInt8]]>
    ) -> [UsersFinding] {
        let declared = survey.subjects.filter { $0.element == element }.map(\.name)
        var seen = Set(declared)
        var words: [String]?
        return survey.subjects.flatMap { subject in
            subject[keyPath: names].filter { seen.insert($0).inserted }.map { name in
                words = words ?? declared.map { String(decoding: $0, as: UTF8.self) }
                let text = String(decoding: name, as: UTF8.self)
                let hint = NearestName.hint(text, among: words ?? [])
                return UsersFinding(
                    .error, "unknown-\(element.name)", file, (subject.place.line, subject.place.column),
                    "the \(element.name) \(shown(name)) is declared nowhere\(hint)")
            }
        }
    }

    private func warning(_ kind: String, _ place: Place, _ message: String) -> UsersFinding {
        UsersFinding(.warning, kind, file, (place.line, place.column), message)
    }

    private func shown(_ text: [UInt8]) -> String {
        "`\(String(decoding: text.prefix(80), as: UTF8.self))`"
    }
}
