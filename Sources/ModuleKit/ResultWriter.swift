import CAuthModule

/// Puts a reply into the record that the host reads.
enum ResultWriter {
    /// How many bytes hold the longest reply, each text with its NUL.
    static let room = 8192

    /// How many bytes hold a reply, with its credential if it has one.
    static func room(for reply: some ModuleReply) -> Int {
        reply.credential.map { room + $0.withSecret(\.count) + 1 } ?? room
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
    static func write(
        _ reply: some ModuleReply, to record: inout auth_result_t, scratch: UnsafeMutableBufferPointer<CChar>
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
        if let credential = reply.credential { return write(credential, to: &record, &free) }
        let name = reply.mappedName
        guard !name.isEmpty else { return answer.status.rawValue }
        guard name.count <= longestName, name.count < free.count else {
            return refuse("the mapped name is longer than 4095 bytes", in: &record, scratch)
        }
        record.mapped = name.withUnsafeBytes { copy($0, name.count, &free) }
        return answer.status.rawValue
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
