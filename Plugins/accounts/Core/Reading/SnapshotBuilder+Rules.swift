import Rules

/// Follows a rule from its begin to its end.
struct OpenRule {
    var index = 0
    var isDeny = false
    var conditions: [UInt32] = []
}

extension SnapshotBuilder {
    /// Begins a rule of what was begun last. Throws when a part cannot be read.
    package mutating func beginRule(_ entry: RuleEntry, at place: Place) throws(EntryFault) {
        let effect = entry.isAllow ? RuleEffect.allow : .deny
        let actions = try EntryCheck.actions(entry.actions)
        do {
            openRule.index = try rules.add(
                effect, actions, entry.object.span, to: subject, source: place.file, line: place.line)
        } catch {
            throw EntryFault(.badValue, .object, offset: error.offset, error.description)
        }
        openRule.isDeny = effect == .deny
        mark(.rule, UInt64(effect.rawValue) << 8 | UInt64(actions.rawValue)) { $0.add(entry.object) }
    }

    /// Adds a condition to the rule that was begun; all must hold. Throws when a part cannot be read.
    package mutating func addCondition(_ entry: ConditionEntry, at place: Place) throws(EntryFault) {
        openRule.conditions.append(try conditions.add(entry))
        mark(.condition, 0) { mark in
            mark.add(entry.field)
            mark.add(entry.equals)
            mark.add(entry.oneOf)
            mark.add(entry.minimum)
            mark.add(entry.maximum)
            mark.add(entry.matches)
        }
    }

    /// Ends the rule.
    package mutating func endRule() {
        if openRule.conditions.isEmpty { return }
        let condition = conditions.addSet(openRule.conditions, isDeny: openRule.isDeny)
        rules.setCondition(condition, ofRule: openRule.index)
        openRule.conditions.removeAll(keepingCapacity: true)
    }

    /// Adds a mapping to what was begun last. Throws when a part cannot be read.
    package mutating func addMapping(_ entry: MappingEntry, at place: Place) throws(EntryFault) {
        do {
            let mapping = try ObjectMapping(from: Array(entry.from), to: Array(entry.to))
            mappings.append(PlacedMapping(mapping, place), for: subject)
        } catch {
            throw EntryFault(
                .badValue, error.isReplacement ? .to : .from, offset: error.error.offset, error.error.description)
        }
        mark(.mapping, 0) { mark in
            mark.add(entry.from)
            mark.add(entry.to)
        }
    }

    /// Adds a limit of the sessions from one application to a user or to everybody. Throws when there is one already
    /// or a part cannot be read.
    package mutating func addLimit(_ entry: LimitEntry, at place: Place) throws(EntryFault) {
        let sessions = try EntryCheck.sessions(entry.maxSessions)
        guard 1...255 ~= entry.application.count else {
            throw EntryFault(
                .badValue, .application,
                "an application id of \(entry.application.count) bytes, 1 to 255 are accepted")
        }
        guard accounts.addLimit(sessions, application: entry.application, to: &terms) else {
            throw EntryFault(
                .duplicate, .application, "the application \(shown(entry.application)) has a limit already")
        }
        mark(.limit, UInt64(sessions)) { $0.add(entry.application) }
    }

    private enum Part: UInt64 {
        case rule, condition, mapping, limit
    }

    /// Takes a part into the fingerprint of the user, or of what is no user's.
    @inline(__always)
    private mutating func mark(_ part: Part, _ number: UInt64, _ texts: (inout Fingerprint) -> Void) {
        if case .user = subject {
            own.add(part.rawValue << 40 | number)
            texts(&own)
        } else {
            common.add(part.rawValue << 40 | number)
            texts(&common)
        }
    }
}
