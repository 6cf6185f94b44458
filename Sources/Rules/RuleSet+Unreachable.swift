extension RuleSet {
    /// Lists rules that can never decide, because another rule without a condition applies whenever they do, and is
    /// heavier: more specific, or as specific and a deny, or the same and earlier.
    ///
    /// Every rule in the list is one, but the list is not complete. It has rules below one other rule for the same subject, a
    /// group or role that contains it, or everybody, with all of their actions, whose pattern matches the same names:
    /// an equal one, or one in which neighbouring `*` and `**` stand in another order. The cost grows with the
    /// number of rules times the groups that contain their subjects: for people.
    ///
    /// Returns the rule and the heaviest of those that always beat it, in order of addition.
    public func unreachableRules() -> [(rule: Int, because: Int)] {
        let languages = patternLanguages()
        var heaviest: [Claim: RuleWeight] = [:]
        for index in 0..<rules.count where rules[index].condition == 0 {
            let claim = Claim(rules[index], languages)
            heaviest[claim] = heavier(heaviest[claim], weight(index))
        }
        var containing: [UInt32: [UInt32]] = [:]
        return (0..<rules.count).compactMap { index in
            let claim = Claim(rules[index], languages)
            let subjects = containing[claim.subject] ?? subjects(containing: claim.subject)
            containing[claim.subject] = subjects
            var winner = weight(index)
            for subject in subjects {
                for actions in claim.actions...7 where actions & claim.actions == claim.actions {
                    let wider = Claim(language: claim.language, subject: subject, actions: actions)
                    winner = heavier(heaviest[wider], winner)
                }
            }
            return winner.rule == index ? nil : (index, Int(winner.rule))
        }
    }

    /// What a rule speaks about.
    private struct Claim: Hashable {
        /// Equal for patterns that match the same names.
        let language: Int
        /// As in `SubjectKey`.
        let subject: UInt32
        /// The bits of the actions.
        let actions: UInt8

        init(language: Int, subject: UInt32, actions: UInt8) {
            self.language = language
            self.subject = subject
            self.actions = actions
        }

        init(_ rule: CompiledRule, _ languages: [Int]) {
            self.init(
                language: languages[Int(rule.text)], subject: rule.subject,
                actions: rule.actions & ObjectActions.all.rawValue)
        }
    }

    private func heavier(_ one: RuleWeight?, _ other: RuleWeight) -> RuleWeight {
        if let one, one > other { return one }
        return other
    }

    /// Numbers what the patterns match, by number of text.
    private func patternLanguages() -> [Int] {
        var numbers: [[ObjectPattern.Segment]: Int] = [:]
        return (0..<patternTexts.count).map { text in
            // A text that was numbered was read.
            let normal = (try? ObjectPattern(patternTexts.name(text)))?.normalSegments ?? []
            let number = numbers[normal] ?? numbers.count
            numbers[normal] = number
            return number
        }
    }

    private func subjects(containing raw: UInt32) -> [UInt32] {
        let groups: [GroupID] =
            switch SubjectKey(raw: raw).subject {
            case .everybody: []
            case .group(let id): closure.ancestors(of: [id.index]).map { GroupID(index: $0) }
            case .user(let id): self.groups(of: Principal(user: id)) + roles(of: Principal(user: id))
            }
        return Array(Set([raw, SubjectKey(.everybody).raw] + groups.map { SubjectKey(.group($0)).raw }))
    }
}

extension ObjectPattern {
    /// The segments with every run of wildcards in one order: patterns that are equal then match the same names.
    fileprivate var normalSegments: [Segment] {
        var normal: [Segment] = []
        var isDeep = false
        for segment in segments {
            if segment == .deep {
                isDeep = true
                continue
            }
            if isDeep && segment != .any {
                normal.append(.deep)
                isDeep = false
            }
            normal.append(segment)
        }
        return isDeep ? normal + [.deep] : normal
    }
}
