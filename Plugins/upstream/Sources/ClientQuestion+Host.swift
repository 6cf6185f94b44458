import AuthHostClient
import ModuleKit

/// The host's questions as the other authhost is asked them.
extension ClientQuestion {
    static func login(_ login: borrowing LoginQuestion, resumes: Bool) -> ClientQuestion {
        let question =
            resumes
            ? resume(
                user: login.user, address: login.address, applicationID: login.applicationID,
                machineID: login.machineID)
            : .login(
                user: login.user, password: login.password, address: login.address,
                applicationID: login.applicationID, machineID: login.machineID)
        login.forEachAttribute { question.add(attribute: $0, value: $1) }
        return question
    }

    /// A log-in without a password, of a session that the other authhost does not know any more.
    static func resuming(_ session: ModuleKit.SessionID, of host: HostInterface) -> ClientQuestion {
        func attribute(_ attribute: SessionAttribute) -> [UInt8] {
            Array((host.attribute(attribute, of: session) ?? "").utf8)
        }
        return resume(
            user: attribute(.user).span, address: attribute(.address).span,
            applicationID: attribute(.applicationID).span, machineID: attribute(.machineID).span)
    }

    static func map(_ mapping: borrowing MapQuestion, _ session: ClientSession) -> ClientQuestion {
        let question = ClientQuestion.map(session, name: mapping.name)
        mapping.forEachAttribute { question.add(attribute: $0, value: $1) }
        return question
    }

    static func check(_ check: borrowing CheckQuestion, _ session: ClientSession) -> ClientQuestion {
        let action: ClientAction =
            switch check.action {
            case .read: .read
            case .write: .write
            case .create: .create
            }
        let question = ClientQuestion.check(
            session, action, name: check.object, contributionID: check.contributionID)
        // Of a read they are what this host knows of the object, and no contribution.
        if check.action != .read { check.forEachField { question.add(field: $0, value: $1) } }
        check.forEachAttribute { question.add(attribute: $0, value: $1) }
        return question
    }
}
