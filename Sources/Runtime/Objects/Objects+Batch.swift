import AuthCore
import ModuleHost

/// A check of a batch: where it stands among all that came at once, and the session that asks it.
struct AskedCheck {
    let place: Int
    let session: Session
    /// What the decider is told of the session.
    let known: ModuleSession
}

/// The answers to checks that came at once, in their order.
///
/// An answer is put into its place once and not handed on: a copy of it costs a reference count for each of its parts.
struct BatchAnswers {
    /// Rows that follow one another and are counted alike.
    struct Tally {
        let session: Session
        let kind: QuestionKind
        let verdict: Verdict
        let reason: Reason
        var count: Int
    }

    /// What has no answer yet could not be decided.
    private(set) var outcomes: [Outcome]
    private(set) var isAnswered: [Bool]
    private(set) var tallies: [Tally] = []
    private let decisions: DecisionIDs

    /// - Parameter decisions: names what is answered.
    init(count: Int, _ decisions: DecisionIDs) {
        outcomes = Array(repeating: .decided(Answer(.undecided, .moduleError)), count: count)
        isAnswered = Array(repeating: false, count: count)
        self.decisions = decisions
    }

    /// Answers a row of the batch.
    mutating func answer(_ place: Int, _ kind: QuestionKind, of session: Session, _ answer: consuming Answer) {
        let (verdict, reason) = (answer.verdict, answer.reason)
        set(Outcome.decided(answer).named(decisions.next()), at: place)
        if let last = tallies.indices.last, tallies[last].session === session, tallies[last].kind == kind,
            tallies[last].verdict == verdict, tallies[last].reason == reason
        {
            tallies[last].count += 1
        } else {
            tallies.append(Tally(session: session, kind: kind, verdict: verdict, reason: reason, count: 1))
        }
    }

    /// Sets what a check that was asked alone has come to, or that of a row that is recorded.
    mutating func set(_ outcome: consuming Outcome, at place: Int) {
        outcomes[place] = outcome
        isAnswered[place] = true
    }

    /// The answer to a row that was answered at once; nil for any other check.
    func decided(_ place: Int) -> Answer? {
        if isAnswered[place], case .decided(let answer) = outcomes[place] { answer } else { nil }
    }
}

extension Objects {
    /// Answers up to 1,000 checks in one call of the decider.
    ///
    /// Checks that must be asked alone are left out: more comes with one than its name, its mapping is delayed, it may wait for
    /// content, or the decider says so.
    func batch(
        _ asked: [AskedCheck], of checks: [SessionCheck], _ decider: any Decider, at now: Int64,
        into answers: inout BatchAnswers
    ) {
        // A row of a batch has room neither for content nor for a wait for it.
        guard asked.count > 1, asked.count <= 1000, decider.takesBatches, !store.limits.isOpen, !decider.tracksObjects
        else { return }
        let isMapped = decider.maps || mappings.isInUse
        let first = checks[asked[0].place].check
        var rows: [BatchedCheck] = []
        var sources: [Int] = []
        rows.reserveCapacity(asked.count)
        sources.reserveCapacity(asked.count)
        for index in asked.indices where checks[asked[index].place].check.fits(with: first) {
            let check = checks[asked[index].place].check
            var object = check.name
            if isMapped {
                let one = asked[index]
                guard let mapped = map(check, of: one, decider, at: now) else { continue }
                guard mapped.verdict == .allow, let name = mapped.mappedName else {
                    answers.answer(one.place, check.kind, of: one.session, mapped)
                    continue
                }
                object = name
            }
            rows.append(BatchedCheck(check, about: object, of: asked[index].known))
            sources.append(index)
        }
        guard rows.count > 1, let said = decider.batch(rows, at: now) else { return }
        for row in said.indices where !said[row].isToBeAskedAlone {
            let (place, session) = (asked[sources[row]].place, asked[sources[row]].session)
            let kind = checks[place].check.kind
            let held = decider.held(said[row], row: row + 1)
            answers.answer(place, kind, of: session, session.answer(to: kind, held, about: rows[row].object))
        }
    }

    /// What a name is called inside; nil where that is not known at once: the check is asked alone then, without a wait.
    private func map(_ check: Check, of one: AskedCheck, _ decider: any Decider, at now: Int64) -> Answer? {
        var mapping = ObjectQuestion(
            self, decider, one.session, one.known, check.name, attributes: check.attributes)
        switch mapping.ask(at: now) {
        case .decided(let mapped): return mapped
        case .delayed(let ticket):
            ticket.abandon()
            return nil
        }
    }
}

extension Check {
    /// Whether it can be a row of the batch that another one is in: rows have no fields, and are lent the attributes of one.
    fileprivate func fits(with other: Check) -> Bool {
        if isBare && other.isBare { return true }
        return fields.isEmpty && contributionID == nil && attributes == other.attributes
    }
}
