import AuthCore
import Basics
import ModuleHost
import Synchronization

/// Questions that are asked on the threads that a module has for itself.
extension ModuleDecider {
    /// Asks a question later, on a thread of the module's own.
    func askOnLane<Question: ModuleQuestion>(
        _ question: Question, _ slot: PendingSlot, _ now: Int64
    ) -> OpenQuestion<Question> {
        let due = question.due(at: now, deadlines)
        let token = slot.begin(laned: true, session: question.session, key: key(question))
        let open = OpenQuestion(token, question)
        slot.state.withLock { $0.continuation = open.deliver }
        schedule(token, due)
        let alone: WorkLane.Job = { [self] in ask(question, open, slot, token, asked: now, due: due) }
        let queued =
            if module.takesRounds, let check = question.row {
                ask(
                    LaneRounds.Row(
                        slot: slot, token: token, check: check, asker: question.asker, asked: now, due: due,
                        alone: alone), of: question.session)
            } else {
                lane.ask(for: question.asker, alone)
            }
        if !queued { _ = settle(slot, token, with: .refused(.queueFull), as: .answered) }
        return open
    }

    /// Asks a question on the lane, at one entry point after the other.
    private func ask<Question: ModuleQuestion>(
        _ question: Question, _ open: OpenQuestion<Question>, _ slot: PendingSlot, _ token: UInt64, asked: Int64,
        due: Int64
    ) {
        var (question, token) = (question, token)
        var call = RunningCall(question.entry, .own, began: clock.monotonic, due: due)
        guard slot.enter(token, call) else { return }
        times.waited(nanoseconds: call.began - asked)
        while true {
            let answer = put(&question, token, call)
            guard !question.isLeftOpen(by: answer), question.goesOn(after: answer) else {
                return leave(slot, token, answer, question)
            }
            let next = nextCall(of: question, .own)
            guard let another = slot.goOn(token, next, key(question), note: { open.note(question, $0) }) else {
                question.goBack()
                return leave(slot, token, answer, question)
            }
            if let late = long.forget(token) { report(.returnedAtLast(late.call, answer)) }
            (token, call) = (another, next)
            schedule(token, call.due)
        }
    }

    /// What a lane does when an entry point has returned.
    func leave(_ slot: PendingSlot, _ token: UInt64, _ answer: ModuleAnswer, _ question: some ModuleQuestion) {
        if let late = long.forget(token) { report(.returnedAtLast(late.call, answer)) }
        switch slot.returned(token, delayed: question.isLeftOpen(by: answer)) {
        case .keepWaiting: return
        case .dead:
            // The deadline may have marked the call as hung after the look above.
            _ = long.forget(token)
            pending.put(slot)
            report(.lateReturn(answer))
            if answer.status == .ok { question.noteLateYes(answer) }
        case .deliver(let continuation, let early):
            pending.put(slot)
            if early != nil, !question.isLeftOpen(by: answer) {
                continuation(checked(completedAndReturned(answer), question.entry, question.kind))
            } else {
                continuation(checked(early ?? answer, question.entry, question.kind, inCompletion: early != nil))
            }
        }
    }
}
