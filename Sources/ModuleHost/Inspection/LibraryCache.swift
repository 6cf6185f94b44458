/// Where ldconfig(8) says that a library is: /etc/ld.so.cache, which the dynamic linker asks before its default folders.
///
/// Source: glibc, elf/cache.c and sysdeps/generic/dl-cache.h, the format "glibc-ld.so.cache1.1".
struct LibraryCache {
    private static let magic = Array("glibc-ld.so.cache1.1".utf8)
    private let reader: ByteReader
    /// Where the format begins: older versions of ldconfig write another in front of it.
    private let start: UInt64
    private let count: UInt64

    /// - Returns: nil for bytes that are not such a cache.
    init?(_ bytes: [UInt8]) {
        guard let start = Self.start(in: bytes) else { return nil }
        let reader = ByteReader(bytes, bigEndian: UInt16(1).littleEndian != 1)
        guard let count = try? reader.number(at: start + 20, size: 4, ""), count <= 1 << 20 else { return nil }
        self.reader = reader
        self.start = start
        self.count = count
    }

    /// Every path under which a library is known, for whatever processor.
    func paths(of library: String) -> [String] {
        let name = Array(library.utf8) + [0]
        var paths: [String] = []
        for index in 0..<count {
            let row = start + 48 + index * 24
            guard isText(row + 4, name), let path = text(row + 8) else { continue }
            paths.append(path)
        }
        return paths
    }

    /// Whether the text that a place tells of is a name, given with its NUL. Compared as bytes: most rows are of others.
    private func isText(_ place: UInt64, _ name: [UInt8]) -> Bool {
        guard let offset = try? reader.number(at: place, size: 4, ""),
            let found = try? reader.slice(at: start + offset, count: UInt64(name.count), "")
        else { return false }
        return found.elementsEqual(name)
    }

    private func text(_ place: UInt64) -> String? {
        guard let offset = try? reader.number(at: place, size: 4, "") else { return nil }
        return (try? reader.string(at: start + offset, limit: 4096, "")) ?? nil
    }

    private static func start(in bytes: [UInt8]) -> UInt64? {
        if bytes.starts(with: magic) { return 0 }
        // "ld.so-1.7.0", a padding byte and a count of rows of 12 bytes; the other format follows, aligned to 8.
        guard bytes.starts(with: Array("ld.so-1.7.0".utf8)) else { return nil }
        let reader = ByteReader(bytes, bigEndian: UInt16(1).littleEndian != 1)
        guard let rows = try? reader.number(at: 12, size: 4, ""), rows <= 1 << 20 else { return nil }
        let start = (16 + rows * 12 + 7) / 8 * 8
        guard start < bytes.count, bytes[Int(start)...].starts(with: magic) else { return nil }
        return start
    }
}
