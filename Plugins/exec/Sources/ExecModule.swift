import Basics
import ExecCore
import Glibc
import ModuleKit

/// Gives the output of a command as the secret of a destination.
final class ExecModule: Authenticator {
    /// One for all destinations: it has one thread, whatever runs.
    private static let shared = Result { try CommandSupervisor() }

    private let supervisor: CommandSupervisor
    private let command: PinnedCommand
    private let runs = RunningCommands()

    init(host: HostInterface) throws {
        let values = ExecOptions.names.flatMap { name in host.options(name).map { (name: name, value: $0) } }
        command = try PinnedCommand(
            options: try ExecOptions(values: values), trust: FileTrust(asking: { host.trusts(owner: $0) }))
        supervisor = try Self.shared.get()
        if let warning = command.warning { host.log(.warn, warning) }
    }

    func authenticate(_ destination: borrowing DestinationQuestion) -> CredentialAnswer { run(destination) }

    /// Runs the command afresh: it knows nothing of challenges, and its next output is all it has to say to one.
    func retry(_ destination: borrowing DestinationQuestion) -> CredentialAnswer { run(destination) }

    func cancel(_ token: QuestionToken) {
        if let run = runs.run(of: token) { supervisor.cancel(run) }
    }

    private func run(_ destination: borrowing DestinationQuestion) -> CredentialAnswer {
        let completion = destination.completion
        let token = completion.token
        let run = supervisor.run(command) { [runs] result in
            runs.end(token)
            completion.answer(CredentialAnswer(result))
        }
        runs.add(token, run)
        return .delayed
    }
}

extension CredentialAnswer {
    fileprivate init(_ result: Result<CommandOutput, CommandFailure>) {
        switch result {
        case .success(let output):
            let credential = output.secret.withBytes { bytes in
                Credential(user: output.user, secret: bytes, expiry: output.expiry.map { .seconds($0) })
            }
            self = .ok(credential)
        case .failure(let failure) where failure.isPermanent:
            self = .deny(failure.description, kind: failure.kind.rawValue)
        case .failure(let failure): self = .failed(failure.description, kind: failure.kind.rawValue)
        }
    }
}

/// Makes the type known to the kit.
@c(authkit_module_type) public func moduleType() -> UnsafeMutableRawPointer? { exported(ExecModule.self) }
