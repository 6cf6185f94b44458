import Basics

/// An item, or an option of a block, that `config explain` speaks of.
public struct ItemExplanation: Sendable {
    /// The name as it was asked for: `auth-module`, `add-authdir.realm`.
    public let name: String
    let definition: ItemDefinition
    /// The block that the option stands in, nil for an item.
    let block: ItemDefinition?
    /// The item's value, nil for an option of a block.
    let item: ConfigurationDescription.Item?

    /// What is wrong with a name: no item has it. Names the nearest.
    public struct Unknown: Error, CustomStringConvertible, Sendable {
        /// One line: what was looked for and what is near.
        public let description: String
    }

    /// Finds what a name means.
    public init(_ name: String, in description: ConfigurationDescription) throws(Unknown) {
        let parts = name.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let item = description.explain(parts[0]) else { throw Self.unknown(name, parts[0]) }
        self.name = name
        guard parts.count > 1 else {
            (definition, block, self.item) = (item.definition, nil, item)
            return
        }
        guard case .block(let options) = item.definition.type else {
            throw Unknown(description: "`\(parts[0])` is no block with options of its own: ask for `\(parts[0])`")
        }
        guard let option = options.first(where: { $0.name == parts[1] }) else {
            let hint = NearestName.hint(parts[1], among: options.map(\.name), prefix: "\(parts[0]).")
            let known = options.map { "`\($0.name)`" }.joined(separator: ", ")
            throw Unknown(
                description: "unknown option `\(parts[1].clipped)` of `\(parts[0])`"
                    + (hint.isEmpty ? ": it has \(known)" : hint))
        }
        (definition, block, self.item) = (option, item.definition, nil)
    }

    private static func unknown(_ name: String, _ item: String) -> Unknown {
        // A word of several names stands for any of them.
        let known = ItemDefinition.all.map(\.name).filter { $0.split(separator: "-").contains { $0 == item } }
        let hint =
            known.count > 1
            ? ": known names with that word are " + known.map { "`\($0)`" }.joined(separator: ", ")
            : NearestName.hint(item, among: ItemDefinition.all.lazy.map(\.name))
        return Unknown(description: "unknown item `\(name.clipped)`\(hint)")
    }

    /// Lays out everything that is known, for a terminal of so many columns.
    public func text(columns: Int) -> String {
        let title = TextTable.wrapped("\(name): \(definition.help)", width: columns)
        let facts = facts.flatMap { TextTable.entry($0.label, $0.lines, labelWidth: 12, columns: columns) }
        return (title + [""] + facts + options(columns: columns)).map { $0 + "\n" }.joined()
    }

    private var facts: [(label: String, lines: [String])] {
        var facts: [(String, [String])] = [("takes", [definition.type.expectation])]
        if !definition.isRequired { facts.append(("default", [definition.defaultDescription])) }
        if let item {
            let value = item.value?.split(separator: "\n").map(String.init) ?? ["(unset)"]
            facts.append(("value", value))
            facts.append(("set at", [item.source.description] + (item.overridden.map { ["over \($0)"] } ?? [])))
        }
        if definition.type.isRepeatable { facts.append(("repeated", ["adds to what is there"])) }
        if definition.isRequired { facts.append(("needed", ["in every block"])) }
        if let percent { facts.append(("percent", [percent])) }
        if definition.isSecret { facts.append(("secret", ["its value is shown nowhere"])) }
        facts.append(("changes", [reload]))
        if let remark = (block ?? definition).availability.withoutEffect {
            facts.append(("effect", ["accepted and checked; it \(remark)"]))
        }
        return facts
    }

    private var reload: String {
        (block ?? definition).isReloadable ? "at HUP, while authhost runs" : "at the next start"
    }

    private var percent: String? {
        switch definition.percent {
        case .literal: nil
        case .expanded(let letters):
            letters.map { "`%\($0)` \(Self.meaning[$0] ?? "")" }.joined(separator: ", ") + ", `%%` a percent sign"
        case .template(let letters):
            letters.map { "`%\($0)`" }.joined(separator: ", ") + " at every use, `%%` a percent sign"
        }
    }

    private static let meaning: [Character: String] = [
        "r": "application-root", "a": "application-name", "h": "the host's name",
    ]

    /// A line for each option of a block, with its help wrapped beside it.
    private func options(columns: Int) -> [String] {
        guard case .block(let options) = definition.type else { return [] }
        let width = (options.map(\.name.count).max() ?? 0) + 4
        return ["", "options, as `\(name).OPTION`:"]
            + options.flatMap {
                TextTable.entry("  \($0.name)", [$0.help], labelWidth: width, columns: columns)
            }
    }
}
