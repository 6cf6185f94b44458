import AuthCore
import Basics

extension Outcome {
    /// Waits for the answer, which the question's deadline brings at the latest. For threads of their own and commands; never on
    /// an event loop or Swift's cooperative pool.
    package func waited() -> Answer {
        if case .decided(let answer) = self { return answer }
        let answer = Awaited<Answer>()
        then(answer.put)
        return answer.wait()
    }
}
