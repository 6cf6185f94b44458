import Basics

/// Checks statements against a table of items.
package struct SettingsReader {
    let expander: PercentExpander
    /// What is wrong.
    package internal(set) var problems = ProblemList()

    /// Makes a reader that has found nothing wrong yet.
    package init(expander: PercentExpander) { self.expander = expander }

    /// Returns the settings that the statements make; what is wrong goes into ``problems``.
    ///
    /// `block` is the name of the block the statements stand in, nil outside of all.
    package mutating func read(
        _ statements: [Statement], table: [ItemDefinition], block: String? = nil
    ) -> [String: Setting] {
        let known = Dictionary(table.map { ($0.name, $0) }) { first, _ in first }
        var lines: [String: [Setting]] = [:]
        for statement in statements {
            guard let definition = known[statement.name.text] else {
                unknown(statement.name, among: table, block: block)
                continue
            }
            guard let setting = read(statement, as: definition) else { continue }
            if definition.type.isRepeatable || lines[definition.name] == nil {
                lines[definition.name, default: []].append(setting)
            } else if let first = lines[definition.name]?.first {
                problems.add(
                    .duplicate, at: statement.name.source,
                    "`\(definition.name)` is set twice, first at \(first.source): it takes one value")
            }
        }
        return lines.compactMapValues(Setting.joined)
    }

    /// Returns the default of an item.
    package mutating func builtIn(_ definition: ItemDefinition) -> Setting {
        guard let text = definition.defaultText else { return Setting(nil, source: .builtIn) }
        return Setting(value(of: [Word(text, at: .builtIn)], as: definition), source: .builtIn)
    }

    private mutating func unknown(_ name: Word, among table: [ItemDefinition], block: String?) {
        let place = block.map { "option `\(name.text.clipped)` in `\($0)`" } ?? "item `\(name.text.clipped)`"
        // NOTE: looking for the nearest name is slow, and of many mistakes most are only counted.
        let hint = problems.isFull ? "" : NearestName.hint(name.text, among: table.lazy.map(\.name))
        problems.add(.unknownItem, at: name.source, "unknown \(place)\(hint)")
    }

    private mutating func read(_ statement: Statement, as definition: ItemDefinition) -> Setting? {
        switch definition.type {
        case .block(let table):
            return blockSetting(statement, table: table)
        case .moduleOptions:
            guard let module = single(statement, definition), let lines = statement.block else { return nil }
            let block = ModuleOptionBlock(module: module, options: lines.map(ModuleOption.init))
            return element(.moduleOptions([block]), statement)
        default:
            guard checkCount(statement, definition) else { return nil }
            guard let value = value(of: statement, as: definition) else { return nil }
            let sources = definition.type.isRepeatable ? statement.values.map(\.source) : []
            return Setting(value, source: statement.name.source, elementSources: sources)
        }
    }

    private func element(_ value: ItemValue, _ statement: Statement) -> Setting {
        Setting(value, source: statement.name.source, elementSources: [statement.name.source])
    }

    private mutating func blockSetting(_ statement: Statement, table: [ItemDefinition]) -> Setting? {
        if let extra = statement.values.first {
            problems.add(
                .badValue, at: extra.source,
                "`\(statement.name.text)` takes no value, but `\(extra.text.clipped)` is given")
        }
        var settings = read(statement.block ?? [], table: table, block: statement.name.text)
        for definition in table where settings[definition.name] == nil {
            let isWritten = (statement.block ?? []).contains { $0.name.text == definition.name }
            if definition.isRequired && !isWritten {
                problems.add(
                    .missing, at: statement.name.source,
                    "`\(statement.name.text)` lacks `\(definition.name)`, which takes \(definition.type.expectation)")
            }
            settings[definition.name] = builtIn(definition)
        }
        let block = ConfigurationBlock(
            name: statement.name.text, source: statement.name.source, settings: settings)
        return element(.blocks([block]), statement)
    }
}
