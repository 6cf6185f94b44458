import Accounts
import ModuleKit

extension Answer {
    /// Answers a log-in; an accepted one tells the groups and roles of the user.
    init(_ outcome: LoginOutcome, _ memberships: @autoclosure () -> [Membership]) {
        switch outcome {
        case .accepted(let terms):
            let accepted = Answer.ok(
                until: terms.expiry.map { .seconds($0) }, sessionLimit: terms.sessionLimit,
                applicationSessionLimit: terms.applicationSessionLimit)
            self = accepted.with(attributes: Self.attributes(memberships()))
        // The door tells a client "wrong credentials" either way, and no more.
        case .unknownUser: self = Answer(.invalidUser, log: "the user is not known")
        case .wrongCredentials(let reason): self = Answer(.invalidPassword, log: reason)
        case .notPermitted(let refusal): self = Answer(refusal.status, log: refusal.reason)
        case .couldNotDecide(let reason): self = .failed(reason)
        }
    }

    /// What an answer has room for beside its reasons.
    private static let attributeRoom = 6_000

    /// Groups and roles as attributes: all of them, or none where an answer cannot hold them, for a part would be taken for the
    /// whole.
    private static func attributes(_ memberships: [Membership]) -> [Attribute] {
        let size = memberships.reduce(0) { $0 + $1.name.count + 64 }
        guard memberships.count <= 64, size <= attributeRoom else { return [] }
        return memberships.map { Attribute($0.isRole ? "role" : "group", String(decoding: $0.name, as: UTF8.self)) }
    }

    /// Answers a check.
    init(_ outcome: CheckOutcome) {
        switch outcome {
        case .allowed(nil): self = .ok
        case .allowed(let reason?): self = Answer(.ok, log: reason)
        case .denied(nil): self = .deny
        case .denied(let reason?): self = .deny(reason)
        case .noMatch: self = .deny("no rule matches")
        case .unknownUser: self = .deny("the user is not known")
        case .undetermined(nil): self = Answer(.again)
        case .undetermined(let reason?): self = Answer(.again, log: reason)
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
