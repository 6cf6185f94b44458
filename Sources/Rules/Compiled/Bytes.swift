#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Points at bytes that other code owns, for the length of one call.
struct Bytes: BitwiseCopyable {
    let base: UnsafePointer<UInt8>
    let count: Int

    @inline(__always)
    init(_ base: UnsafePointer<UInt8>, _ count: Int) {
        self.base = base
        self.count = count
    }

    @inline(__always)
    func slice(_ start: Int, _ length: Int) -> Bytes {
        assert(start >= 0 && length >= 0 && start + length <= count)
        // SAFETY: the slice lies inside this view.
        return Bytes(base + start, length)
    }

    @inline(__always)
    static func == (left: Bytes, right: Bytes) -> Bool {
        // SAFETY: both views hold `count` readable bytes.
        left.count == right.count && memcmp(left.base, right.base, left.count) == 0
    }

    var array: [UInt8] { Array(UnsafeBufferPointer(start: base, count: count)) }
}

extension Span<UInt8> {
    /// Lends the span's bytes to `body`; an empty span lends a pointer that must not be read.
    @inline(__always)
    func withBytes<Result>(_ body: (Bytes) -> Result) -> Result {
        withUnsafeBufferPointer { buffer in
            // SAFETY: valid until `body` returns; nothing is read through the stand-in of an empty span.
            body(Bytes(buffer.baseAddress ?? UnsafePointer(bitPattern: 1).unsafelyUnwrapped, buffer.count))
        }
    }
}
