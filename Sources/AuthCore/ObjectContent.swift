/// What is known of an object: its values, and for a permission object its rows.
public final class ObjectContent: Sendable {
    /// The values, each name once, in the order of their names; names and values without NUL.
    public let fields: [Field]
    /// The rows of a permission object by their keys, each with its values.
    public let rows: [String: [Field]]

    /// Makes content of fields, and of rows by name.
    public init(fields: [Field], rows: [String: [Field]] = [:]) {
        self.fields = fields
        self.rows = rows
    }

    /// Returns the value of a field, nil when there is none.
    public func value(of field: String) -> String? {
        fields.first { $0.name.hasBytes(of: field) }?.value
    }

    /// How many bytes the names and values have.
    public var size: Int {
        let all = rows.values.reduce(fields) { $0 + $1 }
        return all.reduce(rows.keys.reduce(0) { $0 + $1.utf8.count }) { $0 + $1.name.utf8.count + $1.value.utf8.count }
    }
}

extension ObjectName {
    /// The object that this one is in; nil for `/`.
    public var parent: ObjectName? {
        guard count > 1, let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return nil }
        // A name without its last segment is a name.
        return try? ObjectName(slash == bytes.startIndex ? bytes[...slash] : bytes[..<slash])
    }
}

/// Why the content of an object was not taken.
public enum ObjectRefusal: Error, Sendable {
    /// Content is not taken: `object-values` is FALSE.
    case closed
    /// More bytes than `object-size`.
    case tooLarge(limit: Int)
    /// As many objects as `object-limit`.
    case tooMany(limit: Int)
}
