import AuthCore
import ModuleHost

extension Host {
    /// Answers up to 1,000 checks of one session, in their order.
    ///
    /// A module with `auth_check_batch` is asked once; others are asked one by one.
    public func ask(_ checks: [Check], session id: SessionID) -> [Outcome] {
        guard let decider, canAsk(decider), let session = openSession(id) else {
            return checks.map { ask(.check(id, $0)) }
        }
        // A row of a batch has room neither for content nor for a wait for it.
        let isPlain = !objects.limits.isOpen && !decider.tracksObjects
        guard isPlain, checks.count > 1, checks.count <= 1000, let outcomes = batch(checks, session, decider) else {
            return checks.map { ask(.check(id, $0)) }
        }
        if let audit = configuration.audit { return audited(outcomes, of: checks, session, audit) }
        return outcomes
    }

    /// Maps every name and asks for all in one call; nil where a name's mapping is delayed or the module has no batch.
    private func batch(_ checks: [Check], _ session: Session, _ decider: any Decider) -> [Outcome]? {
        var rows: [(check: Check, object: ObjectName)] = []
        var places: [Int] = []
        var outcomes = checks.map { _ in Outcome.decided(Answer(.undecided, .moduleError)) }
        for (index, check) in checks.enumerated() {
            var mapping = ObjectQuestion(self, decider, session, check.name)
            let mapped: Answer
            switch mapping.ask() {
            case .decided(let answer): mapped = answer
            case .delayed(let ticket):
                // The checks are asked one by one then, and nobody waits for this.
                ticket.abandon()
                return nil
            }
            if mapped.verdict == .allow, let object = mapped.mappedName {
                rows.append((check, object))
                places.append(index)
            } else {
                outcomes[index] = counted(check.kind, .decided(mapped))
            }
        }
        guard !rows.isEmpty else { return outcomes }
        guard let answers = decider.batch(rows, session.moduleSession) else { return nil }
        for (place, (row, said)) in zip(places, zip(rows, answers)) {
            // No row may be delayed: nobody would ever answer it.
            let answer =
                said.status == .delayed
                ? Answer(.undecided, .brokenAnswer) : session.answer(to: row.check.kind, said, about: row.object)
            outcomes[place] = counted(row.check.kind, .decided(answer))
        }
        return outcomes
    }
}
