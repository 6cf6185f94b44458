import AuthCore
import ModuleHost

/// Answers that are held to the contract, and what operators are told of those that break it.
extension ModuleDecider {
    func entry(of action: Check.Action) -> StaticString {
        switch action {
        case .read: "auth_check_read"
        case .write: writeEntry
        case .create: createEntry
        }
    }

    func completedAndReturned(_ answer: ModuleAnswer) -> ModuleAnswer {
        var broken = ModuleAnswer(.error)
        broken.breach = "completed a question and then returned \(answer.shown) instead of AUTH_DELAYED"
        return broken
    }

    /// - Parameters:
    ///   - entry: which entry point was asked.
    ///   - kind: what it answers; nil where that is not known here.
    ///   - inCompletion: whether the answer came by `host->complete`.
    func checked(
        _ answer: ModuleAnswer, _ entry: StaticString, _ kind: QuestionKind? = nil, inCompletion: Bool = false
    ) -> ModuleAnswer {
        let status = answer.status
        if let breach = answer.breach {
            report(.broken(breach, in: inCompletion ? "host->complete" : entry))
        } else if status != .ok, status != .deny, answer.refusal == nil, !isAnswer(status, to: kind, inCompletion) {
            let verb = inCompletion ? "completed with" : "returned"
            report(.broken("\(verb) \(status.shown), which is no answer to it; AUTH_OK and AUTH_DENY are", in: entry))
        }
        return answer
    }

    private func isAnswer(_ status: Status, to kind: QuestionKind?, _ inCompletion: Bool) -> Bool {
        if let kind { return status.answers(kind) }
        // What was asked is not known here: what answers nothing.
        return status.isKnown && !(inCompletion && (status == .noEntry || Status.reserved.contains(status.rawValue)))
    }

    func noteBreach(_ what: String, in entry: StaticString) { report(.broken(what, in: entry)) }

    func reported(_ outcome: CompletionOutcome) -> CompletionOutcome {
        report(.droppedCompletion(outcome))
        return outcome
    }
}
