import ArgumentParser
import AuthCore

/// Who asks; shared by the commands that ask one question without a server.
struct AskingUser: ParsableArguments {
    @Option(help: "The user who asks.")
    var user: String

    @Option(help: "The client's address, for modules that decide by it.")
    var address = ""

    @Option(name: [.customLong("application-id"), .customLong("application")], help: "The client's application id.")
    var applicationID = ""

    @Option(help: "The client's machine id.")
    var machineID = ""

    @Flag(help: "Print the answer as JSON.")
    var json = false

    @OptionGroup var common: ConfigurationFileOption

    func login(password: Secret) throws(Failure) -> Login {
        do {
            return try Login(
                user: user, password: password, address: address, applicationID: applicationID, machineID: machineID,
                door: "command")
        } catch {
            throw Failure(.denied, "\(error)")
        }
    }
}
