/// The target of a request that a proxy holds back, as its client sent it: the one reader for what nginx, Caddy and Traefik say
/// in a field and Envoy in its request line.
///
/// It may hold more than RFC 3986 lets stand in a URI, for browsers send more: `[`, `]`, `|`, `{`, `}`, `^`, `"`, `<`, `>`, a
/// backtick and a `%` alone go out as they are in a query, some of them in a path (the URL Standard, section 1.3), and some
/// programs send UTF-8 as it is. What no client sends, and readers would take for different things, is no target: a space, a
/// control, and `#`.
struct ForwardedTarget: Sendable, Hashable {
    /// The path and the query.
    let bytes: [UInt8]
    /// Where the path ends.
    private let end: Int

    /// - Returns: nil for what is no target.
    init?(_ bytes: [UInt8]) {
        guard bytes.first == UInt8(ascii: "/"),
            bytes.allSatisfy({ RequestGrammar.isVisible[Int($0)] && $0 != UInt8(ascii: "#") })
        else { return nil }
        self.bytes = bytes
        end = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.count
    }

    /// The path, decoded once; nil where a `%` of it is not followed by two hexadecimal digits. The query is not looked at.
    var path: [UInt8]? { PercentEncoding.decode(bytes.span, 0..<end) }

    /// The same target as a URI: what cannot stand in one is percent-encoded, a `%` alone too.
    var uri: String {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        for (index, byte) in bytes.enumerated() {
            if RequestGrammar.isTarget[Int(byte)] || byte == UInt8(ascii: "%") && isEscape(at: index) {
                text.append(byte)
            } else {
                text += PercentEncoding.escape(byte).utf8
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private func isEscape(at index: Int) -> Bool {
        index + 2 < bytes.count && RequestGrammar.hexadecimalValue(bytes[index + 1]) != nil
            && RequestGrammar.hexadecimalValue(bytes[index + 2]) != nil
    }
}
