import CAuthModule

/// Fields and attributes as the host lends them: the addresses of records.
enum Pairs {
    typealias Addresses = UnsafePointer<UnsafePointer<auth_pair_t>?>

    /// The most attributes of a question or an answer.
    static let maximumCount = 64

    static func areValid(_ addresses: Addresses?, _ count: Int) -> Bool {
        0...maximumCount ~= count && (count == 0 || addresses != nil)
    }

    /// Lends each pair; one that breaks the contract is left out.
    static func forEach<Failure: Error>(
        _ addresses: Addresses?, _ count: Int, _ body: (Span<UInt8>, Span<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        guard let addresses else { return }
        for index in 0..<count {
            // SAFETY: the host says that `count` addresses of pairs are there until the entry returns.
            guard let pair = addresses[index], pair.pointee.size >= FirstSize.pair, pair.pointee.name.isValid,
                pair.pointee.value.isValid
            else { continue }
            try body(pair.pointee.name.span, pair.pointee.value.span)
        }
    }
}
