import AuthCore
import ModuleHost

extension ModuleAnswer {
    /// The verdict on the question: the host's own where it answered for the module, else the fail-closed rule's.
    func verdict(for kind: QuestionKind) -> Answer {
        if let refusal { return Answer(refusal == .noEntry ? .deny : .undecided, refusal) }
        if let breach { return Answer(.undecided, .brokenAnswer, logText: breach) }
        var answer = Answer.closed(status, to: kind)
        if let logText { answer.logText = logText }
        answer.clientText = clientText
        return answer
    }

    /// What the host says for a module.
    static func refused(_ reason: Reason) -> ModuleAnswer {
        var answer = ModuleAnswer(.error)
        answer.refusal = reason
        return answer
    }

    /// The content that a question waited for has come, perhaps while the module was asked: it is asked again. The refusal keeps
    /// the question from waiting.
    static var contentCame: ModuleAnswer {
        var answer = ModuleAnswer(.again)
        answer.refusal = .contentUnknown
        return answer
    }
}
