import ArgumentParser
import Doors
import Glibc
import Runtime

/// Gives programs the credentials of configured destinations.
struct CredentialCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "credential",
        abstract: "Get the credentials of a destination, as the program that needs them takes them.",
        subcommands: [GetCommand.self, RejectCommand.self, ListCommand.self])

    struct GetCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "get", abstract: "Print the credentials of a destination.",
            discussion: """
                A host that runs is asked through its control socket, so that all programs share what it keeps. Without one, \
                the destination's authenticator is asked by this command.

                git and docker append an operation to a helper's command: `get` prints, `store` does nothing, and `erase` \
                tells that the credentials were refused, so that the next are fetched afresh.
                """)

        @Argument(help: "The name of an add-destination block.")
        var destination: String

        @Argument(help: "What git and docker append: get, store or erase.")
        var operation: Operation = .get

        @Option(help: "raw, json, env, exec-credential, credential-process, git or docker.")
        var format = CredentialFormat.raw

        @OptionGroup var control: ControlSocketOption

        enum Operation: String, ExpressibleByArgument, CaseIterable { case get, store, erase }

        func run() throws {
            switch operation {
            case .store: return
            case .erase: try CredentialSource(control).reject(destination)
            case .get:
                let server = format == .docker ? Terminal.readLine() : ""
                let credential = try CredentialSource(control).credential(of: destination)
                Terminal.write(try format.text(credential, server: server))
            }
        }
    }

    struct RejectCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "reject",
            abstract: "Tell that a destination's credentials were refused: the next are fetched afresh.")

        @Argument(help: "The name of an add-destination block.")
        var destination: String

        @OptionGroup var control: ControlSocketOption

        func run() throws { try CredentialSource(control).reject(destination) }
    }

    struct ListCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the destinations, and how their credentials are.")

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

    func credential(of destination: String) throws(Failure) -> ControlReply.Credential {
        var request = ControlRequest(.credential)
        request.destination = destination
        let reply = socket == nil ? try answerHere(request) : try ask(request)
        guard let credential = reply.credential else { throw Failure(.undecided, "the host gave no credential") }
        return credential
    }

    func reject(_ destination: String) throws(Failure) {
        var request = ControlRequest(.reject)
        request.destination = destination
        // Without a host nothing is kept, so there is nothing to fetch afresh.
        if socket != nil { _ = try ask(request) }
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
        defer { host.stop() }
        let reply = host.credentialReply(for: request.destination ?? "")
        if let error = reply.error { throw Failure(.undecided, error) }
        return reply
    }
}
