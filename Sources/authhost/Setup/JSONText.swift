import Basics

/// Flat JSON objects for `--json`.
enum JSONText {
    /// Members without a value are left out.
    static func object(_ members: [(String, String?)]) -> String {
        "{"
            + members.compactMap { name, value in value.map { "\(name.jsonQuoted): \($0.jsonQuoted)" } }
            .joined(separator: ", ")
            + "}"
    }
}
