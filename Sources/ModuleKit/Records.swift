import CAuthModule
import Synchronization

/// What each of the host's records has had from the start. A later host's is longer, and an older one's than a later kit's
/// is not: members behind these are looked at where the record's own size covers them.
enum FirstSize {
    static let login = size(\auth_login_t.attribute_count)
    static let mapping = size(\auth_mapping_t.session_data)
    static let check = size(\auth_check_t.attribute_count)
    static let object = size(\auth_object_t.name)
    static let pair = size(\auth_pair_t.value)
    static let end = size(\auth_end_t.user)
    static let cancel = size(\auth_cancel_t.token)
    static let http = size(\auth_http_t.path)
    static let destination = size(\auth_destination_t.reserved)
    static let completed = size(\auth_completed_t.address)
    static let result = size(\auth_result_t.reserved)

    private static func size<Record, Member>(_ last: KeyPath<Record, Member>) -> UInt32 {
        UInt32((MemoryLayout<Record>.offset(of: last) ?? 0) + MemoryLayout<Member>.size)
    }
}

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

/// A session that was allowed and has ended.
public struct EndedSession: Sendable {
    /// Says that no function of the module's own is told.
    final class Unheard: Sendable {
        fileprivate let isSaid = Atomic(false)

        /// Whether it was.
        var wasSaid: Bool { isSaid.load(ordering: .relaxed) }
    }

    /// Which one.
    public let session: SessionID
    /// Why.
    public let reason: SessionEnd
    /// Whose it was.
    public let user: String
    /// What its log-in has set; 0 for nothing.
    public let data: UInt64
    let unheard: Unheard

    func markUnheard() { unheard.isSaid.store(true, ordering: .relaxed) }
}
