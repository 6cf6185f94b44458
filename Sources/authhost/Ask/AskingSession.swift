import ArgumentParser
import AuthCore
import ModuleHost
import Runtime

/// How a command that asks one question gets its session. The caller must say it: an answer about a user whose password was
/// wrong, or never looked at, would read like a yes to the right password.
struct AskingSession: ParsableArguments {
    @Flag(help: "Log the user in with a password from standard input.")
    var passwordStdin = false

    @Flag(help: "Ask without a password, of a module that takes users back (auth_resume_user).")
    var trusted = false

    func validate() throws {
        guard passwordStdin != trusted else {
            throw ValidationError(
                "one of --password-stdin (the password is the first line of standard input) and --trusted (no password is "
                    + "looked at) is expected")
        }
    }

    /// Opens a session, or prints the answer and ends.
    ///
    /// - Parameter login: the log-in with a password.
    func open(
        on host: Host, _ user: String, json: Bool, _ login: (Secret) throws(Failure) -> Login
    ) throws(Failure) -> SessionID {
        let lacksEntry = Failure(
            .moduleUnusable,
            "module `\(host.module?.identity.name ?? "-")` has no `auth_resume_user`, so it cannot be asked for a user "
                + "without the password: `--password-stdin` is accepted")
        if trusted, host.module?.entryNames.contains("auth_resume_user") != true { throw lacksEntry }
        let password = trusted ? Secret("") : Terminal.readSecret(prompt: "Password of \(user): ")
        let login = try login(password)
        let answer = host.ask(trusted ? .resume(login) : .login(login)).waited()
        // A kit exports every entry, and says so where the module has none behind it.
        if trusted, answer.reason == .noEntry { throw lacksEntry }
        guard answer.verdict == .allow, let session = answer.session else {
            AnswerPrinter(json: json, typed: user).print(answer)
            throw Failure(ExitStatus(answer.verdict), "")
        }
        return session
    }
}
