import AuthCore
import Basics
import ModuleHost
import Synchronization

/// Checks that are asked in one call on the module's own threads.
extension ModuleDecider {
    /// Has a check asked with others of its session that wait; false where none more may wait.
    func ask(_ row: LaneRounds.Row, of session: UInt64, for asker: WorkLane.Asker?) -> Bool {
        switch rounds.add(row, of: session) {
        case .joined: return true
        case .full: return lane.ask(for: asker, row.alone)
        case .began:
            if lane.ask(for: asker, { [self] in ask(rounds.take(of: session)) }) { return true }
            for row in rounds.take(of: session) {
                _ = settle(row.slot, row.token, with: .refused(.queueFull), as: .answered)
            }
            return true
        }
    }

    /// Asks a round, on the lane.
    private func ask(_ round: [LaneRounds.Row]) {
        let rows = round.filter(\.waits)
        guard rows.count > 1 else {
            rows.first?.alone()
            return
        }
        for row in rows { times.waited(nanoseconds: clock.monotonic - row.asked) }
        let due = rows.reduce(.max) { min($0, $1.due) }
        let said = callOnLane("auth_check_batch", due: due) { terms in
            module.checkBatch(rows.map(\.check), terms)
        }
        for (index, row) in rows.enumerated() {
            guard let answer = said?[index], !answer.isToBeAskedAlone else {
                row.alone()
                continue
            }
            let held = held(answer, row: index + 1)
            let checked = checked(held, "auth_check_batch", row.check.check.kind)
            _ = settle(row.slot, row.token, with: checked, as: .answered)
        }
    }

    /// Calls the module for several questions, with a slot of the call's own: its deadline finds a call that does not return. The
    /// questions wait meanwhile, and their own deadlines answer them.
    private func callOnLane<Answer>(_ entry: StaticString, due: Int64, _ body: (CallTerms) -> Answer) -> Answer {
        let slot = pending.take()
        let call = RunningCall(entry, .own, began: clock.monotonic, due: due)
        let token = slot.begin(laned: true, call: call)
        slot.state.withLock { $0.continuation = { _ in } }
        _ = slot.enter(token, call)
        schedule(token, due)
        let answer = body(CallTerms(token: 0, deadline: due, wantsReason: reasons.areWanted))
        times.called(entry, nanoseconds: clock.monotonic - call.began)
        _ = slot.returned(token, delayed: false)
        if let late = long.forget(token) { report(.returnedAtLast(late.call, nil)) }
        pending.put(slot)
        return answer
    }
}

extension Decider {
    /// What a row of a batch has said. None may be delayed: no answer to it would ever come.
    func held(_ said: ModuleAnswer, row: Int) -> ModuleAnswer {
        guard said.status == .delayed else { return said }
        let breach = "answered row \(row) with AUTH_DELAYED, which no row of a batch is; AUTH_ASK_ALONE is accepted"
        noteBreach(breach, in: "auth_check_batch")
        return .broken(breach)
    }
}
