import CAuthModule

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
