import AuthCore

/// A place on the same site that a browser may be sent to: never another host, however a browser reads it.
///
/// A path that begins with one slash, with a query or without; decoded once it is a name that could be asked about. So it holds
/// no doubled slash, no backslash, no dot segment and no control, neither as it stands nor encoded. What a browser sends without
/// encoding it, and no URI holds, is encoded.
struct ReturnPath: Hashable, Sendable {
    /// Most bytes of what a client is led back to, as it sent it: what proxies take as a target by default. Encoded it may be three
    /// times as long.
    static let maximumLength = 8192

    private let target: ForwardedTarget

    /// - Returns: nil for anything else.
    init?(_ bytes: some Collection<UInt8>) {
        guard let target = ForwardedTarget(Array(bytes)) else { return nil }
        self.init(target)
    }

    init?(_ target: ForwardedTarget) {
        guard target.bytes.count <= 3 * Self.maximumLength, var path = target.path, !path.contains(UInt8(ascii: "\\"))
        else { return nil }
        // Two slashes alone stay two.
        if path.count > 2, path.last == UInt8(ascii: "/") { path.removeLast() }
        guard (try? ObjectName(path)) != nil else { return nil }
        self.target = target
    }

    /// Fit for `Location`.
    var text: String { target.uri }

    /// As the value of a field in a query, once encoded.
    var queryValue: String { Self.queryValue(target.bytes) }

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
