import Glibc

/// Reads little-endian or big-endian numbers out of bytes that may be anything. Every offset is checked.
struct ByteReader {
    private let source: ByteSource
    private let bigEndian: Bool

    init(_ source: ByteSource, bigEndian: Bool) {
        self.source = source
        self.bigEndian = bigEndian
    }

    init(_ bytes: [UInt8], bigEndian: Bool) { self.init(.memory(bytes), bigEndian: bigEndian) }

    /// Reads an unsigned number of 2, 4 or 8 bytes.
    ///
    /// - Throws: ``ELFError/truncated(_:)`` where the bytes end before it does.
    func number(at offset: UInt64, size: Int, _ what: String) throws(ELFError) -> UInt64 {
        let range = try range(at: offset, count: UInt64(size), what)
        let number = source.withBytes(of: range) { bytes in
            var value: UInt64 = 0
            for place in bytes.indices {
                value = value << 8 | UInt64(bytes[bigEndian ? place : bytes.count - 1 - place])
            }
            return value
        }
        guard let number else { throw .truncated(what) }
        return number
    }

    func slice(at offset: UInt64, count: UInt64, _ what: String) throws(ELFError) -> ArraySlice<UInt8> {
        guard let bytes = source.slice(try range(at: offset, count: count, what)) else { throw .truncated(what) }
        return bytes
    }

    /// Returns where so many bytes are, none of which is looked at.
    ///
    /// - Throws: ``ELFError/truncated(_:)`` where there are fewer.
    @discardableResult
    func range(at offset: UInt64, count: UInt64, _ what: String) throws(ELFError) -> Range<Int> {
        let (end, overflow) = offset.addingReportingOverflow(count)
        guard !overflow, end <= UInt64(source.count) else { throw .truncated(what) }
        return Int(offset)..<Int(end)
    }

    /// Reads a NUL-terminated string.
    ///
    /// - Returns: nil where it is longer than `limit` bytes.
    /// - Throws: ``ELFError/truncated(_:)`` where the bytes end before a NUL does.
    func string(at offset: UInt64, limit: Int, _ what: String) throws(ELFError) -> String? {
        guard offset < UInt64(source.count) else { throw .truncated(what) }
        let room = min(UInt64(limit) + 1, UInt64(source.count) - offset)
        let range = try range(at: offset, count: room, what)
        let text = source.withBytes(of: range) { bytes in
            bytes.firstIndex(of: 0).map { String(decoding: bytes[..<$0], as: UTF8.self) }
        }
        guard let text else { throw .truncated(what) }
        if text == nil, room <= UInt64(limit) { throw .truncated(what) }
        return text
    }
}

/// Bytes that a ``ByteReader`` reads: all in memory, or in a file of which it needs little.
enum ByteSource {
    case memory([UInt8])
    case sealed(SealedBytes)
    case file(FileWindow)

    var count: Int {
        switch self {
        case .memory(let bytes): bytes.count
        case .sealed(let bytes): bytes.count
        case .file(let window): window.size
        }
    }

    /// The bytes of a range within ``count``; nil where the file has become shorter or cannot be read.
    func slice(_ range: Range<Int>) -> ArraySlice<UInt8>? {
        switch self {
        case .memory(let bytes): bytes[range]
        case .sealed(let bytes): bytes.withBytes(of: range) { ArraySlice($0) }
        case .file(let window): window.slice(range)
        }
    }

    /// Lends the bytes of a range within ``count`` to `body`; nil where the file has become shorter or cannot be read.
    func withBytes<Result>(of range: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
        switch self {
        case .memory(let bytes): bytes[range].withUnsafeBytes(body)
        case .sealed(let bytes): bytes.withBytes(of: range, body)
        case .file(let window): window.slice(range)?.withUnsafeBytes(body)
        }
    }
}

/// A part of a file, which moves to where it is read. Of one thread at a time.
final class FileWindow {
    /// Bytes of the file when it was opened.
    let size: Int
    private static let length = 16 * 1024
    private let descriptor: Int32
    private var start = 0
    private var bytes: [UInt8] = []

    /// Takes over the descriptor of a regular file.
    init(_ descriptor: Int32, size: Int) {
        self.descriptor = descriptor
        self.size = size
    }

    deinit { close(descriptor) }

    func slice(_ range: Range<Int>) -> ArraySlice<UInt8>? {
        if range.lowerBound < start || range.upperBound > start + bytes.count { read(range) }
        guard range.upperBound <= start + bytes.count else { return nil }
        return bytes[range.lowerBound - start..<range.upperBound - start]
    }

    /// Moves so that it holds a range, as far as the file does.
    private func read(_ range: Range<Int>) {
        let wanted = max(range.count, min(Self.length, size - range.lowerBound))
        start = range.lowerBound
        bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
            while count < wanted {
                // SAFETY: `count` bytes are filled; the rest of the buffer is writable and `wanted - count` long.
                let got = pread(descriptor, buffer.baseAddress! + count, wanted - count, range.lowerBound + count)
                if got < 0 && errno == EINTR { continue }
                if got <= 0 { return }
                count += got
            }
        }
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
