import Rules

extension AccountAuthority {
    /// Lends contributed fields: calls its argument with name and value of each, in order.
    package typealias Fields = ((_ name: Span<UInt8>, _ value: Span<UInt8>) -> Void) -> Void

    /// Decides whether a user may do something to an object, by the name after mapping. Never blocks.
    ///
    /// wantsReason: whether the answer is to name what decided. fields: what a write contributes, or the values of the object
    /// that is to be read; knowsObject: whether these are known.
    package func check(
        user: Span<UInt8>, action: ObjectAction, name: Span<UInt8>, wantsReason: Bool = false,
        knowsObject: Bool = false, fields: Fields
    ) -> CheckOutcome {
        current.read { snapshot in
            guard let principal = snapshot.rules.principal(user: user) else { return .unknownUser }
            var work = ConditionWork()
            let decision = snapshot.rules.decide(principal, action, name) { id in
                action == .read && !knowsObject
                    ? .unknown : snapshot.conditions.truth(id, fields, &work)
            }
            let outcome = snapshot.outcome(of: decision, wantsReason: wantsReason)
            return wantsReason ? work.doubt.map(outcome.inDoubt) ?? outcome : outcome
        }
    }

    /// Decides like ``check(user:action:name:wantsReason:knowsObject:fields:)``, and says why. The cost grows with the
    /// number of rules, so it is for people.
    ///
    /// requested: the name before mapping.
    package func explain(
        user: Span<UInt8>, action: ObjectAction, name: Span<UInt8>, requested: Span<UInt8>, knowsObject: Bool = false,
        fields: Fields
    ) -> CheckExplanation {
        current.read { snapshot in
            guard let principal = snapshot.rules.principal(user: user) else {
                return CheckExplanation(outcome: .unknownUser, lines: ["denied: the user is not known"])
            }
            var work = ConditionWork()
            let found = snapshot.rules.explain(principal, action, name) { id in
                action == .read && !knowsObject
                    ? .unknown : snapshot.conditions.truth(id, fields, &work)
            }
            let decided = snapshot.outcome(of: found.decision, wantsReason: true)
            let outcome = work.doubt.map(decided.inDoubt) ?? decided
            var lines = [outcome.line]
            let isMapped =
                requested.count != name.count
                || !requested.withUnsafeBufferPointer { requested in
                    name.withUnsafeBufferPointer { $0.elementsEqual(requested) }
                }
            if isMapped {
                let inside = name.withUnsafeBufferPointer { shown($0) }
                lines.append(
                    "asked for as \(requested.withUnsafeBufferPointer { shown($0) }), which is \(inside) inside")
            }
            for (rule, why) in found.lost.prefix(Self.longestExplanation) {
                let failure =
                    why == .conditionFails
                    ? rule.condition.flatMap { snapshot.conditions.failure(of: $0, fields) } : nil
                lines.append("lost: \(snapshot.text(of: rule)): \(failure ?? why.text)")
            }
            let rest = found.lost.count - Self.longestExplanation
            if rest > 0 { lines.append("lost: \(rest) more rules") }
            return CheckExplanation(outcome: outcome, lines: lines)
        }
    }

    private static var longestExplanation: Int { 500 }
}

extension CheckOutcome {
    /// The same when a condition could not be evaluated, which a denial says.
    fileprivate func inDoubt(_ doubt: String) -> CheckOutcome {
        switch self {
        case .denied(let reason): .denied(reason: "\(reason ?? "denied"); \(doubt)")
        case .noMatch: .denied(reason: "no rule matches; \(doubt)")
        case .allowed, .unknownUser, .undetermined: self
        }
    }

    /// The outcome in one line, for people.
    fileprivate var line: String {
        switch self {
        case .allowed(let reason): reason ?? "allowed"
        case .denied(let reason): reason ?? "denied"
        case .noMatch: "denied: no rule matches"
        case .unknownUser: "denied: the user is not known"
        case .undetermined(let reason): reason ?? "the object's values will decide"
        }
    }
}

extension Explanation.Loss {
    fileprivate var text: String {
        switch self {
        case .otherAction: "it is about other actions"
        case .lessSpecific: "a more specific pattern decides"
        case .denied: "a deny of equal specificity beats it"
        case .later: "a rule before it says the same"
        case .conditionFails: "its conditions do not hold"
        case .conditionUnknown: "its conditions are about values that are not known yet"
        }
    }
}

extension AccountSnapshot {
    fileprivate func outcome(of decision: Decision, wantsReason: Bool) -> CheckOutcome {
        guard let index = decision.rule else { return .noMatch }
        if decision.isUndetermined {
            return .undetermined(
                reason: wantsReason ? "the object's values will decide by \(text(of: rules.rule(index)))" : nil)
        }
        if decision.allowed {
            return .allowed(reason: wantsReason ? "allowed by \(text(of: rules.rule(index)))" : nil)
        }
        return .denied(reason: wantsReason ? "denied by \(text(of: rules.rule(index)))" : nil)
    }
}
