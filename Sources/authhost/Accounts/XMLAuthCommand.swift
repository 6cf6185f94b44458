import ArgumentParser
import Basics
import Glibc
import XMLAuthCore

/// Works on users files, with the reader of the module xmlauth and without the module.
struct XMLAuthCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "xmlauth", abstract: "Check, format and compare the users files of xmlauth.",
        subcommands: [UsersCheckCommand.self, UsersFormatCommand.self, UsersDiffCommand.self])
}

/// Lists what is wrong or doubtful in a users file.
struct UsersCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "List what is wrong or doubtful in a users file, by line.",
        discussion: "Exit codes: 0 nothing or warnings, 3 the file cannot be used, 7 warnings with --strict.")

    @Argument(help: "The users file.")
    var file: String

    @Flag(help: "End with 7 when there are warnings.")
    var strict = false

    @Flag(help: "Print one JSON object for each finding.")
    var json = false

    func run() throws {
        let findings = UsersCheck.findings(file, now: SystemTime.seconds)
        for finding in findings { Terminal.write(json ? Self.json(finding) : finding.description) }
        if findings.contains(where: { $0.severity == .error }) { throw Failure(.badConfiguration, "") }
        if strict && !findings.isEmpty { throw Failure(.findings, "") }
    }

    private static func json(_ finding: UsersFinding) -> String {
        JSONText.object([
            ("file", .text(finding.file)), ("line", .integer(Int64(finding.line))),
            ("column", .integer(Int64(finding.column))), ("severity", .text(finding.severity.rawValue)),
            ("kind", .text(finding.kind)), ("message", .text(finding.message)),
        ])
    }
}

/// Lays a users file out anew.
struct UsersFormatCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "format", abstract: "Format a users file without changing its meaning.",
        discussion: "Exit codes: 0 done, 3 the file cannot be used, 7 with --check when it is not formatted.")

    @Argument(help: "The users file.")
    var file: String

    @Flag(help: "Only report whether the file is formatted.")
    var check = false

    @Flag(help: "Put the new layout in the place of the file, with its mode and owner.")
    var inPlace = false

    func validate() throws {
        if check && inPlace { throw ValidationError("--check and --in-place exclude each other") }
    }

    func run() throws {
        do {
            let text = try UsersLayout.text(ofFile: file)
            if !check && !inPlace { return Terminal.write(String(decoding: text, as: UTF8.self)) }
            if try UsersFileReplacement.holds(file, text) { return }
            if check { throw Failure(.findings, "`\(file)` is not laid out as `authhost xmlauth format` does it") }
            try UsersFileReplacement.replace(file, with: text)
        } catch let error as UsersFileError {
            throw Failure(.badConfiguration, error.description)
        }
    }
}

/// Says where two users files answer differently.
struct UsersDiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Print the questions that two users files answer differently.",
        discussion: """
            Prints one question for each region of users and objects in which the second file decides by other rules than \
            the first, and the users that are in one file alone. Passwords and restrictions are not compared. Exit codes: 0 all \
            questions have the same answer, 3 a file cannot be used, 7 there are differences.
            """)

    @Argument(help: "The users file as it was.", completion: .file())
    var first: String

    @Argument(help: "The users file as it will be.", completion: .file())
    var second: String

    @Flag(help: "Print one JSON object for each difference.")
    var json = false

    func run() throws {
        let difference: UsersDifference
        do {
            difference = try UsersDifference(first, second)
        } catch {
            throw Failure(.badConfiguration, error.description)
        }
        for (users, file) in [(difference.onlyFirst, first), (difference.onlySecond, second)] {
            for user in users {
                Terminal.write(
                    json
                        ? JSONText.object(texts: [("user", user), ("only_in", file)])
                        : "\(user.controlsEscaped): only in \(file)")
            }
        }
        for question in difference.questions {
            Terminal.write(json ? Self.json(question) : Self.text(question))
        }
        if !difference.isEmpty { throw Failure(.findings, "") }
    }

    private static func text(_ question: UsersDifference.Question) -> String {
        func answer(_ side: (allowed: Bool, rule: String?)) -> String {
            "\(side.allowed ? "allow" : "deny") by \(side.rule ?? "no rule")"
        }
        let others = question.others == 0 ? "" : ", and so for \(question.others) more users"
        let condition = question.isConditional ? " under another condition" : ""
        return "\(question.user) \(question.action) \(question.object): \(answer(question.first)), now "
            .controlsEscaped + "\(answer(question.second))\(condition)\(others)".controlsEscaped
    }

    private static func json(_ question: UsersDifference.Question) -> String {
        func answer(_ side: (allowed: Bool, rule: String?)) -> JSONText.Element {
            .object([("verdict", .text(side.allowed ? "allow" : "deny")), ("rule", side.rule.map { .text($0) })])
        }
        return JSONText.object([
            ("user", .text(question.user)), ("others", .integer(Int64(question.others))),
            ("action", .text("\(question.action)")), ("object", .text(question.object)),
            ("first", answer(question.first)), ("second", answer(question.second)),
            ("conditional", .flag(question.isConditional)),
        ])
    }
}
