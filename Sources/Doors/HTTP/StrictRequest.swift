import NIOCore

/// A complete, well-formed request.
struct StrictRequest: Sendable {
    /// Its readable bytes begin with the request.
    let bytes: ByteBuffer
    let head: RequestHead

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

    var body: ByteBuffer {
        bytes.getSlice(at: bytes.readerIndex + head.body.lowerBound, length: head.body.count) ?? .init()
    }
}
