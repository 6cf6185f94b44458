import ArgumentParser
import AuthCore
import Runtime

struct MapCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "map", abstract: "Ask what an object is called inside, for a user.")

    @OptionGroup var asking: AskingUser

    @OptionGroup var admission: AskingSession

    @Argument(help: "The object, such as /FX/EURUSD.")
    var object: String

    func run() throws {
        let name = try objectName(object)
        let host = try HostSetup.hostForQuestions()
        let session = try admission.open(on: host, asking.user, json: asking.json, asking.login)
        try AnswerPrinter(json: asking.json, typed: asking.user).finish(host.ask(.map(session, name)).waited(), host)
    }
}
