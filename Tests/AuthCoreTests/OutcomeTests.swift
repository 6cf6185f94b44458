import AuthCore
import Synchronization
import Testing

@Suite struct `An outcome whose answer is changed` {
    private func marked(_ answer: Answer) -> Answer {
        var answer = answer
        answer.isOneUse = true
        return answer
    }

    @Test func `is decided at once where it is`() {
        guard case .decided(let answer) = Outcome.decided(Answer(.allow, .granted)).map({ marked($0) }) else {
            Issue.record("it was left open")
            return
        }
        #expect(answer.isOneUse)
    }

    @Test(arguments: [false, true])
    func `answers later, once, and a client that goes away takes only its own answer`(_ isShared: Bool) throws {
        let abandoned = Mutex(0)
        let inner = Ticket { abandoned.withLock { $0 += 1 } }
        let calls = Mutex(0)
        let outcome = Outcome.delayed(inner).map(abandons: !isShared) { answer in
            calls.withLock { $0 += 1 }
            return marked(answer)
        }
        guard case .delayed(let ticket) = outcome else {
            Issue.record("it was decided")
            return
        }
        ticket.abandon()
        #expect(abandoned.withLock { $0 } == (isShared ? 0 : 1))
        #expect(inner.answer(Answer(.allow, .granted)))
        #expect(!inner.answer(Answer(.deny, .deniedByModule)))
        let answer = try #require(ticket.takeAnswer())
        #expect(answer.verdict == .allow && answer.isOneUse)
        #expect(calls.withLock { $0 } == 1)
    }
}
