// Items of objects and their names.
extension ItemDefinition {
    static let objectMap = ItemDefinition(
        "object-map", .row(["pattern", "replacement"]), note: "none", reloadable: true,
        "renames objects before the module does, the first that matches: `%1` to `%9` captures, `%u` user")

    static let objectItems = [objectMap]
}
