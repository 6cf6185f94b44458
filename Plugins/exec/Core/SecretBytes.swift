import Basics
import Glibc

/// Bytes that are wiped when the last reference goes, kept out of core files, children and, as far as the limit on
/// locked memory goes, the swap space. They describe themselves without what they hold.
package final class SecretBytes: @unchecked Sendable {
    // Sendable: one owner fills it; it is shared only after that, and is not written then.
    private let memory: UnsafeMutableRawBufferPointer
    /// How many bytes are held.
    package private(set) var count = 0

    /// Makes room for so many bytes, at least 1.
    ///
    /// **Throws:** the errno of mmap(2).
    package init(capacity: Int) throws(SystemError) {
        let size = max(capacity, 1)
        let start = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let start, start != MAP_FAILED else { throw SystemError() }
        memory = UnsafeMutableRawBufferPointer(start: start, count: size)
        _ = mlock(start, size)
        _ = madvise(start, size, MADV_DONTDUMP)
        _ = madvise(start, size, MADV_WIPEONFORK)
    }

    /// Copies bytes; the caller wipes its own.
    package convenience init(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        try self.init(capacity: bytes.count)
        append(bytes)
    }

    deinit {
        // SAFETY: the mapping made in init, given back once.
        explicit_bzero(memory.baseAddress!, memory.count)
        munmap(memory.baseAddress!, memory.count)
    }

    /// The bytes that there is room for still.
    package var room: Int { memory.count - count }

    /// Lends the bytes.
    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try body(UnsafeRawBufferPointer(rebasing: memory[..<count]))
    }

    /// Appends what fits.
    func append(_ bytes: UnsafeRawBufferPointer) {
        let taken = min(bytes.count, room)
        guard taken > 0 else { return }
        UnsafeMutableRawBufferPointer(rebasing: memory[count..<count + taken])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<taken]))
        count += taken
    }

    /// Reads what fits from a descriptor: read(2)'s result, 0 at the end and when there is no room.
    func read(from descriptor: Int32) -> Int {
        guard room > 0 else { return 0 }
        let taken = Glibc.read(descriptor, memory.baseAddress! + count, room)
        if taken > 0 { count += taken }
        return taken
    }

    /// Forgets the first bytes.
    func dropFirst(_ dropped: Int) {
        let kept = count - dropped
        memmove(memory.baseAddress!, memory.baseAddress! + dropped, kept)
        explicit_bzero(memory.baseAddress! + kept, dropped)
        count = kept
    }

    /// Keeps a part alone.
    func keep(_ range: Range<Int>) {
        explicit_bzero(memory.baseAddress! + range.upperBound, count - range.upperBound)
        count = range.upperBound
        dropFirst(range.lowerBound)
    }
}

extension SecretBytes: CustomStringConvertible, CustomReflectable {
    /// Says nothing of what it holds.
    package var description: String { "(secret)" }
    /// Shows nothing of what it holds.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
