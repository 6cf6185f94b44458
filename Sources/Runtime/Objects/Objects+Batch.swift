import AuthCore
import ModuleHost

/// A check of a batch, and the session that asks it.
struct AskedCheck {
    /// Where it stands among all that came at once.
    let place: Int
    let check: Check
    let session: Session
    /// What the decider is told of the session.
    let known: ModuleSession
}

extension Objects {
    /// Answers up to 1,000 checks in one call of the decider.
    ///
    /// Checks that must be asked alone are left out: more comes with one than its name, its mapping is delayed, it may wait for
    /// content, or the decider says so.
    ///
    /// - Parameter answers: nil at the place of each; set for those that are answered here.
    func batch(_ asked: [AskedCheck], _ decider: any Decider, at now: Int64, into answers: inout [Answer?]) {
        // A row of a batch has room neither for content nor for a wait for it.
        guard asked.count > 1, asked.count <= 1000, decider.takesBatches, !store.limits.isOpen, !decider.tracksObjects
        else { return }
        let isMapped = decider.maps || mappings.isInUse
        var rows: [BatchedCheck] = []
        var sources: [Int] = []
        rows.reserveCapacity(asked.count)
        sources.reserveCapacity(asked.count)
        for (index, one) in asked.enumerated() where one.check.fits(with: asked[0].check) {
            var object = one.check.name
            if isMapped {
                guard let mapped = map(one, decider, at: now) else { continue }
                guard mapped.verdict == .allow, let name = mapped.mappedName else {
                    set(mapped, for: one, in: &answers)
                    continue
                }
                object = name
            }
            rows.append(BatchedCheck(one.check, about: object, of: one.known))
            sources.append(index)
        }
        guard rows.count > 1, let said = decider.batch(rows, at: now) else { return }
        for (place, said) in said.enumerated() where !said.isToBeAskedAlone {
            let one = asked[sources[place]]
            set(answer(to: one, about: rows[place].object, said), for: one, in: &answers)
        }
    }

    /// What a name is called inside; nil where that is not known at once: the check is asked alone then, without a wait.
    private func map(_ one: AskedCheck, _ decider: any Decider, at now: Int64) -> Answer? {
        var mapping = ObjectQuestion(self, decider, one.session, one.known, one.check.name)
        switch mapping.ask(at: now) {
        case .decided(let mapped): return mapped
        case .delayed(let ticket):
            ticket.abandon()
            return nil
        }
    }

    /// The answer to a row. None may be delayed: no answer to it would ever come.
    private func answer(to one: AskedCheck, about object: ObjectName, _ said: ModuleAnswer) -> Answer {
        said.status == .delayed
            ? Answer(.undecided, .brokenAnswer) : one.session.answer(to: one.check.kind, said, about: object)
    }

    private func set(_ answer: Answer, for one: AskedCheck, in answers: inout [Answer?]) {
        metrics.count(one.check.kind, answer)
        answers[one.place] = answer
    }
}

extension Check {
    /// Whether it can be a row of the batch that another one is in: rows have no fields, and are lent the attributes of one.
    fileprivate func fits(with other: Check) -> Bool {
        fields.isEmpty && contributionID == nil && attributes == other.attributes
    }
}
