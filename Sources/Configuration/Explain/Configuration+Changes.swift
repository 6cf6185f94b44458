/// One item whose value differs between two configurations.
public struct ConfigurationChange: Hashable, Sendable {
    /// The item.
    public let item: ItemDefinition
    /// Where the new value comes from.
    public let source: SettingSource

    /// Whether the running host can take the new value; a restart is needed otherwise.
    public var isReloadable: Bool { item.isReloadable }
}

extension Configuration {
    /// Returns the items whose values differ from those of `old`, in the order of the table; moved lines are no change.
    public func changes(from old: Configuration) -> [ConfigurationChange] {
        ItemDefinition.all.compactMap { item in
            guard let new = settings[item.name] else { return nil }
            let isSame = Self.texts(new.value) == Self.texts(old.settings[item.name]?.value)
            return isSame ? nil : ConfigurationChange(item: item, source: new.source)
        }
    }

    /// Flattens a value to what was configured, without the places.
    private static func texts(_ value: ItemValue?) -> [String] {
        switch value {
        case nil: []
        case .flag(let flag): [flag ? "TRUE" : "FALSE"]
        case .integer(let number): [String(number)]
        case .float(let number): [String(number)]
        case .text(let text): [text]
        case .list(let texts): texts
        case .rows(let rows): rows.flatMap { $0 }
        case .blocks(let blocks):
            blocks.flatMap { block in
                block.settings.sorted { $0.key < $1.key }.flatMap { ["\u{0}" + $0.key] + texts($0.value.value) }
            }
        case .moduleOptions(let blocks): blocks.flatMap { ["\u{0}" + $0.module.text] + texts($0.options) }
        }
    }

    static func texts(_ options: [ModuleOption]) -> [String] {
        options.flatMap { option in
            ["\u{0}" + option.name.text] + option.values.map(\.text)
                + (option.block.map { texts($0) + ["\u{1}"] } ?? [])
        }
    }
}
