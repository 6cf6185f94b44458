import AuthCore
import NIOCore

/// A complete, well-formed request.
struct StrictRequest: Sendable {
    /// Its readable bytes begin with the request.
    let bytes: ByteBuffer
    let head: RequestHead
    private let end: RequestEnd?

    /// - Parameter bytes: are overwritten up to the end of the request when nobody holds it any more, where they may hold
    ///   a password: in a body, or in an `Authorization`.
    init(bytes: ByteBuffer, head: RequestHead) {
        self.bytes = bytes
        self.head = head
        end = head.mayHoldSecret ? RequestEnd(bytes, head.body.upperBound) : nil
    }

    /// Puts the chunks of a body together, behind a copy of the header.
    ///
    /// - Parameter bytes: the caller overwrites them.
    init(joining bytes: ByteBuffer, _ head: RequestHead) {
        let chunks = head.chunks ?? []
        let start = head.body.lowerBound
        let length = chunks.reduce(0) { $0 + $1.count }
        var whole = ByteBufferAllocator().buffer(capacity: start + length)
        bytes.withUnsafeReadableBytes { all in
            whole.writeBytes(all[..<start])
            for chunk in chunks { whole.writeBytes(all[chunk]) }
        }
        var head = head
        head.body = start..<start + length
        head.chunks = nil
        self.init(bytes: whole, head: head)
    }

    /// Where the value of a field is, nil without one.
    ///
    /// - Throws: a refusal where the field is there more than once: nobody could say which of them counts.
    func field(_ name: FieldName) throws(RequestRefusal) -> Range<Int>? {
        try head.field(name, in: bytes.readableBytesUInt8Span)
    }

    func copy(_ range: Range<Int>) -> [UInt8] {
        let span = bytes.readableBytesUInt8Span
        return [UInt8](unsafeUninitializedCapacity: range.count) { storage, count in
            // SAFETY: `storage` has room for as many bytes as the range has.
            for (target, source) in range.enumerated() { storage[target] = span[source] }
            count = range.count
        }
    }

    /// A range as a secret.
    func secret(_ range: Range<Int>) -> Secret {
        bytes.withUnsafeReadableBytes { Secret(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    /// Lends the body.
    func withBody<Result>(_ read: (UnsafeRawBufferPointer) -> Result) -> Result {
        bytes.withUnsafeReadableBytes { read(UnsafeRawBufferPointer(rebasing: $0[head.body])) }
    }

    var body: ByteBuffer {
        bytes.getSlice(at: bytes.readerIndex + head.body.lowerBound, length: head.body.count) ?? .init()
    }
}

/// Overwrites the bytes of a request when its last holder lets go.
private final class RequestEnd: Sendable {
    private let bytes: ByteBuffer
    private let count: Int

    init(_ bytes: ByteBuffer, _ count: Int) {
        self.bytes = bytes
        self.count = count
    }

    deinit { bytes.overwrite(0..<count) }
}
