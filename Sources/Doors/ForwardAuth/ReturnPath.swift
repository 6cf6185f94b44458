import AuthCore

/// A place on the same site that a browser may be sent to: never another host, however a browser reads it.
///
/// A path that begins with one slash, with a query or without, of the bytes that RFC 3986 lets stand there; decoded once it
/// is a name that could be asked about. So it holds no doubled slash, no backslash, no dot segment and no control, neither
/// as it stands nor encoded.
struct ReturnPath: Hashable, Sendable {
    /// Most bytes of one.
    static let maximumLength = 2048

    /// Fit for `Location`.
    let text: String

    /// - Returns: nil for anything else.
    init?(_ bytes: some Collection<UInt8>) {
        let bytes = Array(bytes)
        guard bytes.count <= Self.maximumLength, bytes.first == UInt8(ascii: "/"), Self.isTarget(bytes) else {
            return nil
        }
        let end = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.count
        guard var path = PercentEncoding.decode(bytes.span, 0..<end), !path.contains(UInt8(ascii: "\\")) else {
            return nil
        }
        // Two slashes alone stay two.
        if path.count > 2, path.last == UInt8(ascii: "/") { path.removeLast() }
        guard (try? ObjectName(path)) != nil else { return nil }
        text = String(decoding: bytes, as: UTF8.self)
    }

    private static func isTarget(_ bytes: [UInt8]) -> Bool {
        let allowed = RequestGrammar.isTarget
        return bytes.allSatisfy { allowed[Int($0)] || $0 == UInt8(ascii: "%") }
            && PercentEncoding.decode(bytes.span, bytes.indices) != nil
    }

    /// Writes a text as a value in a query: all but unreserved characters and slashes as `%XX`.
    static func queryValue(_ bytes: some Sequence<UInt8>) -> String {
        bytes.reduce(into: "") { text, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: "/"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default: text += PercentEncoding.escape(byte)
            }
        }
    }
}
