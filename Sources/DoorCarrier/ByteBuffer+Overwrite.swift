import Glibc
import NIOCore

extension ByteBuffer {
    /// Overwrites readable bytes where they lie, for all code that holds them.
    ///
    /// - Parameter range: counted from the reader's index; nil for all.
    func overwrite(_ range: Range<Int>? = nil) {
        withUnsafeReadableBytes { bytes in
            let range = (range ?? 0..<bytes.count).clamped(to: 0..<bytes.count)
            guard let start = bytes.baseAddress, !range.isEmpty else { return }
            // SAFETY: the memory of a buffer is the heap's, and this range is within it. It is not copied first, as a
            // write through the buffer would, because the very bytes that the network library received must go. The caller
            // sees to it that no code reads them afterwards.
            explicit_bzero(UnsafeMutableRawPointer(mutating: start + range.lowerBound), range.count)
        }
    }
}
