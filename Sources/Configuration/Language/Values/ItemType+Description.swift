extension ItemType {
    /// The short name of the type for tables: `int`, `float`, `string`…
    public var name: String {
        switch self {
        case .flag: "bool"
        case .integer: "int"
        case .float: "float"
        case .fileMode: "octal"
        case .text: "string"
        case .token: "token"
        case .choice(let texts): texts.joined(separator: " | ")
        case .path: "path"
        case .list: "string list"
        case .addresses: "address list"
        case .row(let names): names.joined(separator: ", ")
        case .block, .moduleOptions: "block"
        }
    }

    /// The unit for tables, empty when there is none.
    public var unitName: String {
        switch self {
        case .integer(let unit, _), .float(let unit, _): unit.rawValue
        default: ""
        }
    }

    /// The range for tables, empty when there is none.
    public var rangeDescription: String {
        switch self {
        case .integer(_, let range): range.upperBound == .max ? "from \(range.lowerBound)" : Self.bounds(range)
        case .float(_, let range): Self.bounds(range)
        case .fileMode: "0 to 0777"
        default: ""
        }
    }

    /// What messages say is accepted.
    package var expectation: String {
        switch self {
        case .flag: "TRUE or FALSE, or no value for TRUE"
        case .integer(let unit, _): "a whole number \(Self.of(unit))\(rangeDescription)"
        case .float(let unit, _): "a number \(Self.of(unit))\(rangeDescription)"
        case .fileMode: "file permissions in octal from 0 to 0777"
        case .text: "one text"
        case .token: "letters, digits and any of !#$%&'*+-.^_|~"
        case .choice(let texts): "one of " + texts.map { "`\($0)`" }.joined(separator: ", ")
        case .path: "one path"
        case .list: "one or more texts"
        case .addresses: "addresses such as `127.0.0.1:8080` or `[::1]:8080`, or `none`"
        case .row(let names): names.map { "a \($0)" }.joined(separator: " and ")
        case .block: "no value on the line that opens it"
        case .moduleOptions: "the name of one module"
        }
    }

    /// Whether the item may be set several times, each adding to what is there.
    package var isRepeatable: Bool {
        switch self {
        case .list, .addresses, .row, .block, .moduleOptions: true
        default: false
        }
    }

    /// Whether it opens a block.
    package var isBlock: Bool {
        switch self {
        case .block, .moduleOptions: true
        default: false
        }
    }

    private static func of(_ unit: Unit) -> String { unit == .none ? "" : "of \(unit.rawValue) " }

    private static func bounds<Bound: Comparable>(_ range: ClosedRange<Bound>) -> String {
        "from \(range.lowerBound) to \(range.upperBound)"
    }
}
