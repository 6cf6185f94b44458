/// Holds a parsed object pattern: a path whose segments may be wildcards.
///
/// | written      | matches                                                         |
/// |--------------|-----------------------------------------------------------------|
/// | `/A/B`       | that name alone; `/` is the root                                 |
/// | `*`          | any one segment; always a whole segment                          |
/// | `**`         | any number of segments, none included; always a whole segment    |
/// | `%u`         | the user's name, as a segment or inside one                      |
/// | `%g`         | the name of a group of the user, as a segment or inside one; one |
/// |              | group for all of its uses in a pattern                           |
/// | `%%`         | a percent sign                                                   |
public struct ObjectPattern: Sendable, Hashable {
    enum Part: Sendable, Hashable {
        case bytes([UInt8])
        case user
        case group
    }

    enum Segment: Sendable, Hashable {
        case literal([UInt8])
        case template([Part])
        case any
        case deep
    }

    let segments: [Segment]

    /// Longest pattern and longest name, in bytes.
    public static let maximumLength = 4095

    /// Reads a pattern. Neighbouring `**` are one.
    ///
    /// Throws: a ``PatternError`` with the offset of the first byte that cannot stand.
    public init(_ bytes: [UInt8]) throws(PatternError) {
        var segments: [Segment] = []
        for range in try PathText.segments(of: bytes) {
            let segment = try Self.segment(bytes, range)
            if segment == .deep && segments.last == .deep { continue }
            segments.append(segment)
        }
        self.segments = segments
    }

    /// Orders patterns by specificity: the first differing segment decides, and a fixed segment (`%u` and `%g`
    /// included) is more specific than `*`, that than the pattern's end, that than `**`. Compared byte by byte, greater
    /// wins.
    var shape: [UInt8] {
        segments.map { segment in
            switch segment {
            case .literal, .template: 3
            case .any: 2
            case .deep: 0
            }
        } + [1]
    }

    private static func segment(_ bytes: [UInt8], _ range: Range<Int>) throws(PatternError) -> Segment {
        let text = bytes[range]
        if text.elementsEqual([UInt8(ascii: "*")]) { return .any }
        if text.elementsEqual([UInt8(ascii: "*"), UInt8(ascii: "*")]) { return .deep }
        if let star = text.firstIndex(of: UInt8(ascii: "*")) {
            let shown = PathText.shown(text)
            throw PatternError(star, "`*` stands for a whole segment and cannot be a part of \(shown)")
        }
        var parts: [Part] = []
        var literal: [UInt8] = []
        for (piece, offset) in try PathText.pieces(bytes, range) {
            switch piece {
            case .bytes(let run): literal += run
            case .escape(let letter) where letter == UInt8(ascii: "u") || letter == UInt8(ascii: "g"):
                if !literal.isEmpty { parts.append(.bytes(literal)) }
                literal = []
                parts.append(letter == UInt8(ascii: "u") ? .user : .group)
            case .escape(let letter):
                let found = PathText.shown([UInt8(ascii: "%"), letter])
                throw PatternError(offset, "found \(found) in an object pattern, expected `%u`, `%g` or `%%`")
            }
        }
        if parts.isEmpty { return .literal(literal) }
        if !literal.isEmpty { parts.append(.bytes(literal)) }
        return .template(parts)
    }
}

/// Reports what cannot stand in a pattern or a mapping.
public struct PatternError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Offset of the offending byte, 0-based.
    public let offset: Int
    /// What was found and what would be accepted; one line, no secret.
    public let description: String

    init(_ offset: Int, _ description: String) {
        self.offset = offset
        self.description = description
    }
}
