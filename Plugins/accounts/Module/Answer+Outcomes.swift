import Accounts
import ModuleKit

extension Answer {
    /// Answers a log-in.
    init(_ outcome: LoginOutcome) {
        switch outcome {
        case .accepted(let terms):
            self = .ok(
                until: terms.expiry.map { .seconds($0) }, sessionLimit: terms.sessionLimit,
                applicationSessionLimit: terms.applicationSessionLimit)
        // The door tells a client "wrong credentials" either way, and no more.
        case .unknownUser: self = Answer(.invalidUser, log: "the user is not known")
        case .wrongCredentials(let reason): self = Answer(.invalidPassword, log: reason)
        case .notPermitted(let refusal): self = Answer(refusal.status, log: refusal.reason)
        case .couldNotDecide(let reason): self = .failed(reason)
        }
    }

    /// Answers a check.
    init(_ outcome: CheckOutcome) {
        switch outcome {
        case .allowed(nil): self = .ok
        case .allowed(let reason?): self = Answer(.ok, log: reason)
        case .denied(let reason): self = .deny(reason)
        case .noMatch: self = .deny("no rule matches")
        case .unknownUser: self = .deny("the user is not known")
        case .undetermined(let reason): self = Answer(.again, log: reason)
        }
    }
}

extension LoginRefusal {
    fileprivate var status: AnswerStatus {
        switch cause {
        case .expired: .accountExpired
        case .address: .invalidAddress
        case .application, .hours: .deny
        }
    }
}
