import Testing

@testable import AuthCore

@Suite struct `The index of an admission ledger` {
    /// Numbers of a ledger are given out one after the other.
    @Test func `spreads what one user or one application has`() {
        for hashes in [
            (0..<10_000).map { AdmissionIndex.hash($0, 3) }, (0..<10_000).map { AdmissionIndex.hash(3, $0) },
        ] {
            #expect(Set(hashes).count > 9_990)
            #expect(Set(hashes.map { $0 & 0x3fff }).count > 5_000, "the places in a table of 16,384")
        }
    }
}
