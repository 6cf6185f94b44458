import Basics

extension ItemDefinition {
    /// Every item, in the order of the documentation.
    public static let all: [ItemDefinition] =
        moduleItems + timeItems + penaltyItems + objectItems + doorItems + logItems + signatureItems + destinationItems
        + laterItems

    /// Returns the item of a name, nil when there is none.
    public static func named(_ name: String) -> ItemDefinition? { byName[name] }

    private static let byName = Dictionary(all.map { ($0.name, $0) }) { first, _ in first }
}
