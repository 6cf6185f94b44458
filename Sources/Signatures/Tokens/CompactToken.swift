/// The parts of a token in the compact serialisation of RFC 7515, section 7.1; nothing of it is believed yet.
struct CompactToken {
    let header: [UInt8]
    let payload: [UInt8]
    let signature: [UInt8]
    /// What was signed: header and payload as they stand in the token, with the dot.
    let signingInput: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) throws(TokenRefusal) {
        guard bytes.count <= TokenVerifier.tokenLimit else { throw .tooLong(bytes.count) }
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Base64URL.decode(parts[0]), let payload = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2])
        else { throw .notCompact }
        self.header = header
        self.payload = payload
        self.signature = signature
        signingInput = bytes[..<parts[1].endIndex]
    }
}
