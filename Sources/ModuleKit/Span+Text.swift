import CAuthModule

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

extension Span<UInt8> {
    /// Copies the bytes as text; what is not UTF-8 is replaced.
    public func text() -> String { withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) } }

    /// Says whether the bytes are exactly those of `text`. Not for secrets: the time it takes tells how much is equal.
    public func isEqual(to text: StaticString) -> Bool { count == text.utf8CodeUnitCount && hasPrefix(text) }

    /// Says whether the bytes are those of `other`. Not for secrets, as above.
    public func isEqual(to other: [UInt8]) -> Bool {
        guard count == other.count else { return false }
        return withUnsafeBufferPointer { left in
            other.withUnsafeBufferPointer { right in
                guard let left = left.baseAddress, let right = right.baseAddress else { return true }
                // SAFETY: both hold `count` bytes.
                return memcmp(left, right, count) == 0
            }
        }
    }

    /// Says whether the bytes start with those of `text`.
    public func hasPrefix(_ text: StaticString) -> Bool {
        // A static text may be a lone scalar, which has no bytes to compare with.
        guard text.hasPointerRepresentation, count >= text.utf8CodeUnitCount else { return false }
        guard text.utf8CodeUnitCount > 0 else { return true }
        return withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return false }
            // SAFETY: both hold at least as many bytes as `text`.
            return memcmp(base, text.utf8Start, text.utf8CodeUnitCount) == 0
        }
    }
}

extension Span<UInt8> {
    /// Lends a copy with a NUL behind it, nil for bytes with a NUL inside; the copy is wiped.
    func withTerminatedCopy<Result>(_ body: (UnsafePointer<CChar>?) -> Result) -> Result {
        withUnsafeBytes { bytes in
            guard !bytes.contains(0) else { return body(nil) }
            return withUnsafeTemporaryAllocation(of: CChar.self, capacity: bytes.count + 1) { copy in
                // SAFETY: the copy has room for every byte and the NUL.
                let memory = UnsafeMutableRawBufferPointer(copy)
                memory.copyMemory(from: bytes)
                memory[bytes.count] = 0
                defer { explicit_bzero(memory.baseAddress!, memory.count) }
                return body(copy.baseAddress)
            }
        }
    }
}

extension String {
    /// Whether it holds a NUL, where C would end it.
    var holdsNUL: Bool { utf8.contains(0) }

    /// The text with `\0` for each NUL, for people.
    var withoutNULs: String {
        holdsNUL ? split(separator: "\0", omittingEmptySubsequences: false).joined(separator: "\\0") : self
    }
}

extension auth_string_t {
    /// Says whether length and pointer fit together.
    var isValid: Bool { data == nil ? length == 0 : length >= 0 }

    /// The bytes; empty for "not given".
    ///
    /// SAFETY: only for strings that are valid as the host promises; the caller ties the span to the host's record.
    var span: Span<UInt8> {
        @_lifetime(immortal)
        get {
            let start = UnsafeRawPointer(data)?.assumingMemoryBound(to: UInt8.self)
            let bytes = UnsafeBufferPointer(start: start, count: length)
            return _overrideLifetime(Span(_unsafeElements: bytes), copying: ())
        }
    }
}
