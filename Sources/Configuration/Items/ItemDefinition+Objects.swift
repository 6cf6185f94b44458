// Items of objects and their names.
extension ItemDefinition {
    static let objectMap = ItemDefinition(
        "object-map", .row(["pattern", "replacement"]), note: "none", reloadable: true,
        "renames objects before the module does, the first that matches: `%1` to `%9` captures, `%u` user")

    static let objectValues = ItemDefinition(
        "object-values", .flag, default: "FALSE",
        "take what is in objects by `PUT /v1/objects`; reads that are decided by it wait for it")

    static let objectLimit = ItemDefinition(
        "object-limit", .integer(.none, 1...10_000_000), default: "100000",
        "how many objects may have content, and how many reads may wait for some")

    static let objectSize = ItemDefinition(
        "object-size", .integer(.none, 1...16_777_216), default: "65536",
        "how many bytes the names and values of an object may have")

    static let sessionObjectLimit = ItemDefinition(
        "session-object-limit", .integer(.none, 1...1_000_000), default: "1000",
        "how many objects the questions of one session may hold or wait for at once")

    static let objectItems = [objectMap, objectValues, objectLimit, objectSize, sessionObjectLimit]
}
