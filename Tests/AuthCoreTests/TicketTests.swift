import AuthCore
import Synchronization
import Testing

/// Answers in the order in which they were heard.
final class HeardAnswers: Sendable {
    private let answers = Mutex<[Answer]>([])

    var verdicts: [Verdict] { answers.withLock { $0.map(\.verdict) } }

    func hear(_ answer: Answer) { answers.withLock { $0.append(answer) } }
}

@Suite struct TicketTests {
    private let heard = HeardAnswers()
    private let ticket = Ticket {}

    @Test func `tells the listener when the answer comes`() {
        ticket.whenDecided { [heard] in heard.hear($0) }
        #expect(heard.verdicts.isEmpty)
        #expect(ticket.answer(Answer(.allow, .granted)))
        #expect(heard.verdicts == [.allow])
    }

    @Test func `tells a listener that comes after the answer at once`() {
        #expect(ticket.answer(Answer(.deny, .deniedByModule)))
        ticket.whenDecided { [heard] in heard.hear($0) }
        #expect(heard.verdicts == [.deny])
    }

    @Test func `keeps the first answer and drops every later one`() {
        ticket.whenDecided { [heard] in heard.hear($0) }
        #expect(ticket.answer(Answer(.undecided, .deadline)))
        #expect(!ticket.answer(Answer(.allow, .granted)))
        #expect(heard.verdicts == [.undecided])
    }

    @Test func `drops a second answer that comes before the listener`() {
        #expect(ticket.answer(Answer(.deny, .deniedByModule)))
        #expect(!ticket.answer(Answer(.allow, .granted)))
        ticket.whenDecided { [heard] in heard.hear($0) }
        #expect(heard.verdicts == [.deny])
    }

    @Test func `tells no second listener after the answer was delivered`() {
        ticket.answer(Answer(.allow, .granted))
        ticket.whenDecided { [heard] in heard.hear($0) }
        ticket.whenDecided { [heard] in heard.hear($0) }
        #expect(heard.verdicts == [.allow])
    }

    @Test func `tells an observer before the listener`() {
        let seen = HeardAnswers()
        ticket.whenDecided { [heard] in heard.hear($0) }
        ticket.observe { [heard] answer in
            #expect(heard.verdicts.isEmpty)
            seen.hear(answer)
        }
        ticket.answer(Answer(.allow, .granted))
        #expect(seen.verdicts == [.allow])
        #expect(heard.verdicts == [.allow])
    }

    @Test func `tells its maker that the answer is no longer wanted`() {
        let cancelled = HeardAnswers()
        let ticket = Ticket { cancelled.hear(Answer(.undecided, .cancelled)) }
        #expect(cancelled.verdicts.isEmpty)
        ticket.abandon()
        #expect(cancelled.verdicts == [.undecided])
    }

    @Test func `delivers one answer when many threads decide at the same time`() async {
        for _ in 0..<200 {
            let heard = HeardAnswers()
            let ticket = Ticket {}
            let firsts = await withTaskGroup(of: Bool.self) { group in
                for index in 0..<8 {
                    group.addTask { ticket.answer(Answer(index % 2 == 0 ? .allow : .deny, .granted)) }
                }
                group.addTask {
                    ticket.whenDecided { heard.hear($0) }
                    return false
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(firsts == 1)
            #expect(heard.verdicts.count == 1)
        }
    }
}
