import Basics
import Glibc

/// Reads a file line by line, in pieces of a megabyte. Of one thread at a time.
package final class LineFile {
    private let descriptor: Int32
    private var bytes: [UInt8] = []
    private var place = 0
    private var isOver = false
    /// Whether the line that was read last has no line feed.
    package private(set) var isTorn = false

    private static let piece = 1 << 20

    /// Bytes of the file when it was opened; 0 for a pipe.
    package let size: Int

    /// - Throws: ``SystemError`` for a file that cannot be read.
    package init(_ path: String) throws(SystemError) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError(errno, "`\(path)` cannot be read") }
        var status = stat()
        size = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : 0
    }

    deinit { close(descriptor) }

    /// Returns the next line without its line feed; nil behind the last.
    package func next() throws(SystemError) -> ArraySlice<UInt8>? {
        var looked = place
        while true {
            if let end = lineFeed(from: looked) {
                defer { place = end + 1 }
                return bytes[place..<end]
            }
            guard !isOver else {
                defer { place = bytes.count }
                isTorn = true
                return place < bytes.count ? bytes[place...] : nil
            }
            looked = bytes.count - place
            try fill()
        }
    }

    private func lineFeed(from start: Int) -> Int? {
        bytes.withUnsafeBytes { all in
            guard start < all.count, let base = all.baseAddress else { return nil }
            // SAFETY: the bytes from `start` on are there.
            return memchr(base + start, 10, all.count - start).map { $0 - UnsafeMutableRawPointer(mutating: base) }
        }
    }

    /// Drops what was given out, and reads a piece more.
    private func fill() throws(SystemError) {
        bytes.removeFirst(place)
        place = 0
        let before = bytes.count
        bytes += repeatElement(0, count: Self.piece)
        var count: Int
        repeat {
            // SAFETY: the kernel writes at most as many bytes as there are from `before` on.
            count = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress.map { $0 + before }, Self.piece) }
        } while count < 0 && errno == EINTR
        guard count >= 0 else { throw SystemError(errno, "it cannot be read") }
        bytes.removeLast(Self.piece - count)
        isOver = count == 0
    }
}
