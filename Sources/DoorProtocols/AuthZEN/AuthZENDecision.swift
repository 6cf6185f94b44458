import AuthCore

/// One decision as the Authorization API writes it. Only an allowance is `true`.
struct AuthZENDecision: Encodable, Sendable {
    struct Failure: Encodable, Sendable {
        let status: Int
        let message: String
    }

    struct Context: Encodable, Sendable {
        var verdict: String?
        var reason: String?
        /// By language.
        var reasonUser: [String: String]?
        var error: Failure?
        /// What the module tells beside its answer, by name: obligations.
        var attributes: [String: [String]]?
        /// Which decision it is; left out where no question was asked.
        var decisionID: String?

        enum CodingKeys: String, CodingKey {
            case verdict, reason, error, attributes
            case decisionID = "decision_id"
            case reasonUser = "reason_user"
        }
    }

    let decision: Bool
    let context: Context?

    init(_ answer: Answer) {
        decision = answer.verdict == .allow
        let attributes = answer.attributesByName
        if decision {
            let id = answer.decision.text
            context = attributes == nil && id == nil ? nil : Context(attributes: attributes, decisionID: id)
            return
        }
        var context = Context(
            verdict: answer.verdict.rawValue, attributes: attributes, decisionID: answer.decision.text)
        // The client is not told why a subject cannot be a user, as at a log-in.
        if answer.verdict != .wrongCredentials { context.reason = answer.reason.rawValue }
        context.reasonUser = answer.clientText.map { ["en": $0] }
        if answer.verdict == .undecided {
            context.error = Failure(status: VerdictStatus.of(answer), message: VerdictStatus.detail(answer))
        }
        self.context = context
    }

    init(_ refusal: RequestRefusal) {
        decision = false
        context = Context(error: Failure(status: refusal.status, message: refusal.detail))
    }
}

struct AuthZENDecisions: Encodable {
    let evaluations: [AuthZENDecision]
}

struct AuthZENActions: Encodable {
    struct Action: Encodable {
        let name: String
    }

    let results: [Action]
}
