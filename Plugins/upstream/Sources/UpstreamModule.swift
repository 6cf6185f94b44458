import AuthHostClient
import ModuleKit

/// Lets another authhost decide: forwards log-ins and checks to its native door, and answers when it answers.
///
/// Names are mapped where they are decided. While there is no connection questions wait for one, until their deadline.
final class UpstreamModule: AuthModule {
    private let link: UpstreamLink
    private let mapsNames: Bool

    init(host: HostInterface) throws {
        guard let address = host.option("address"), !address.isEmpty else {
            throw SetupError("the option `address` is not set: `host:port` or the path of a socket is expected")
        }
        let destination = host.option("destination").flatMap { $0.isEmpty ? nil : $0 }
        mapsNames = host.option("map-names") == "TRUE"
        link = try UpstreamLink(
            host, address: address, destination: destination,
            mostPending: host.option("most-pending").flatMap { Int32($0) } ?? 100_000)
    }

    func newUser(_ login: borrowing LoginQuestion) -> Answer { begin(login, resumes: false) }

    func resumeUser(_ login: borrowing LoginQuestion) -> Answer { begin(login, resumes: true) }

    private func begin(_ login: borrowing LoginQuestion, resumes: Bool) -> Answer {
        let (session, completion) = (login.session, login.completion)
        link.ask(.login(login, resumes: resumes), until: login.deadline) { [link] answer in
            guard let remote = answer.session else {
                completion.answer(answer.ofLogin)
                return
            }
            // The first check may come before the answer has returned.
            link.sessions.add(session, remote)
            if completion.answer(answer.ofLogin) != .taken || answer.user == nil { link.end(session) }
        }
        return .delayed
    }

    func freeUser(_ ended: EndedSession) { link.end(ended.session) }

    func mapObject(_ mapping: borrowing MapQuestion) -> MapAnswer {
        guard mapsNames else { return .mapsNothing }
        let completion = mapping.completion
        link.ask(about: mapping.session, until: mapping.deadline, { .map(mapping, $0) }) {
            completion.answer($0.ofMapping)
        }
        return .delayed
    }

    func checkRead(_ check: borrowing CheckQuestion) -> Answer { forward(check) }

    func checkWrite(_ check: borrowing CheckQuestion) -> Answer { forward(check) }

    func checkCreate(_ check: borrowing CheckQuestion) -> Answer { forward(check) }

    private func forward(_ check: borrowing CheckQuestion) -> Answer {
        let completion = check.completion
        link.ask(about: check.session, until: check.deadline, { .check(check, $0) }) {
            completion.answer($0.ofCheck)
        }
        return .delayed
    }

    func exit() { link.close() }
}

/// Makes the type known to the kit.
@c(authkit_module_type) public func moduleType() -> UnsafeMutableRawPointer? { exported(UpstreamModule.self) }
