/// A checked value of one item.
public enum ItemValue: Hashable, Sendable {
    /// TRUE or FALSE.
    case flag(Bool)
    /// A whole number in the item's unit, or file permissions.
    case integer(Int)
    /// A number in the item's unit; finite.
    case float(Double)
    /// A text, a choice or a path, its `%` letters replaced.
    case text(String)
    /// The texts of a list, in order.
    case list([String])
    /// Lines of several texts, in order.
    case rows([[String]])
    /// Blocks, in order.
    case blocks([ConfigurationBlock])
    /// Blocks of module options, in order.
    case moduleOptions([ModuleOptionBlock])
}

extension ItemValue {
    /// The texts of a list, nil for any other value.
    package var texts: [String]? { if case .list(let texts) = self { texts } else { nil } }
    /// The lines of a row, nil for any other value.
    package var rows: [[String]]? { if case .rows(let rows) = self { rows } else { nil } }
    /// The blocks, nil for any other value.
    package var blocks: [ConfigurationBlock]? { if case .blocks(let blocks) = self { blocks } else { nil } }
    /// The blocks of module options, nil for any other value.
    package var optionBlocks: [ModuleOptionBlock]? { if case .moduleOptions(let blocks) = self { blocks } else { nil } }
}

/// The value of an item and where it came from.
public struct Setting: Hashable, Sendable {
    /// The checked value; nil when the item is not set and has no default.
    public let value: ItemValue?
    /// Where it was set; for lists and blocks where the first of them was.
    public let source: SettingSource
    /// Where each text of a list or of its rows, or each block stands; empty for single values.
    public let elementSources: [SettingSource]
    /// Where the file sets the item, when the command line won over it.
    public let overridden: SettingSource?

    /// Makes a setting of a checked value.
    package init(
        _ value: ItemValue?, source: SettingSource, elementSources: [SettingSource] = [],
        overridden: SettingSource? = nil
    ) {
        self.value = value
        self.source = source
        self.elementSources = elementSources
        self.overridden = overridden
    }

    /// Returns the setting that several lines of a repeatable item make together: their elements in order, the first
    /// line's place. For any other item there is one line.
    static func joined(_ lines: [Setting]) -> Setting? {
        guard let first = lines.first, lines.count > 1 else { return lines.first }
        let values = lines.lazy.map(\.value)
        let sum: ItemValue? =
            switch first.value {
            case .list: .list(values.flatMap { $0?.texts ?? [] })
            case .rows: .rows(values.flatMap { $0?.rows ?? [] })
            case .blocks: .blocks(values.flatMap { $0?.blocks ?? [] })
            case .moduleOptions: .moduleOptions(values.flatMap { $0?.optionBlocks ?? [] })
            default: first.value
            }
        return Setting(sum, source: first.source, elementSources: lines.flatMap(\.elementSources))
    }
}

/// One `add-X … end-X` block with checked options.
public struct ConfigurationBlock: Hashable, Sendable {
    /// The name of the item, `add-X`.
    public let name: String
    /// Where the block begins.
    public let source: SettingSource
    /// The options by name; those that were not set have their default.
    public let settings: [String: Setting]

    /// Returns an option of the block, nil when its table has no such name.
    public subscript(name: String) -> Setting? { settings[name] }
}

/// One line of a module's options, not checked yet: the module declares what it takes.
public struct ModuleOption: Hashable, Sendable {
    /// The option's name and place.
    public let name: Word
    /// The values on the line, in order; `%` letters are as they were written.
    public let values: [Word]
    /// The lines of a block `add-name … end-name`, nil for a plain line.
    public let block: [ModuleOption]?

    /// Makes a line of one that was read.
    package init(_ statement: Statement) {
        name = statement.name
        values = statement.values
        block = statement.block.map { $0.map(ModuleOption.init) }
    }
}

/// An `add-module-options NAME … end-module-options` block.
public struct ModuleOptionBlock: Hashable, Sendable {
    /// The module's name as written.
    public let module: Word
    /// The lines, in order.
    public let options: [ModuleOption]
}
