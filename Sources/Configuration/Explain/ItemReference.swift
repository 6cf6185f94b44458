/// Writes the table of items for the documentation.
public enum ItemReference {
    /// Returns a Markdown table of all items, and one for each block's options.
    public static func markdown() -> String {
        let blocks = ItemDefinition.all.compactMap { item -> String? in
            guard case .block(let options) = item.type else { return nil }
            return "### `\(item.name)`\n\n" + table(options)
        }
        return ([table(ItemDefinition.all)] + blocks).joined(separator: "\n")
    }

    private static func table(_ items: [ItemDefinition]) -> String {
        let header = "| item | type | default | range | `%` | |\n|---|---|---|---|---|---|\n"
        return header + items.map(row).joined()
    }

    private static func row(_ item: ItemDefinition) -> String {
        let type = [item.type.name, item.type.unitName].filter { !$0.isEmpty }.joined(separator: ", ")
        let cells = [
            "`\(item.name)`", type, defaultCell(item), item.type.rangeDescription, percent(item), remarks(item),
        ]
        return "| " + cells.map(escaped).joined(separator: " | ") + " |\n"
    }

    private static func defaultCell(_ item: ItemDefinition) -> String {
        if item.isRequired { return "none: needed" }
        return item.defaultNote ?? item.defaultText.map { "`\($0)`" } ?? "unset"
    }

    private static func percent(_ item: ItemDefinition) -> String {
        switch item.percent {
        case .literal: ""
        case .expanded(let letters), .template(let letters): letters.map { "`%\($0)`" }.joined(separator: " ")
        }
    }

    private static func remarks(_ item: ItemDefinition) -> String {
        var remarks = item.help
        if item.isReloadable { remarks += " (HUP)" }
        if let remark = item.availability.withoutEffect { remarks += "; *\(remark)*" }
        return remarks
    }

    private static func escaped(_ cell: String) -> String {
        var result = ""
        for character in cell {
            if character == "|" { result += "\\" }
            result.append(character)
        }
        return result
    }
}
