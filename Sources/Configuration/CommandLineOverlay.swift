import Basics

/// The items that a command line sets, as statements like those of a file.
///
/// Every item is an option: `--name value`, `--name=value`, a bare `--name` for a flag, `--name` with as many values as
/// a row has. `--module` is short for `--auth-module`, `-c FILE` and `--config FILE` name the configuration file, and
/// `--option NAME=VALUE` sets an option of the configured module, and `-DNAME=VALUE` a variable of a file in XML.
public struct CommandLineOverlay: Sendable {
    /// The file that `-c` or `--config` names.
    public private(set) var file: Word?
    /// The items, in order.
    public private(set) var statements: [Statement] = []
    /// What `-DNAME=VALUE` defines for a configuration in XML.
    public private(set) var definitions: [String: String] = [:]
    /// The options of the configured module, in order.
    public private(set) var moduleOptions: [ModuleOption] = []

    /// Options that are no items.
    private static let others = ["module", "config", "option"]

    private var problems = ProblemList()
    private var rest: ArraySlice<String>

    /// Reads the arguments that no subcommand has taken.
    ///
    /// Throws: an unknown name (with the nearest known one), a missing value, an argument that is no option.
    public init(_ arguments: [String]) throws(ConfigurationError) {
        self.init(reading: arguments)
        if !problems.isEmpty { throw problems.error }
    }

    /// Whether `--name` is an option of the configuration.
    public static func knows(_ name: String) -> Bool { ItemDefinition.named(name) != nil || others.contains(name) }

    private init(reading arguments: [String]) {
        rest = arguments[...]
        for (index, argument) in arguments.enumerated()
        where argument.unicodeScalars.contains(where: \.isRefusedControl) {
            problems.add(
                .syntax, at: .commandLine(option: "argument \(index + 1)"), "a control character is not allowed")
        }
        if !problems.isEmpty { return }
        while let argument = rest.popFirst() { read(argument) }
    }

    private mutating func read(_ argument: String) {
        let source = SettingSource.commandLine(option: argument)
        if argument == "-c" { return setFile(nil, at: source) }
        if argument.hasPrefix("-D") { return define(argument) }
        guard argument.hasPrefix("--"), argument.count > 2 else {
            problems.add(.unknownItem, at: source, "unexpected argument: options start with `--`")
            return
        }
        let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        let value = parts.count > 1 ? String(parts[1]) : nil
        let option = SettingSource.commandLine(option: "--" + name)
        switch name {
        case "config": setFile(value, at: option)
        case "option": setModuleOption(value, at: option)
        default: setItem(name == "module" ? "auth-module" : name, written: name, value, at: option)
        }
    }

    private mutating func define(_ argument: String) {
        let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        guard parts.count == 2, Variables.isName(name) else {
            problems.add(
                .badValue, at: .commandLine(option: "-D"), "`-DNAME=VALUE` is expected, a variable and its value")
            return
        }
        definitions[name] = String(parts[1])
    }

    private mutating func setFile(_ value: String?, at source: SettingSource) {
        guard let path = value ?? next(), !path.isEmpty else {
            problems.add(.badValue, at: source, "the path of a configuration file is expected")
            return
        }
        if file != nil {
            problems.add(.duplicate, at: source, "a second configuration file is named: one is accepted")
        }
        file = Word(path, at: source)
    }

    private mutating func setModuleOption(_ value: String?, at source: SettingSource) {
        let text = value ?? next() ?? ""
        guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
            problems.add(.badValue, at: source, "`NAME=VALUE` is expected, the name and value of a module's option")
            return
        }
        let name = String(text[..<equals])
        let place = SettingSource.commandLine(option: "--option \(name)")
        let word = Word(String(text[text.index(after: equals)...]), at: place)
        moduleOptions.append(ModuleOption(Statement(name: Word(name, at: place), values: [word])))
    }

    private mutating func setItem(_ name: String, written: String, _ value: String?, at source: SettingSource) {
        guard let definition = ItemDefinition.named(name) else {
            // NOTE: the value of an unknown option stays unread; it would only be a second, confusing problem.
            if value == nil, let following = rest.first, !following.hasPrefix("-") { rest.removeFirst() }
            return unknown(written, at: source)
        }
        guard !definition.type.isBlock else {
            problems.add(.badValue, at: source, "`\(name)` is a block: it is written in a configuration file")
            return
        }
        var values = value.map { [$0] } ?? []
        while values.count < wanted(definition.type), let following = next(for: definition.type) {
            values.append(following)
        }
        let words = values.map { Word($0, at: source) }
        statements.append(Statement(name: Word(name, at: source), values: words))
    }

    private func wanted(_ type: ItemType) -> Int {
        if case .row(let names) = type { names.count } else { 1 }
    }

    /// Takes the next argument as a value; a flag takes it only if it is TRUE or FALSE.
    private mutating func next(for type: ItemType) -> String? {
        if type == .flag, let following = rest.first, !["TRUE", "FALSE"].contains(following.uppercased()) {
            return nil
        }
        return next()
    }

    /// Takes the next argument unless it is an option itself; a value that begins with `--` needs the form `--name=`.
    private mutating func next() -> String? {
        guard let following = rest.first, !following.hasPrefix("--") else { return nil }
        return rest.popFirst()
    }

    private mutating func unknown(_ name: String, at source: SettingSource) {
        let hint = NearestName.hint(name, among: ItemDefinition.all.map(\.name) + Self.others, prefix: "--")
        problems.add(.unknownItem, at: source, "unknown option\(hint)")
    }
}
