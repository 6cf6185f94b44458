/// What `config show` and `config explain` print, as data.
public struct ConfigurationDescription: Hashable, Sendable {
    /// One item with everything that can be said of it. Secrets are hidden.
    public struct Item: Hashable, Sendable {
        /// The item's definition: type, unit, range, default, help, availability.
        public let definition: ItemDefinition
        /// The value as one would write it; nil when the item is unset. Blocks give a line for each.
        public let value: String?
        /// The value for programs; nil when the item is unset.
        public let setting: Value?
        /// Where it was set.
        public let source: SettingSource
        /// Where the file sets it, when the command line won.
        public let overridden: SettingSource?

        /// That the item has no effect, and why; nil when it has.
        public var withoutEffect: String? { definition.availability.withoutEffect }

        /// The feature for which it has no effect yet.
        public var awaited: String? { if case .later(let feature) = definition.availability { feature } else { nil } }
    }

    /// A value for programs: numbers are numbers. Secrets are hidden.
    public enum Value: Hashable, Sendable {
        case flag(Bool)
        case integer(Int)
        case number(Double)
        case text(String)
        /// The texts of a list, or a line for each row or block.
        case list([String])
    }

    /// Every item in the order of the table.
    public let items: [Item]

    /// Describes a configuration.
    public init(_ configuration: Configuration) {
        items = ItemDefinition.all.compactMap { definition in
            guard let setting = configuration[definition.name] else { return nil }
            return Item(
                definition: definition, value: ValueText.text(setting.value, definition),
                setting: ValueText.value(setting.value, definition),
                source: setting.source, overridden: setting.overridden)
        }
    }

    /// Returns what is known of an item, nil when there is no item of that name.
    public func explain(_ name: String) -> Item? {
        items.first { $0.definition.name == name }
    }
}

/// Spells values the way one would write them in a file.
enum ValueText {
    private static let hidden = "(hidden)"

    static func value(
        _ value: ItemValue?, _ definition: ItemDefinition
    ) -> ConfigurationDescription.Value? {
        if definition.isSecret, value != nil { return .text(hidden) }
        switch value {
        case nil: return nil
        case .flag(let flag): return .flag(flag)
        case .integer(let number) where definition.type != .fileMode: return .integer(number)
        case .float(let number): return .number(number)
        case .text(let text): return .text(text)
        case .list(let texts): return .list(texts)
        case .integer: return text(value, definition).map { .text($0) }
        case .rows, .blocks, .moduleOptions:
            return .list((text(value, definition) ?? "").split(separator: "\n").map(String.init))
        }
    }

    static func text(_ value: ItemValue?, _ definition: ItemDefinition) -> String? {
        if definition.isSecret, value != nil { return hidden }
        switch value {
        case nil: return nil
        case .flag(let flag): return flag ? "TRUE" : "FALSE"
        case .integer(let number):
            return definition.type == .fileMode ? "0" + String(number, radix: 8) : String(number)
        case .float(let number): return String(number)
        case .text(let text): return Word.quoted(text)
        case .list(let texts):
            if texts.isEmpty, definition.type == .addresses { return "none" }
            return texts.map(Word.quoted).joined(separator: " ")
        case .rows(let rows):
            return rows.map { $0.map(Word.quoted).joined(separator: " ") }.joined(separator: "\n")
        case .blocks(let blocks):
            return blocks.map { text($0, definition) }.joined(separator: "\n")
        case .moduleOptions(let blocks):
            return blocks.map(text).joined(separator: "\n")
        }
    }

    private static func text(_ block: ConfigurationBlock, _ definition: ItemDefinition) -> String {
        guard case .block(let table) = definition.type else { return block.name }
        let lines = table.compactMap { inner -> String? in
            guard let value = text(block[inner.name]?.value, inner) else { return nil }
            return "\(inner.name) \(value)"
        }
        return "{ " + lines.joined(separator: "; ") + " }"
    }

    // NOTE: which options of a module are secret only the module knows, so the values of none are shown.
    private static func text(_ block: ModuleOptionBlock) -> String {
        let names = block.options.map(\.name.text).joined(separator: " ")
        return "\(Word.quoted(block.module.text)) { \(names) }"
    }
}
