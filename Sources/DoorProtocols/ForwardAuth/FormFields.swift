import AuthCore

/// The fields of a form (`application/x-www-form-urlencoded`), of a query or of a body.
struct FormFields: Sendable {
    /// More fields are refused, unless a reader takes more.
    static let maximumCount = 16

    private var fields: [(name: [UInt8], value: Secret)] = []

    /// Reads a form strictly.
    ///
    /// - Throws: a refusal for a pair without `=`, a broken escape, a name that is there twice, and too many.
    init(_ bytes: Span<UInt8>, _ range: Range<Int>, maximum: Int = maximumCount) throws(RequestRefusal) {
        var start = range.lowerBound
        while start < range.upperBound {
            var end = start
            while end < range.upperBound, bytes[end] != UInt8(ascii: "&") { end += 1 }
            var equals = start
            while equals < end, bytes[equals] != UInt8(ascii: "=") { equals += 1 }
            guard equals < end else { throw .bad("a part of the form is not a name, `=` and a value") }
            guard let name = PercentEncoding.decodeForm(bytes, start..<equals)?.copy(),
                let value = PercentEncoding.decodeForm(bytes, equals + 1..<end)
            else { throw .bad("the form holds a `%` without two hexadecimal digits") }
            if fields.contains(where: { $0.name == name }) { throw .bad("a name is twice in the form") }
            if fields.count == maximum { throw .bad("the form has more than \(maximum) fields") }
            fields.append((name, value))
            start = end + 1
        }
    }

    /// The value of a field that is no secret, nil without one.
    subscript(_ name: String) -> [UInt8]? { secret(name)?.copy() }

    /// The value of a field, nil without one.
    func secret(_ name: String) -> Secret? { fields.first { $0.name.elementsEqual(name.utf8) }?.value }
}
