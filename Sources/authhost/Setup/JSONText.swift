import Basics

/// JSON for `--json`: members in snake_case, in the order in which they are given.
enum JSONText {
    /// A value.
    enum Element {
        case text(String)
        case integer(Int64)
        case number(Double)
        case flag(Bool)
        case list([Element])
        /// Members without a value are left out.
        case object([(String, Element?)])

        /// The value on one line.
        var spelled: String {
            switch self {
            case .text(let text): text.jsonQuoted
            case .integer(let number): "\(number)"
            case .number(let number): "\(number)"
            case .flag(let flag): "\(flag)"
            case .list(let elements): "[" + elements.map(\.spelled).joined(separator: ", ") + "]"
            case .object(let members): JSONText.object(members)
            }
        }
    }

    /// An object on one line. Members without a value are left out.
    static func object(_ members: [(String, Element?)]) -> String {
        let spelled = members.compactMap { name, value in value.map { "\(name.jsonQuoted): \($0.spelled)" } }
        return "{" + spelled.joined(separator: ", ") + "}"
    }

    /// An object of texts.
    static func object(texts members: [(String, String?)]) -> String {
        object(members.map { ($0, $1.map { .text($0) }) })
    }
}
