import ArgumentParser
import AuthConfiguration
import DoorProtocols
import Glibc
import Operators
import Runtime

/// Gives programs the credentials of configured destinations.
struct CredentialCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "credential",
        abstract: "Get the credentials of a destination in the form that git, docker, kubectl or AWS expects.",
        subcommands: [GetCommand.self, RejectCommand.self, ListCommand.self])

    struct GetCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "get", abstract: "Print the credentials of a destination.",
            discussion: """
                Asks the running host through its control socket, so that all programs share what it keeps. Where no host runs, this \
                command asks the destination's authenticator itself.

                git and docker append an operation to a helper's command, and name a server on standard input: they get the \
                secret only of a destination that has this server among its addresses and git-host lines.
                """)

        @Argument(help: "The name of an add-destination block.")
        var destination: String

        @Argument(help: "What git and docker append, such as get; for other formats get alone.")
        var operation = "get"

        @Option(help: "raw, json, env, exec-credential, credential-process, git or docker.")
        var format = CredentialFormat.raw

        @OptionGroup var control: ControlSocketOption

        func run() throws {
            switch format {
            case .git: try GitHelper(destination, control).run(operation)
            case .docker: try DockerHelper(destination, control).run(operation)
            case .execCredential:
                try requireGet()
                Terminal.write(try KubernetesClient().answer(destination, CredentialSource(control)))
            case .raw, .json, .env, .credentialProcess:
                try requireGet()
                Terminal.write(try format.text(try CredentialSource(control).credential(of: destination).credential))
            }
        }

        private func requireGet() throws(Failure) {
            guard operation == "get" else {
                throw Failure(
                    .badConfiguration,
                    "the format `\(format.rawValue)` has no operation `\(operation)`: `get` is accepted")
            }
        }
    }

    struct RejectCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "reject",
            abstract: "Report that a destination's credentials were refused; new ones are fetched.")

        @Argument(help: "The name of an add-destination block.")
        var destination: String

        @OptionGroup var control: ControlSocketOption

        func run() throws { try CredentialSource(control).reject(destination) }
    }

    struct ListCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the destinations, and the state of their credentials.")

        @OptionGroup var control: ControlOptions

        func run() throws {
            let (text, reply) = try control.ask(ControlRequest(.destinations))
            Terminal.write(control.json ? text : OperatorText.destinations(reply.destinations ?? []))
        }
    }
}

/// Where a command that asks once finds the host that runs.
struct ControlSocketOption: ParsableArguments {
    @Option(help: ArgumentHelp("The control socket of the host, in place of control-socket.", valueName: "path"))
    var socket: String?

    @OptionGroup var common: ConfigurationFileOption
}

/// Where credentials come from: the host that runs, else the authenticator, loaded by this command.
struct CredentialSource {
    private let socket: String?

    init(_ option: ControlSocketOption) throws(Failure) {
        if let path = option.socket {
            socket = path
        } else {
            socket = try HostSetup.readConfiguration().controlSocket
        }
    }

    /// A credential, and the destination's servers.
    func credential(
        of destination: String
    ) throws(Failure) -> (credential: ControlReply.Credential, servers: [String]) {
        var request = ControlRequest(.credential)
        request.destination = destination
        let reply = try answer(request)
        guard let credential = reply.credential else { throw Failure(.undecided, "the host gave no credential") }
        return (credential, reply.servers ?? [])
    }

    /// A credential to be shown to a server; nil where that does not belong to the destination.
    func credential(of destination: String, at server: String) throws(Failure) -> ControlReply.Credential? {
        var request = ControlRequest(.credential)
        request.destination = destination
        request.server = server
        return try answer(request).credential
    }

    /// Tells that a server refused the credentials.
    ///
    /// - Parameters:
    ///   - server: whose refusal counts where it is one of the destination's; nil for any.
    ///   - secret: what it refused; nil for the newest.
    func reject(_ destination: String, at server: String? = nil, secret: String? = nil) throws(Failure) {
        var request = ControlRequest(.reject)
        request.destination = destination
        request.server = server
        request.secret = secret
        // Without a host nothing is kept, so there is nothing to fetch anew.
        if socket != nil { _ = try ask(request) }
    }

    private func answer(_ request: ControlRequest) throws(Failure) -> ControlReply {
        socket == nil ? try answerHere(request) : try ask(request)
    }

    private func ask(_ request: ControlRequest) throws(Failure) -> ControlReply {
        do {
            return try ControlClient(path: socket ?? "").ask(request).reply
        } catch {
            throw Failure(.undecided, "\(error)")
        }
    }

    private func answerHere(_ request: ControlRequest) throws(Failure) -> ControlReply {
        let setup = try HostSetup(quiet: true)
        let host = try setup.makeAuthenticators()
        defer { host.stop(awaitsLateCalls: false) }
        let reply = host.credentialReply(request)
        if let error = reply.error { throw Failure(.undecided, error) }
        return reply
    }
}
