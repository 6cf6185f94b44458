/// A value that the configuration gives to a module's option.
public struct OptionSetting: Sendable {
    /// The option's name, as it was written.
    public let name: String
    /// The value, as it was written.
    public let value: String
    /// Where it was set, such as `etc/authhost.conf:12:3`.
    public let source: String
    /// Whether the name stood alone, which is TRUE for a boolean and nothing for all others.
    let isBare: Bool

    /// Makes the setting of an option whose name stood alone.
    public init(bareFlag name: String, source: String) {
        self.name = name
        self.source = source
        value = "TRUE"
        isBare = true
    }

    /// Makes a setting; `source` is where it was written, for messages.
    public init(name: String, value: String, source: String) {
        self.name = name
        self.value = value
        self.source = source
        isBare = false
    }
}

/// The options of one instance, validated against what its module declares, before any code of the instance runs.
struct ModuleOptions: Sendable {
    private let values: [String: [String]]

    init(
        module: String, declared: [DeclaredOption], settings: [OptionSetting], search: ModuleSearch
    ) throws(ModuleError) {
        var values: [String: [String]] = [:]
        for setting in settings {
            guard let option = declared.first(where: { $0.name == setting.name }) else {
                let known = declared.map { "`\($0.name)`" }.joined(separator: ", ")
                throw ModuleError(
                    .unknownOption, module,
                    "it has no option `\(setting.name)`; "
                        + (known.isEmpty ? "it has none" : "it has \(known)"), at: setting.source)
            }
            let value = try Self.checked(setting, option, module, search)
            if values[setting.name] != nil, option.kind != .list {
                throw ModuleError(
                    .badOptionValue, module, "`\(setting.name)` is set twice and is not a list",
                    at: setting.source)
            }
            values[setting.name, default: []].append(value)
        }
        for option in declared {
            guard let value = option.defaultValue else {
                if let set = values[option.name] {
                    // A variable that is not set leaves an empty text. An empty secret would let in every client that sends none.
                    guard set.contains(where: \.isEmpty) else { continue }
                    throw ModuleError(
                        .missingOption, module,
                        "its option `\(option.name)` is required and set to nothing: \(option.help)")
                }
                throw ModuleError(
                    .missingOption, module, "its option `\(option.name)` is required and not set: \(option.help)")
            }
            // An empty value counts as not set.
            if value.isEmpty { continue }
            let standard = try Self.checkedDefault(value, option, module, search)
            if values[option.name] == nil { values[option.name] = [standard] }
        }
        self.values = values
    }

    subscript(_ name: String, _ index: Int) -> String? {
        guard let list = values[name], list.indices.contains(index) else { return nil }
        return list[index]
    }

    private static func checked(
        _ setting: OptionSetting, _ option: DeclaredOption, _ module: String, _ search: ModuleSearch
    ) throws(ModuleError) -> String {
        if setting.isBare, option.kind != .boolean {
            throw ModuleError(
                .badOptionValue, module,
                "`\(option.name)` has no value, and only a boolean may stand without one",
                at: setting.source)
        }
        do throws(OptionFault) {
            return try option.kind.canonical(setting.value, search)
        } catch {
            let found = option.kind == .secret ? "" : " `\(setting.value)`"
            throw ModuleError(
                .badOptionValue, module,
                "the value\(found) of `\(option.name)` is not \(error.accepted)",
                at: setting.source)
        }
    }

    /// - Throws: what is wrong with the default of an option, where it declares one.
    static func checkDefault(
        of option: DeclaredOption, _ module: String, _ search: ModuleSearch
    ) throws(ModuleError) {
        guard let value = option.defaultValue, !value.isEmpty else { return }
        _ = try checkedDefault(value, option, module, search)
    }

    /// Checks a default like a value; a default that could not be set is the module's own mistake.
    private static func checkedDefault(
        _ value: String, _ option: DeclaredOption, _ module: String, _ search: ModuleSearch
    ) throws(ModuleError) -> String {
        do throws(OptionFault) {
            return try option.kind.canonical(value, search)
        } catch {
            let found = option.kind == .secret ? "" : " `\(value)`"
            throw ModuleError(
                .badOptionTable, module,
                "the default\(found) that it declares for its option `\(option.name)` is not \(error.accepted)")
        }
    }
}

/// What is wrong with a value.
private struct OptionFault: Error {
    let accepted: String
    init(_ accepted: String) { self.accepted = accepted }
}

extension DeclaredOption.Kind {
    /// The one form in which a value reaches the module.
    fileprivate func canonical(_ value: String, _ search: ModuleSearch) throws(OptionFault) -> String {
        if value.utf8.contains(0) { throw OptionFault("free of NULs") }
        switch self {
        case .string, .secret, .list: return value
        case .path:
            let path = search.expand(value)
            return path.hasPrefix("/") ? path : "\(search.applicationRoot)/\(path)"
        case .boolean:
            let word = value.uppercased()
            guard word == "TRUE" || word == "FALSE" else { throw OptionFault("TRUE or FALSE") }
            return word
        case .integer:
            guard let number = Int64(value) else { throw OptionFault("a whole number") }
            return "\(number)"
        case .decimal:
            guard let number = Double(value), number.isFinite else { throw OptionFault("a number") }
            return value
        case .duration:
            guard let milliseconds = Self.milliseconds(value) else {
                throw OptionFault("a time, such as 500ms, 30s, 5m, 2h, 1d, or whole seconds")
            }
            return "\(milliseconds)"
        }
    }

    /// The milliseconds of a time; nil for a text that is not a time, or too long to be counted.
    private static func milliseconds(_ value: String) -> Int64? {
        let digits = value.prefix { $0.isASCII && $0.isNumber }
        let units: [Substring: Int64] = ["": 1000, "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        guard let count = Int64(digits), let unit = units[value[digits.endIndex...]] else { return nil }
        let (milliseconds, overflow) = count.multipliedReportingOverflow(by: unit)
        return overflow ? nil : milliseconds
    }
}
