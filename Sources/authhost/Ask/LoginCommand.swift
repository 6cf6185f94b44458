import ArgumentParser
import AuthCore
import Runtime

struct LoginCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login", abstract: "Ask whether a user may log in; the password comes from standard input.")

    @OptionGroup var asking: AskingUser

    func run() throws {
        let host = try HostSetup.hostForQuestions()
        let login = try asking.login(password: Terminal.readSecret(prompt: "Password of \(asking.user): "))
        try AnswerPrinter(json: asking.json, typed: asking.user).finish(host.ask(.login(login)).waited(), host)
    }
}
