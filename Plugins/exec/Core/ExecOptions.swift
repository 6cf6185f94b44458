import Basics

/// The options of one destination's exec authenticator, checked.
///
/// Names are exact, as in AMPS. An unknown name, a name given twice and a value out of bounds are errors.
package struct ExecOptions: Equatable, Sendable {
    /// How the output is understood.
    package enum Format: String, CaseIterable, Sendable {
        /// The output is the secret.
        case raw
        /// The output is one JSON object; see ``JSONOutput``.
        case json
    }

    /// What is done about a command that another user could change.
    package enum Permissions: String, CaseIterable, Sendable {
        /// It is refused.
        case strict
        /// It is run, and told once.
        case warn
        /// Nothing is looked at.
        case off
    }

    /// The command, split.
    package var command: CommandWords
    /// The name that the remote server is given, 1...255 bytes without control characters.
    package var userName: String
    /// The most bytes that a command may print, 1...65,536, without the newline that ends them. 1,024 as in the
    /// reference; with `Format` json 65,536, since a document is longer than its secret.
    package var maxLength = 1024
    /// How long a run may take, 1 ms...1 h.
    package var timeout = Duration.seconds(10)
    /// The environment variables that are passed on beside those that every command gets.
    package var passedEnvironment: [String] = []
    /// How the output is understood.
    package var format = Format.raw
    /// How long raw output is kept; zero: it is used once. At most 365 days.
    package var cacheTime = Duration.zero
    /// `user` or `user:group` to run the command as.
    package var runAs: String?
    /// What is done about a command that another user could change; nil: strict as root, else warn.
    package var permissions: Permissions?
    /// Whether white space around raw output is removed.
    package var trimsWhitespace = false

    /// Every option's name.
    package static let names = [
        "Command", "UserName", "MaxLength", "Timeout", "PassEnvironment", "Format", "CacheTime", "RunAs",
        "CheckPermissions", "TrimWhitespace",
    ]

    /// Reads options in the order in which they were written.
    package init(values: [(name: String, value: String)]) throws(ExecOptionError) {
        var given: [String: String] = [:]
        for (name, value) in values {
            guard Self.names.contains(name) else {
                throw .unknown(name: name, hint: NearestName.hint(name, among: Self.names))
            }
            if name == "PassEnvironment", let before = given[name] {
                given[name] = before + " " + value
            } else if given.updateValue(value, forKey: name) != nil {
                throw .repeated(name: name)
            }
        }
        guard let command = given["Command"] else { throw .missing(name: "Command") }
        guard let userName = given["UserName"] else { throw .missing(name: "UserName") }
        do {
            self.command = try CommandWords.split(command)
        } catch {
            throw .command(error)
        }
        self.userName = try Self.checkedUserName(userName)
        try read(given)
    }

    private mutating func read(_ given: [String: String]) throws(ExecOptionError) {
        if let text = given["Format"] { format = try Self.oneOf("Format", text) }
        if format == .json { maxLength = 65_536 }
        if let text = given["MaxLength"] {
            guard let bytes = UnitSuffix.bytes(text), (1...65_536).contains(bytes) else {
                throw .invalid(name: "MaxLength", value: text, accepted: "1...65536 bytes, such as `4kb`")
            }
            maxLength = bytes
        }
        if let text = given["Timeout"] {
            guard let time = UnitSuffix.duration(text), time >= .milliseconds(1), time <= .seconds(3600) else {
                throw .invalid(name: "Timeout", value: text, accepted: "1ms...1h, such as `10s`")
            }
            timeout = time
        }
        if let text = given["CacheTime"] {
            guard let time = UnitSuffix.duration(text), time >= .zero, time <= .seconds(365 * 86_400) else {
                throw .invalid(name: "CacheTime", value: text, accepted: "0...365d, such as `10m`")
            }
            cacheTime = time
        }
        if let text = given["PassEnvironment"] { passedEnvironment = try Self.variableNames(text) }
        if let text = given["CheckPermissions"] {
            permissions = try Self.oneOf("CheckPermissions", text) as Permissions
        }
        if let text = given["TrimWhitespace"] { trimsWhitespace = try Self.boolean("TrimWhitespace", text) }
        if let text = given["RunAs"] {
            guard !text.isEmpty else {
                throw .invalid(name: "RunAs", value: text, accepted: "`user` or `user:group`")
            }
            runAs = text
        }
    }

    // A line break would end the name early in a protocol of lines.
    private static func checkedUserName(_ text: String) throws(ExecOptionError) -> String {
        guard (1...255).contains(text.utf8.count), !text.utf8.contains(where: { $0 < 32 || $0 == 127 }) else {
            throw .invalid(name: "UserName", value: text, accepted: "1...255 bytes without control characters")
        }
        return text
    }

    private static func variableNames(_ text: String) throws(ExecOptionError) -> [String] {
        let names = text.split { $0 == "," || $0.isWhitespace }.map(String.init)
        for name in names where name.contains("=") || CommandEnvironment.reserved.contains(name) {
            throw .invalid(
                name: "PassEnvironment", value: name,
                accepted: "names of variables, without \(CommandEnvironment.reserved.joined(separator: ", "))")
        }
        return names
    }

    private static func oneOf<Choice: RawRepresentable<String> & CaseIterable>(
        _ name: String, _ text: String
    ) throws(ExecOptionError) -> Choice {
        if let choice = Choice(rawValue: text) { return choice }
        throw .invalid(
            name: name, value: text, accepted: Choice.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", "))
    }

    private static func boolean(_ name: String, _ text: String) throws(ExecOptionError) -> Bool {
        switch text.lowercased() {
        case "true", "yes", "on", "1", "enabled": return true
        case "false", "no", "off", "0", "disabled": return false
        default: throw .invalid(name: name, value: text, accepted: "`true`, `false`")
        }
    }
}

/// Says which option is wrong, and what it accepts.
package enum ExecOptionError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A required option is not there.
    case missing(name: String)
    /// No option has this name.
    case unknown(name: String, hint: String)
    /// An option is there twice.
    case repeated(name: String)
    /// A value is not accepted.
    case invalid(name: String, value: String, accepted: String)
    /// The command line cannot be split.
    case command(CommandWordsError)

    /// The error in words.
    package var description: String {
        switch self {
        case .missing(let name): "the option `\(name)` is required and missing"
        case .unknown(let name, let hint) where hint.isEmpty:
            "there is no option `\(name)`; there are \(ExecOptions.names.joined(separator: ", "))"
        case .unknown(let name, let hint): "there is no option `\(name)`\(hint)"
        case .repeated(let name): "the option `\(name)` is given twice"
        case .invalid(let name, let value, let accepted):
            "the option `\(name)` is `\(value.controlsEscaped)`; accepted: \(accepted)"
        case .command(let error): "the option `Command` \(error)"
        }
    }
}
