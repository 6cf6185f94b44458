import AuthCore
import Synchronization

/// The answers to a batch, some of which may come later.
final class GatheredAnswers: Sendable {
    private struct State {
        var answers: [Answer?]
        var missing: Int
        var listener: (@Sendable ([Answer]) -> Void)?
    }

    private let state: Mutex<State>
    private let tickets: [(index: Int, ticket: Ticket)]

    init(_ outcomes: [Outcome]) {
        var answers: [Answer?] = []
        var tickets: [(index: Int, ticket: Ticket)] = []
        for (index, outcome) in outcomes.enumerated() {
            switch outcome {
            case .decided(let answer): answers.append(answer)
            case .delayed(let ticket):
                answers.append(nil)
                tickets.append((index, ticket))
            }
        }
        self.tickets = tickets
        state = Mutex(State(answers: answers, missing: tickets.count))
    }

    /// All answers, nil while one is missing.
    var complete: [Answer]? { state.withLock { $0.missing == 0 ? $0.answers.compactMap(\.self) : nil } }

    /// Calls `body` with all answers once the last is there, exactly once, on the thread that gave it. To be called
    /// once.
    func whenComplete(_ body: @escaping @Sendable ([Answer]) -> Void) {
        state.withLock { $0.listener = body }
        for (index, ticket) in tickets { ticket.whenDecided { self.note($0, at: index) } }
    }

    func abandon() {
        for (_, ticket) in tickets { ticket.abandon() }
    }

    private func note(_ answer: Answer, at index: Int) {
        let finished = state.withLock { state -> (answers: [Answer], body: @Sendable ([Answer]) -> Void)? in
            state.answers[index] = answer
            state.missing -= 1
            guard state.missing == 0, let body = state.listener else { return nil }
            state.listener = nil
            return (state.answers.compactMap(\.self), body)
        }
        if let finished { finished.body(finished.answers) }
    }
}
