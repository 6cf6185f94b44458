import AuthCore
import CAuthModule
import CFFI

/// Copies what a module wrote into a result record, with every bound of `include/authhost/types.h`.
enum AnswerReader {
    static let scratchSize = 8192

    /// A record as the host hands it to an entry point.
    static func emptyResult() -> auth_result_t {
        var result = auth_result_t()
        result.size = UInt32(MemoryLayout<auth_result_t>.size)
        result.scratch_size = UInt32(scratchSize)
        result.scratch = cffi_scratch()
        return result
    }

    /// Copies an answer out of a module's record.
    static func answer(_ status: Status, _ result: UnsafePointer<auth_result_t>?) -> ModuleAnswer {
        guard let result else { return ModuleAnswer(status) }
        guard result.pointee.size >= UInt32(MemoryLayout<auth_result_t>.size) else {
            return .broken("a result record of \(result.pointee.size) bytes")
        }
        return answer(status, result.pointee)
    }

    static func answer(_ status: Status, _ result: auth_result_t) -> ModuleAnswer {
        // INVARIANT: a size_t above Int.max arrives as a negative number; no text has that many bytes.
        guard result.reason_log.length | result.reason_client.length | result.user.length | result.mapped.length >= 0
        else {
            return .broken("a text of more bytes than there can be")
        }
        var answer = ModuleAnswer(status)
        if result.reason_log.data != nil { answer.logText = text(result.reason_log, limit: 1024) }
        if result.reason_client.data != nil { answer.clientText = text(result.reason_client, limit: 256) }
        if result.user.data != nil, result.user.length > 0 { answer.user = text(result.user, limit: 256) }
        if result.mapped.data != nil { answer.mapped = bytes(result.mapped, limit: ObjectName.maximumLength + 1) }
        if result.expiry != 0 { answer.expiry = result.expiry }
        if result.session_limit != 0 { answer.sessionLimit = result.session_limit }
        return answer
    }

    /// Copies a NUL-terminated text, at most `limit` bytes of it.
    static func bounded(_ pointer: UnsafePointer<CChar>, limit: Int) -> String {
        // SAFETY: the ABI says the text is NUL-terminated; no byte behind the first `limit` is looked at.
        var bytes: [UInt8] = []
        while bytes.count < limit, pointer[bytes.count] != 0 { bytes.append(UInt8(bitPattern: pointer[bytes.count])) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Text that goes to logs and terminals: what a module puts in must not end a line or move a cursor.
    private static func text(_ string: auth_string_t, limit: Int) -> String {
        String(decoding: bytes(string, limit: limit), as: UTF8.self).controlsEscaped
    }

    private static func bytes(_ string: auth_string_t, limit: Int) -> [UInt8] {
        guard let data = string.data else { return [] }
        // SAFETY: the module says that `length` bytes are readable; at most `limit` of them are.
        return Array(UnsafeRawBufferPointer(start: data, count: min(string.length, limit)))
    }
}

extension auth_string_t {
    /// A view of host memory that ends with a NUL.
    init(_ terminated: UnsafeBufferPointer<UInt8>) {
        let data = UnsafeRawPointer(terminated.baseAddress)?.assumingMemoryBound(to: CChar.self)
        self.init(data: data, length: max(terminated.count - 1, 0))
    }
}
