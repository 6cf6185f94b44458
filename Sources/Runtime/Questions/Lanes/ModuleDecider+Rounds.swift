import AuthCore
import Basics
import ModuleHost
import Synchronization

/// Checks that are asked in one call on the module's own threads.
extension ModuleDecider {
    /// Has a check asked with others of its session that wait; false where none more may wait.
    func ask(_ row: LaneRounds.Row, of session: UInt64) -> Bool {
        switch rounds.add(row, of: session) {
        case .joined: return true
        case .full: return lane.ask(for: row.asker, row.alone)
        case .began:
            if lane.ask(for: row.asker, { [self] in ask(rounds.take(of: session)) }) { return true }
            for row in rounds.take(of: session) {
                _ = settle(row.slot, row.token, with: .refused(.queueFull), as: .answered)
            }
            return true
        }
    }

    /// Asks a round, on the lane.
    private func ask(_ round: [LaneRounds.Row]) {
        let waiting = round.filter(\.waits)
        guard waiting.count > 1 else {
            waiting.first?.alone()
            return
        }
        // What a helper process is told of a session was set by one life of it.
        let rows = waiting.filter { $0.check.life == waiting[0].check.life }
        var alone = waiting.filter { $0.check.life != waiting[0].check.life }
        let began = clock.monotonic
        let due = rows.reduce(.max) { min($0, $1.due) }
        let said = callOnLane("auth_check_batch", began: began, due: due) { terms in
            module.checkBatch(rows.map(\.check), terms)
        }
        for (index, row) in rows.enumerated() {
            guard let answer = said?[index], !answer.isToBeAskedAlone else {
                alone.append(row)
                continue
            }
            guard row.waits else { continue }
            times.waited(nanoseconds: began - row.asked)
            let checked = checked(held(answer, row: index + 1), "auth_check_batch", row.check.check.kind)
            _ = settle(row.slot, row.token, with: checked, as: .answered)
        }
        // Behind the answers that are there, and each on whichever thread is free: one that takes long keeps no other.
        for row in alone where !lane.ask(for: row.asker, row.alone) { row.alone() }
    }

    /// Calls the module for several questions, with a slot of the call's own: its deadline finds a call that does not return. The
    /// questions wait meanwhile, and their own deadlines answer them.
    private func callOnLane<Answer>(
        _ entry: StaticString, began: Int64, due: Int64, _ body: (CallTerms) -> Answer
    ) -> Answer {
        let slot = pending.take()
        let call = RunningCall(entry, .own, began: began, due: due)
        let token = slot.begin(laned: true, call: call)
        slot.state.withLock { $0.continuation = { _ in } }
        _ = slot.enter(token, call)
        schedule(token, due)
        let answer = body(CallTerms(token: 0, deadline: due, wantsReason: reasons.areWanted))
        times.called(entry, nanoseconds: clock.monotonic - began)
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
