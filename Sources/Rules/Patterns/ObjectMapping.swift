/// Renames objects of one form: `/FX/%1` to `/FX/%u/%1`.
///
/// In the pattern a segment is fixed text, `%1`…`%9` (captures the whole segment) or `%u` (the user's name). In the
/// replacement `%1`…`%9` and `%u` stand anywhere; `%%` is a percent sign in both. A result is never mapped again.
public struct ObjectMapping: Sendable, Hashable {
    private enum Segment: Sendable, Hashable {
        case literal([UInt8])
        case capture(Int)
        case user
    }

    private enum Piece: Sendable, Hashable {
        case bytes([UInt8])
        case capture(Int)
        case user
    }

    private let pattern: [Segment]
    private let replacement: [Piece]

    /// Says whether a mapping applied.
    public enum Outcome: Sendable, Hashable {
        /// The name does not match.
        case unmapped
        /// The name matches, and the new one was written.
        case mapped
        /// The name matches, but the new one would be longer than 4095 bytes; nothing was written.
        case tooLong
    }

    /// Reads the pattern of a mapping and its replacement.
    ///
    /// Throws: ``Fault`` naming the half and the offset in it: a capture used but not made, made twice, or not a whole
    /// segment; a wildcard; what cannot stand in a path.
    public init(from: [UInt8], to: [UInt8]) throws(Fault) {
        do {
            pattern = try Self.segments(from)
        } catch {
            throw Fault(isReplacement: false, error: error)
        }
        var made: Set<Int> = []
        for case .capture(let number) in pattern { made.insert(number) }
        do {
            replacement = try Self.pieces(to, captures: made)
        } catch {
            throw Fault(isReplacement: true, error: error)
        }
    }

    /// The pattern's segments with signs for what they capture, see `userSign`; a capture alone matches any segment.
    var fixedAndSigns: [(bytes: [UInt8], isFixed: Bool)] {
        pattern.map { segment in
            switch segment {
            case .literal(let bytes): (bytes, true)
            case .user: ([Self.userSign], true)
            case .capture(let number): ([UInt8(number)], false)
            }
        }
    }

    /// Reports which half of a mapping cannot be read, and why.
    public struct Fault: Error, Sendable, Hashable {
        /// True for the replacement, false for the pattern.
        public let isReplacement: Bool
        /// What cannot stand there.
        public let error: PatternError
    }

    /// Whether the user's name becomes a part of the new name.
    public var insertsUser: Bool { replacement.contains(.user) }

    /// Maps `name` for `user`, and on `.mapped` puts the new name into `result` in place of what was there.
    public func apply(_ name: Span<UInt8>, user: Span<UInt8>, into result: inout [UInt8]) -> Outcome {
        name.withBytes { name in
            user.withBytes { user in
                guard let captures = match(name, user) else { return .unmapped }
                return write(name, user, captures, &result)
            }
        }
    }

    private func match(_ name: Bytes, _ user: Bytes) -> [10 of (start: Int, length: Int)]? {
        var captures = [10 of (start: Int, length: Int)](repeating: (0, 0))
        // SAFETY: the first byte is read after the count was checked.
        guard name.count > 0, name.base[0] == SegmentKey.slash else { return nil }
        var position = 1
        for segment in pattern {
            guard position < name.count else { return nil }
            let key = SegmentKey(reading: name.base, from: position, count: name.count)
            let text = name.slice(key.start, key.length)
            switch segment {
            case .capture(let number): captures[number] = (key.start, key.length)
            case .user: if !(text == user) { return nil }
            case .literal(let wanted): if !wanted.span.withBytes({ $0 == text }) { return nil }
            }
            if key.length == 0 { return nil }
            position += key.length + 1
        }
        let isWhole = pattern.isEmpty ? name.count == 1 : position == name.count + 1
        return isWhole ? captures : nil
    }

    private func write(
        _ name: Bytes, _ user: Bytes, _ captures: [10 of (start: Int, length: Int)], _ result: inout [UInt8]
    ) -> Outcome {
        var length = 0
        for piece in replacement {
            switch piece {
            case .bytes(let bytes): length += bytes.count
            case .capture(let number): length += captures[number].length
            case .user: length += user.count
            }
        }
        guard length <= ObjectPattern.maximumLength else { return .tooLong }
        result.removeAll(keepingCapacity: true)
        for piece in replacement {
            switch piece {
            case .bytes(let bytes): result.append(contentsOf: bytes)
            case .capture(let number): result.append(name.slice(captures[number].start, captures[number].length))
            case .user: result.append(user)
            }
        }
        return .mapped
    }

    private static func segments(_ bytes: [UInt8]) throws(PatternError) -> [Segment] {
        var segments: [Segment] = []
        for range in try PathText.segments(of: bytes) {
            let segment = try segment(bytes, range)
            if case .capture(let number) = segment, segments.contains(segment) {
                throw PatternError(range.lowerBound, "`%\(number)` captures twice")
            }
            segments.append(segment)
        }
        return segments
    }

    private static func segment(_ bytes: [UInt8], _ range: Range<Int>) throws(PatternError) -> Segment {
        if let star = bytes[range].firstIndex(of: UInt8(ascii: "*")) {
            throw PatternError(star, "`*` is not accepted in a mapping, a segment is captured with `%1`…`%9`")
        }
        var literal: [UInt8] = []
        for (piece, offset) in try PathText.pieces(bytes, range) {
            switch piece {
            case .bytes(let run): literal += run
            case .escape(let letter):
                let escape = try Self.escape(letter, offset)
                guard range.count == 2 else {
                    let shown = PathText.shown(bytes[range])
                    throw PatternError(
                        offset, "`%\(Character(UnicodeScalar(letter)))` must be the whole segment \(shown)")
                }
                return escape.map(Segment.capture) ?? .user
            }
        }
        return .literal(literal)
    }

    private static func pieces(_ bytes: [UInt8], captures: Set<Int>) throws(PatternError) -> [Piece] {
        // The checks of a path; where its segments are is of no interest here.
        _ = try PathText.segments(of: bytes)
        var result: [Piece] = []
        for (piece, offset) in try PathText.pieces(bytes, bytes.indices) {
            switch piece {
            case .bytes(let run): result.append(.bytes(run))
            case .escape(let letter):
                guard let number = try escape(letter, offset) else {
                    result.append(.user)
                    continue
                }
                guard captures.contains(number) else {
                    throw PatternError(offset, "`%\(number)` is not captured by the pattern")
                }
                result.append(.capture(number))
            }
        }
        return result
    }

    /// Returns the number of a capture, nil for `%u`.
    private static func escape(_ letter: UInt8, _ offset: Int) throws(PatternError) -> Int? {
        switch letter {
        case UInt8(ascii: "u"): return nil
        case UInt8(ascii: "1")...UInt8(ascii: "9"): return Int(letter - UInt8(ascii: "0"))
        default:
            let found = PathText.shown([UInt8(ascii: "%"), letter])
            throw PatternError(offset, "found \(found) in a mapping, expected `%1`…`%9`, `%u` or `%%`")
        }
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ bytes: Bytes) {
        append(contentsOf: UnsafeBufferPointer(start: bytes.base, count: bytes.count))
    }
}
