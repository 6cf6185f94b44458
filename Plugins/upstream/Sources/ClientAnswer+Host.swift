import AuthHostClient
import ModuleKit

/// The other authhost's answers as the host is given them.
extension ClientAnswer {
    /// Whether there is no such session, which is so after a restart of the other side.
    var isOfUnknownSession: Bool { verdict == .deny && reason == "unknown-session" }

    /// With the name of the decision, by which the other host's audit log has it.
    private var log: String {
        "upstream: \(reason)\(text.isEmpty ? "" : ": \(text)")\(decisionID.map { ", decision \($0) there" } ?? "")"
    }

    /// A yes that names its decision, so that the audit log here leads to the one there.
    private var allowed: Answer { decisionID == nil ? .ok : .ok(log) }

    private var told: [Attribute] { attributes.map { Attribute($0.name, $0.value) } }

    /// A log-in is of the user that the other authhost names, whatever name was typed here.
    var ofLogin: Answer {
        switch verdict {
        case .allow where user == nil: .failed("upstream: a log-in without a user")
        case .allow: allowed.with(user: user, attributes: told)
        case .wrongCredentials where reason == "invalid-user": Answer(.invalidUser, log: log, client: text)
        case .wrongCredentials where reason == "account-expired": Answer(.accountExpired, log: log, client: text)
        case .wrongCredentials: Answer(.invalidPassword, log: log, client: text)
        case .overLimit where reason == "site-limit": Answer(.siteLimitExceeded, log: log, client: text)
        case .overLimit: Answer(.userLimitExceeded, log: log, client: text)
        case .deny where reason == "invalid-address": Answer(.invalidAddress, log: log, client: text)
        case .deny, .ejected, .undecided: ofCheck
        }
    }

    var ofCheck: Answer {
        switch verdict {
        case .allow: allowed.with(attributes: told)
        case .deny, .ejected, .wrongCredentials, .overLimit: .deny(log, client: text).with(attributes: told)
        case .undecided: .failed(log)
        }
    }

    var ofMapping: MapAnswer {
        switch verdict {
        case .allow: mappedName.map { .mapped($0) } ?? .failed("upstream: an answer without a name")
        case .deny, .ejected, .wrongCredentials, .overLimit: .deny(log, client: text)
        case .undecided: .failed(log)
        }
    }
}
