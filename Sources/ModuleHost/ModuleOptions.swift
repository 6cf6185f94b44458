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
        module: String, declared: [ModuleOption], settings: [OptionSetting], search: ModuleSearch
    ) throws(ModuleError) {
        var values: [String: [String]] = [:]
        for setting in settings {
            guard let option = declared.first(where: { $0.name == setting.name }) else {
                let known = declared.map { "`\($0.name)`" }.joined(separator: ", ")
                throw ModuleError(
                    .unknownOption, module,
                    "\(setting.source): it has no option `\(setting.name)`; "
                        + (known.isEmpty ? "it has none" : "it has \(known)"))
            }
            let value = try Self.checked(setting, option, module, search)
            if values[setting.name] != nil, option.kind != .list {
                throw ModuleError(
                    .badOptionValue, module, "\(setting.source): `\(setting.name)` is set twice and is not a list")
            }
            values[setting.name, default: []].append(value)
        }
        for option in declared where values[option.name] == nil {
            guard let value = option.defaultValue else {
                throw ModuleError(
                    .missingOption, module, "its option `\(option.name)` is required and not set: \(option.help)")
            }
            if !value.isEmpty { values[option.name] = [option.kind == .path ? search.expand(value) : value] }
        }
        self.values = values
    }

    subscript(_ name: String, _ index: Int) -> String? {
        guard let list = values[name], list.indices.contains(index) else { return nil }
        return list[index]
    }

    private static func checked(
        _ setting: OptionSetting, _ option: ModuleOption, _ module: String, _ search: ModuleSearch
    ) throws(ModuleError) -> String {
        func refused(_ accepted: String) -> ModuleError {
            let found = option.kind == .secret ? "" : " `\(setting.value)`"
            return ModuleError(
                .badOptionValue, module,
                "\(setting.source): the value\(found) of `\(option.name)` is not \(accepted)")
        }
        if setting.isBare, option.kind != .boolean {
            throw ModuleError(
                .badOptionValue, module,
                "\(setting.source): `\(option.name)` has no value, and only a boolean may stand without one")
        }
        if setting.value.utf8.contains(0) { throw refused("free of NULs") }
        switch option.kind {
        case .string, .secret, .list: return setting.value
        case .path:
            let path = search.expand(setting.value)
            return path.hasPrefix("/") ? path : "\(search.applicationRoot)/\(path)"
        case .boolean:
            let value = setting.value.uppercased()
            guard value == "TRUE" || value == "FALSE" else { throw refused("TRUE or FALSE") }
            return value
        case .integer:
            guard Int64(setting.value) != nil else { throw refused("a whole number") }
            return setting.value
        case .decimal:
            guard let number = Double(setting.value), number.isFinite else { throw refused("a number") }
            return setting.value
        }
    }
}
