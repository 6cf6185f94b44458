import Basics

extension ItemDefinition {
    /// Every item, in the order of the documentation.
    public static let all: [ItemDefinition] =
        moduleItems + timeItems + penaltyItems + objectItems + doorItems + logItems + signatureItems + destinationItems
        + laterItems

    /// Returns the item of a name, nil when there is none.
    public static func named(_ name: String) -> ItemDefinition? { byName[name] }

    /// Returns the name of the item that a mistyped name most resembles, nil when none is near.
    public static func nearestName(to name: String) -> String? {
        NearestName.of(name, among: all.lazy.map(\.name))
    }

    private static let byName = Dictionary(all.map { ($0.name, $0) }) { first, _ in first }
}
