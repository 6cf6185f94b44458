/// Reads little-endian or big-endian numbers out of bytes that may be anything. Every offset is checked.
struct ByteReader {
    private let bytes: [UInt8]
    private let bigEndian: Bool

    init(_ bytes: [UInt8], bigEndian: Bool) {
        self.bytes = bytes
        self.bigEndian = bigEndian
    }

    /// Reads an unsigned number of 2, 4 or 8 bytes.
    ///
    /// - Throws: ``ELFError/truncated(_:)`` where the bytes end before it does.
    func number(at offset: UInt64, size: Int, _ what: String) throws(ELFError) -> UInt64 {
        let range = try range(offset, UInt64(size), what)
        var value: UInt64 = 0
        for index in range {
            if bigEndian {
                value = value << 8 | UInt64(bytes[index])
            } else {
                value |= UInt64(bytes[index]) << (8 * UInt64(index - range.lowerBound))
            }
        }
        return value
    }

    func slice(at offset: UInt64, count: UInt64, _ what: String) throws(ELFError) -> ArraySlice<UInt8> {
        bytes[try range(offset, count, what)]
    }

    /// Reads a NUL-terminated string.
    ///
    /// - Returns: nil where it is longer than `limit` bytes.
    /// - Throws: ``ELFError/truncated(_:)`` where the bytes end before a NUL does.
    func string(at offset: UInt64, limit: Int, _ what: String) throws(ELFError) -> String? {
        let start = try range(offset, 1, what).lowerBound
        let end = min(start + limit + 1, bytes.count)
        guard let stop = bytes[start..<end].firstIndex(of: 0) else {
            if end == bytes.count { throw .truncated(what) }
            return nil
        }
        return String(decoding: bytes[start..<stop], as: UTF8.self)
    }

    private func range(_ offset: UInt64, _ count: UInt64, _ what: String) throws(ELFError) -> Range<Int> {
        let (end, overflow) = offset.addingReportingOverflow(count)
        guard !overflow, end <= UInt64(bytes.count) else { throw .truncated(what) }
        return Int(offset)..<Int(end)
    }
}

/// What is wrong with a file that should be a shared object.
enum ELFError: Error, Equatable {
    case notELF
    case wrongClass(UInt8)
    case wrongByteOrder(UInt8)
    case wrongMachine(found: UInt16, expected: UInt16)
    case notSharedObject(UInt16)
    /// A part lies outside of the file.
    case truncated(String)
    /// A count or size that no real file has.
    case absurd(String)
    /// Tables that no linker would write so.
    case contradictory(String)
}
