import AuthCore
import ModuleHost

extension ModuleAnswer {
    /// The verdict on the question: the host's own where it answered for the module, else the fail-closed rule's.
    func verdict(for kind: QuestionKind) -> Answer {
        if isBare { return Answer.closed(status, to: kind) }
        if let refusal { return Answer(refusal == .noEntry ? .deny : .undecided, refusal) }
        if let breach { return Answer(.undecided, .brokenAnswer, logText: breach) }
        var answer = Answer.closed(status, to: kind)
        if let logText { answer.logText = logText }
        if let clientText { answer.clientText = clientText }
        if !attributes.isEmpty { answer.attributes = attributes }
        return answer
    }
}
