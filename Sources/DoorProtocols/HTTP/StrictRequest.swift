import AuthCore
import Glibc

/// A complete, well-formed request.
struct StrictRequest: Sendable {
    private let bytes: [UInt8]
    let head: RequestHead
    private let end: RequestEnd?

    /// Copies a request out of what was received, which the caller overwrites.
    ///
    /// Where it may hold a password, in a body or in an `Authorization`, the copy is overwritten when its last holder
    /// lets go.
    init(_ received: Span<UInt8>, _ head: RequestHead) {
        var head = head
        if let chunks = head.chunks {
            bytes = Self.copy([0..<head.body.lowerBound] + chunks, of: received)
            head.body = head.body.lowerBound..<bytes.count
            head.chunks = nil
        } else {
            bytes = Self.copy(CollectionOfOne(0..<head.body.upperBound), of: received)
        }
        self.head = head
        end = head.mayHoldSecret ? RequestEnd(bytes) : nil
    }

    private static func copy(_ parts: some Collection<Range<Int>>, of received: Span<UInt8>) -> [UInt8] {
        var copy: [UInt8] = []
        // INVARIANT: it never grows, so that no second copy of a password is left behind.
        copy.reserveCapacity(parts.reduce(0) { $0 + $1.count })
        received.withUnsafeBufferPointer { source in
            for part in parts { copy.append(contentsOf: source[part]) }
        }
        return copy
    }

    /// The request, with the chunks of its body put together.
    var span: Span<UInt8> {
        // The request as a whole is borrowed, so that what overwrites the bytes at its end is held as well.
        @_lifetime(borrow self) get { _overrideLifetime(bytes.span, borrowing: self) }
    }

    /// Where the value of a field is, nil without one.
    ///
    /// - Throws: a refusal where the field is there more than once: readers differ about which of them counts.
    func field(_ name: FieldName) throws(RequestRefusal) -> Range<Int>? { try head.field(name, in: span) }

    func copy(_ range: Range<Int>) -> [UInt8] { Array(bytes[range]) }

    /// A range as a secret.
    func secret(_ range: Range<Int>) -> Secret {
        bytes.withUnsafeBytes { Secret(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    /// Lends the body.
    func withBody<Result>(_ read: (UnsafeRawBufferPointer) -> Result) -> Result {
        bytes.withUnsafeBytes { read(UnsafeRawBufferPointer(rebasing: $0[head.body])) }
    }
}

/// Overwrites the bytes of a request when its last holder lets go.
private final class RequestEnd: Sendable {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    deinit {
        bytes.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return }
            // SAFETY: the memory is the heap's. It is not copied first, as a write through the array would, because these
            // very bytes must go. A reader of them holds the request, and so this object too.
            explicit_bzero(UnsafeMutableRawPointer(mutating: start), bytes.count)
        }
    }
}
