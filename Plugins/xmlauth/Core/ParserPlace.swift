import Accounts
import CLibXML2
import Glibc

/// Finds places in the buffer of a parser that is inside a callback.
struct ParserPlace {
    private let input: xmlParserInputPtr
    /// How far back the beginning of a line is looked for; beyond, the parser's own count of characters is taken.
    private static let longestLine = 4_096

    init(_ input: xmlParserInputPtr) { self.input = input }

    /// Finds line and column of `byte`, or of the current tag's `<` when it is not in the buffer.
    ///
    /// newlines: those from the byte on that the parser has counted, for the case that it has not passed the byte yet.
    func find(_ byte: UnsafePointer<UInt8>?, newlines: Int) -> Place {
        guard let base = input.pointee.base, let current = input.pointee.cur, let end = input.pointee.end else {
            return Place(line: 0)
        }
        let isInside = byte.map { $0 >= base && $0 < end } ?? false
        // `<` cannot stand inside a tag.
        guard let found = isInside ? byte : Self.last(UInt8(ascii: "<"), in: base, before: current) else {
            return Place(line: Int(input.pointee.line), column: Int(input.pointee.col))
        }
        let passed = found < current ? Self.newlines(from: found, to: current) : newlines
        let line = Int(input.pointee.line) - passed
        let start = found - base > Self.longestLine ? found - Self.longestLine : base
        if let newline = Self.last(0x0A, in: start, before: found) { return Place(line: line, column: found - newline) }
        if start == base && input.pointee.consumed == 0 { return Place(line: line, column: found - base + 1) }
        // The line began before what was looked at: count back from where the parser stands.
        return Place(line: line, column: max(1, Int(input.pointee.col) - (current - found)))
    }

    /// Looks backwards, eight bytes at a time: it is done for every element of a large file.
    private static func last(
        _ byte: UInt8, in base: UnsafePointer<UInt8>, before end: UnsafePointer<UInt8>
    ) -> UnsafePointer<UInt8>? {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let wanted = ones &* UInt64(byte)
        var scan = end
        // SAFETY: `base..<end` is inside the parser's buffer, which does not change during a callback.
        while scan - base >= 8 {
            let word = UnsafeRawPointer(scan - 8).loadUnaligned(as: UInt64.self) ^ wanted
            if (word &- ones) & ~word & (ones << 7) != 0 { break }
            scan -= 8
        }
        while scan > base {
            scan -= 1
            // SAFETY: as above.
            if scan.pointee == byte { return scan }
        }
        return nil
    }

    private static func newlines(from start: UnsafePointer<UInt8>, to end: UnsafePointer<UInt8>) -> Int {
        var count = 0
        var scan = start
        // SAFETY: as above; the scan ends at `end`.
        while scan < end, let found = memchr(scan, 0x0A, end - scan) {
            count += 1
            scan = UnsafePointer(found.assumingMemoryBound(to: UInt8.self)) + 1
        }
        return count
    }
}
