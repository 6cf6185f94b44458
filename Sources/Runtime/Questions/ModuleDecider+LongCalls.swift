import AuthCore
import Basics
import ModuleHost
import Synchronization

/// Entry points that do not return: on the thread that asked, and on the module's own.
extension ModuleDecider {
    /// Whether each of the module's own threads has a call that has not returned by its deadline.
    var isHung: Bool { long.lostThreads >= threads }

    var wantsReplacement: Bool { isHung || long.keepsAskerTooLong }
    var keepsAskers: Bool { isDemoted.load(ordering: .relaxed) }
    func spareAskers() { isDemoted.store(true, ordering: .relaxed) }

    /// What hinders the module from being asked, in words; nil for nothing.
    var hindrance: String? {
        if let hindrance = module.helpers?.hindrance { return hindrance }
        if let call = long.blocking {
            return
                "keeps a thread: \(call.text) has not returned for \((clock.monotonic - call.began) / 1_000_000_000) s"
        }
        return isHung ? "is hung" : nil
    }

    var lateCalls: [String] { long.overdue.map(\.text) }

    /// Looks for entry points that have been running for too long. Called every second, on a thread that calls no module, or
    /// by a test that turns the clock.
    func noticeLongCalls() {
        let now = clock.monotonic
        for (slot, token, call) in pending.askingCalls(begunBefore: now - LongCalls.patience) {
            guard long.note(token, call, isOverdue: call.due <= now) else { continue }
            // It may have returned between the two looks; from the note on its return sees the note.
            guard slot.runningCall(token) != nil else {
                _ = long.forget(token)
                continue
            }
            spareAskers()
            report(
                call.due <= now ? .late(call, left: threads, of: threads) : .blocks(call, nanoseconds: now - call.began)
            )
        }
        for call in long.overdueTellings(at: now) { reportLate(call) }
    }

    func reportLate(_ call: RunningCall) {
        report(.late(call, left: max(threads - long.lostThreads, 0), of: threads))
    }

    /// Notes that a call on the asking thread has returned; true when that was after its deadline.
    func cameBack(_ token: UInt64, _ answer: ModuleAnswer?) -> Bool {
        guard let late = long.forget(token) else { return false }
        report(.returnedAtLast(late.call, answer))
        return late.isOverdue
    }

    /// The answer to a question whose call returned after its deadline.
    func tooLate(_ answer: ModuleAnswer, _ question: some ModuleQuestion) -> ModuleAnswer {
        if answer.status == .ok { question.noteLateYes(answer) }
        return .refused(.deadline)
    }
}
