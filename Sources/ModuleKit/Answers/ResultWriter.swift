import CAuthModule

/// Puts a reply into the record that the host reads.
enum ResultWriter {
    /// How many bytes hold the longest reply, each text with its NUL.
    static let room = 8192

    /// How many bytes hold a reply, with its credential if it has one.
    static func room(for reply: some ModuleReply) -> Int {
        let attributes = reply.answer.extras?.attributes ?? []
        let pairs = attributes.reduce(64) { $0 + $1.name.utf8.count + $1.value.utf8.count + 64 }
        return (reply.credential.map { room + $0.withSecret(\.count) + 1 } ?? room) + (attributes.isEmpty ? 0 : pairs)
    }

    private static let longestLogReason = 1024
    private static let longestClientReason = 256
    private static let longestName = 4095
    private static let longestUser = 255
    private static let longestExplanation = 65_536

    /// Writes what a module says, and returns the status.
    ///
    /// Reasons are cut to what the host keeps, and left out where the record lends no room; a name that is too long is an
    /// error and never cut.
    ///
    /// - Parameter user: the user that logs in, and is said to be authenticated where the reply names no other; nil for what
    ///   is not a log-in.
    static func write(
        _ reply: some ModuleReply, to record: inout auth_result_t, scratch: UnsafeMutableBufferPointer<CChar>,
        user: String? = nil
    ) -> Int32 {
        let answer = reply.answer
        var free = scratch
        answer.withReasons { log, client in
            record.reason_log = put(log, longestLogReason, &free)
            record.reason_client = put(client, longestClientReason, &free)
        }
        record.expiry = answer.expiry
        record.session_limit = answer.sessionLimit
        record.application_session_limit = answer.applicationSessionLimit
        if let extras = answer.extras {
            record.session_data = extras.sessionData
            guard write(extras.attributes, to: &record, &free) else {
                return refuse("the attributes are more than 64, or longer than the host lends", in: &record, scratch)
            }
        }
        if answer.status == .ok, var user = answer.extras?.user ?? user {
            let count = user.utf8.count
            guard count > 0, count <= longestUser, count < free.count else {
                return refuse("the user's name is empty or longer than 255 bytes", in: &record, scratch)
            }
            record.user = user.withUTF8 { copy(UnsafeRawBufferPointer($0), count, &free) }
        }
        if let credential = reply.credential { return write(credential, to: &record, &free) }
        let name = reply.mappedName
        guard !name.isEmpty else { return answer.status.rawValue }
        guard name.count <= longestName, name.count < free.count else {
            return refuse("the mapped name is longer than 4095 bytes", in: &record, scratch)
        }
        record.mapped = name.withUnsafeBytes { copy($0, name.count, &free) }
        return answer.status.rawValue
    }

    /// Writes attributes: the array of addresses, the records, and their texts. False where they do not fit.
    private static func write(
        _ attributes: [Attribute], to record: inout auth_result_t, _ free: inout UnsafeMutableBufferPointer<CChar>
    ) -> Bool {
        if attributes.isEmpty { return true }
        guard attributes.count <= Pairs.maximumCount, let start = free.baseAddress else { return false }
        let padding = -Int(bitPattern: start) & 15
        let addressBytes = attributes.count * MemoryLayout<UnsafeRawPointer>.stride
        let pairsAt = padding + (addressBytes + 15) / 16 * 16
        let textAt = pairsAt + attributes.count * MemoryLayout<auth_pair_t>.stride
        guard textAt < free.count else { return false }
        // SAFETY: both arrays lie in `free`, at addresses that are aligned for them, and nothing else is put there.
        let memory = UnsafeMutableRawPointer(start)
        let addresses = (memory + padding).bindMemory(to: UnsafePointer<auth_pair_t>?.self, capacity: attributes.count)
        let pairs = (memory + pairsAt).bindMemory(to: auth_pair_t.self, capacity: attributes.count)
        free = UnsafeMutableBufferPointer(rebasing: free[textAt...])
        for (index, attribute) in attributes.enumerated() {
            var pair = auth_pair_t()
            pair.size = UInt32(MemoryLayout<auth_pair_t>.size)
            guard let name = whole(attribute.name, &free), let value = whole(attribute.value, &free) else {
                return false
            }
            (pair.name, pair.value) = (name, value)
            (pairs + index).initialize(to: pair)
            (addresses + index).initialize(to: UnsafePointer(pairs + index))
        }
        record.attributes = UnsafePointer(addresses)
        record.attribute_count = attributes.count
        return true
    }

    /// Copies a text, never cut; nil where it does not fit.
    private static func whole(_ text: String, _ free: inout UnsafeMutableBufferPointer<CChar>) -> auth_string_t? {
        var text = text
        let count = text.utf8.count
        guard count < free.count else { return nil }
        return text.withUTF8 { copy(UnsafeRawBufferPointer($0), count, &free) }
    }

    /// Writes what a remote server is shown; what does not fit is an error and never cut.
    private static func write(
        _ credential: Credential, to record: inout auth_result_t, _ free: inout UnsafeMutableBufferPointer<CChar>
    ) -> Int32 {
        let scratch = free
        var user = credential.user
        let count = user.utf8.count
        let fits = credential.withSecret { secret in
            secret.count <= Credential.longestSecret && count <= longestUser
                && count + secret.count + 2 <= free.count
        }
        guard fits else {
            return refuse(
                "the credential has a secret of more than 65536 bytes, or a user of more than 255",
                in: &record, scratch)
        }
        record.user = user.withUTF8 { copy(UnsafeRawBufferPointer($0), count, &free) }
        record.secret = credential.withSecret { secret in
            // Never null: an empty secret is one that was given.
            secret.isEmpty ? auth_string_t(data: free.baseAddress, length: 0) : copy(secret, secret.count, &free)
        }
        // INVARIANT: 0 is "not kept" on the C interface, so an end before 1970 is its first second.
        record.expiry = credential.expiry.map { max($0.components.seconds, 1) } ?? 0
        return AUTH_OK
    }

    private static func refuse(
        _ why: StaticString, in record: inout auth_result_t, _ scratch: UnsafeMutableBufferPointer<CChar>
    ) -> Int32 {
        var free = scratch
        Answer.failed(why).withReasons { log, _ in record.reason_log = put(log, longestLogReason, &free) }
        record.reason_client = auth_string_t()
        return AUTH_ERROR
    }

    /// Writes an explanation behind the room of the reply, cut to what the host lends.
    static func write(explanation: String, to record: inout auth_result_t) {
        guard let start = record.scratch, Int(record.scratch_size) > room else { return }
        // SAFETY: the host lends `scratch_size` bytes until the entry returns, and no reply uses more than `room`.
        var free = UnsafeMutableBufferPointer(start: start + room, count: Int(record.scratch_size) - room)
        var text = explanation
        text.withUTF8 { record.explanation = put(UnsafeRawBufferPointer($0), longestExplanation, &free) }
    }

    private static func put(
        _ text: UnsafeRawBufferPointer, _ longest: Int, _ free: inout UnsafeMutableBufferPointer<CChar>
    ) -> auth_string_t {
        copy(text, cut(text, min(longest, free.count - 1)), &free)
    }

    /// Finds how many bytes fit without cutting a character.
    private static func cut(_ bytes: UnsafeRawBufferPointer, _ limit: Int) -> Int {
        guard limit > 0 else { return 0 }
        guard bytes.count > limit else { return bytes.count }
        var count = limit
        while count > 0, bytes[count] & 0xc0 == 0x80 { count -= 1 }
        return count
    }

    private static func copy(
        _ bytes: UnsafeRawBufferPointer, _ count: Int, _ free: inout UnsafeMutableBufferPointer<CChar>
    ) -> auth_string_t {
        guard count > 0, count < free.count, let start = free.baseAddress, let source = bytes.baseAddress else {
            return auth_string_t(data: nil, length: 0)
        }
        // SAFETY: `count` bytes are readable at `source`, and count + 1 are free at `start`.
        UnsafeMutableRawPointer(start).copyMemory(from: source, byteCount: count)
        start[count] = 0
        free = UnsafeMutableBufferPointer(rebasing: free[(count + 1)...])
        return auth_string_t(data: start, length: count)
    }
}
