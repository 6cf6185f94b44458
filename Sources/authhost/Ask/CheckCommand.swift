import ArgumentParser
import AuthCore
import Runtime

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Ask whether a user may read, write or create an object.")

    @OptionGroup var asking: AskingUser

    @OptionGroup var admission: AskingSession

    @OptionGroup var object: AskedObject

    func run() throws {
        let check = try object.check()
        let host = try HostSetup.hostForQuestions()
        let session = try admission.open(on: host, asking.user, json: asking.json, asking.login)
        try AnswerPrinter(json: asking.json, typed: asking.user).finish(host.ask(.check(session, check)).waited(), host)
    }
}
