import Basics

/// Splits the text of patterns and mappings, with the checks both need.
enum PathText {
    enum Piece {
        case bytes([UInt8])
        /// `%` and the byte after it; `%%` is a piece of bytes.
        case escape(UInt8)
    }

    /// Finds the segments of an absolute path; `/` has none.
    static func segments(of bytes: [UInt8]) throws(PatternError) -> [Range<Int>] {
        let slash = UInt8(ascii: "/")
        guard bytes.first == slash else { throw PatternError(0, "\(shown(bytes[...])) does not begin with `/`") }
        guard bytes.count <= ObjectPattern.maximumLength else {
            throw PatternError(
                ObjectPattern.maximumLength, "\(bytes.count) bytes, at most \(ObjectPattern.maximumLength) are accepted"
            )
        }
        if let offset = bytes.firstIndex(where: { $0 < 0x20 || $0 == 0x7F }) {
            throw PatternError(offset, "control character \(bytes[offset]) is not accepted in a path")
        }
        guard String(validating: bytes, as: UTF8.self) != nil else { throw PatternError(0, "the path is not UTF-8") }
        if bytes.count == 1 { return [] }
        var ranges: [Range<Int>] = []
        var start = 1
        for end in 1...bytes.count where end == bytes.count || bytes[end] == slash {
            try checkSegment(bytes, start..<end)
            ranges.append(start..<end)
            start = end + 1
        }
        return ranges
    }

    /// Splits a range at its `%` escapes, each with its offset.
    static func pieces(_ bytes: [UInt8], _ range: Range<Int>) throws(PatternError) -> [(Piece, Int)] {
        let percent = UInt8(ascii: "%")
        var pieces: [(Piece, Int)] = []
        var position = range.lowerBound
        while position < range.upperBound {
            if bytes[position] == percent {
                guard position + 1 < range.upperBound else {
                    throw PatternError(position, "`%` at the end of a segment, a percent sign is written `%%`")
                }
                let letter = bytes[position + 1]
                pieces.append((letter == percent ? .bytes([percent]) : .escape(letter), position))
                position += 2
            } else {
                let end = bytes[position..<range.upperBound].firstIndex(of: percent) ?? range.upperBound
                pieces.append((.bytes(Array(bytes[position..<end])), position))
                position = end
            }
        }
        return pieces
    }

    /// Quotes at most 80 bytes for a message; what cannot be seen is escaped.
    static func shown(_ bytes: some Sequence<UInt8>) -> String {
        "`\(String(decoding: Array(bytes.prefix(80)), as: UTF8.self).controlsEscaped)`"
    }

    private static func checkSegment(_ bytes: [UInt8], _ range: Range<Int>) throws(PatternError) {
        if range.isEmpty {
            throw PatternError(range.lowerBound - 1, "\(shown(bytes)) has an empty segment")
        }
        let text = bytes[range]
        if text.allSatisfy({ $0 == UInt8(ascii: ".") }) && text.count <= 2 {
            throw PatternError(range.lowerBound, "the segment \(shown(text)) is not accepted in a path")
        }
    }
}
