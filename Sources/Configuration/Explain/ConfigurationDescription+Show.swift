extension ConfigurationDescription {
    /// Returns the items of `config show`: those that have their effect and those that are set; all of them if asked.
    public func shown(all: Bool) -> [Item] {
        items.filter { all || $0.withoutEffect == nil || $0.source != .builtIn }
    }

    /// Lays out items for a terminal of so many columns: name, value, and where it was set, under each other.
    ///
    /// A value is never broken or cut; where it leaves no room, the place stands on the line below it.
    public static func table(_ items: [Item], columns: Int) -> String {
        let name = min(items.map(\.definition.name.count).max() ?? 0, 28) + 2
        let place = min(items.map { placeText($0).count }.max() ?? 0, columns / 3)
        let room = max(12, columns - name - place - 2)
        let value = items.map { firstLine($0).count }.filter { $0 <= room }.max() ?? room
        return items.flatMap { rows($0, name: name, value: value) }.map { $0 + "\n" }.joined()
    }

    private static func rows(_ item: Item, name: Int, value: Int) -> [String] {
        let title = item.definition.name
        let values = (item.value?[...] ?? unset).split(separator: "\n").map(String.init)
        // A long name has its value on the line below.
        var rows = title.count + 2 > name ? [title] : []
        for (index, text) in values.enumerated() {
            let label = index == 0 && rows.isEmpty ? title : ""
            let row = TextTable.padded(label, name) + text
            guard index == 0 else {
                rows.append(row)
                continue
            }
            if text.count <= value {
                rows.append(TextTable.padded(row, name + value + 2) + placeText(item))
            } else {
                rows += [row, TextTable.padded("", name + value + 2) + placeText(item)]
            }
        }
        let indent = TextTable.padded("", name)
        if let overridden = item.overridden { rows.append("\(indent)(over \(overridden))") }
        if let remark = item.withoutEffect { rows.append("\(indent)(\(remark))") }
        return rows
    }

    private static func firstLine(_ item: Item) -> Substring {
        item.value?.split(separator: "\n").first ?? unset
    }

    private static let unset: Substring = "(unset)"

    private static func placeText(_ item: Item) -> String {
        if case .commandLine(let option) = item.source { return option } else { return item.source.description }
    }
}
