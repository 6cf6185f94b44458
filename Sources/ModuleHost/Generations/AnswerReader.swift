import AuthCore
import Basics
import CAuthModule
import CFFI
import Glibc
import Rules

/// Copies what a module wrote into a result record, with every bound of `include/authhost/types.h`.
enum AnswerReader {
    static let scratchSize = 8192
    /// What a row of a batch is lent: room for both reasons at their longest, each with its NUL.
    static let rowScratchSize = 2048
    /// What `auth_explain` is lent: the longest explanation beside everything else.
    static let explanationScratchSize = longestExplanation + 2 * scratchSize
    static let longestExplanation = 65_536
    static let longestSecret = 65_536
    private static let longestUser = 255
    /// What `auth_authenticate` and `auth_retry` are lent: the longest secret beside everything else.
    static let credentialScratchSize = longestSecret + scratchSize

    /// What every result record has had from the start; members behind it are read where the record's size covers them.
    private static let firstSize = MemoryLayout<auth_result_t>.offset(of: \.application_session_limit)!

    /// What a record has that can hold a credential.
    static let sizeWithSecret = MemoryLayout<auth_result_t>.offset(of: \.secret)! + MemoryLayout<auth_string_t>.size

    /// What most entry points are lent: memory of the calling thread.
    static var threadScratch: UnsafeMutableBufferPointer<CChar> {
        UnsafeMutableBufferPointer(start: cffi_scratch(), count: scratchSize)
    }

    /// Makes a zeroed record one that an entry point is handed, with its scratch.
    static func lend(_ result: UnsafeMutablePointer<auth_result_t>, _ scratch: UnsafeMutableBufferPointer<CChar>) {
        result.pointee.size = UInt32(MemoryLayout<auth_result_t>.size)
        result.pointee.scratch_size = UInt32(scratch.count)
        result.pointee.scratch = scratch.baseAddress
    }

    /// What a result record is lent, so that it may grow: zeroed, and behind our members not read.
    static let headroom = 512

    /// Lends a result record in zeroed memory of ``headroom`` bytes.
    @inline(__always)
    static func withResult<Result>(
        _ scratch: UnsafeMutableBufferPointer<CChar>, _ body: (UnsafeMutablePointer<auth_result_t>) -> Result
    ) -> Result {
        withUnsafeTemporaryAllocation(byteCount: headroom, alignment: 16) { room in
            // SAFETY: the memory is longer than a record, aligned for it, and lives until `body` has returned.
            memset(room.baseAddress!, 0, headroom)
            let result = room.baseAddress!.assumingMemoryBound(to: auth_result_t.self)
            lend(result, scratch)
            return body(result)
        }
    }

    /// Reads the answer to a log-in: the record of one that allows must say who was authenticated.
    static func loginAnswer9(_ answer: ModuleAnswer) -> ModuleAnswer {
        answer.status == .ok && answer.user == nil ? .broken(ModuleAnswer.noUserNamed) : answer
    }

    /// Copies an answer of generation 9.
    static func answer9(_ number: Int32, _ result: UnsafePointer<auth_result_t>?) -> ModuleAnswer {
        number == Status.ok.rawValue ? accident : answer(Status(of9: number), result)
    }

    /// Copies an answer of generation 9 out of a record that the host has lent, which has all members.
    static func answer9(_ number: Int32, lent result: UnsafePointer<auth_result_t>) -> ModuleAnswer {
        number == Status.ok.rawValue ? accident : answer(Status(of9: number), lent: result)
    }

    /// The answer for the number that `true`, errno and strcmp() give as well.
    private static var accident: ModuleAnswer {
        .broken("the status 1, which is no AUTH_OK of generation 9: that is 0x\(String(AUTH_OK, radix: 16))")
    }

    /// Copies an answer out of a module's record.
    static func answer(_ status: Status, _ result: UnsafePointer<auth_result_t>?) -> ModuleAnswer {
        guard let result else { return ModuleAnswer(status) }
        // SAFETY: a record is as long as it says, and no byte behind that is read. Modules of generations 6 and 7 that were
        // built before the record grew pass shorter ones.
        guard result.pointee.size >= UInt32(firstSize) else {
            return .broken("a result record of \(result.pointee.size) bytes")
        }
        var copy = auth_result_t()
        withUnsafeMutableBytes(of: &copy) {
            let known = min(Int(result.pointee.size), $0.count)
            $0.copyMemory(from: UnsafeRawBufferPointer(start: result, count: known))
        }
        return withUnsafePointer(to: copy) { answer(status, lent: $0) }
    }

    private static func answer(_ status: Status, lent record: UnsafePointer<auth_result_t>) -> ModuleAnswer {
        var result: auth_result_t { record.pointee }
        // INVARIANT: a size_t above Int.max arrives as a negative number; no text has that many bytes.
        let lengths =
            result.reason_log.length | result.reason_client.length | result.user.length | result.mapped.length
            | result.explanation.length | result.secret.length | result.attribute_count | result.challenge.length
            | result.cursor.length
        guard lengths >= 0 else {
            return .broken("a text of more bytes than there can be")
        }
        if lengths > 0, let fault = textWithoutAddress(record) { return .broken(fault) }
        guard result.expiry == 0 || AcceptedTimes.seconds.contains(result.expiry) else {
            return .broken("an expiry of \(result.expiry), which is not \(AcceptedTimes.text)")
        }
        if let fault = shapeWithoutUse(record, status) { return .broken(fault) }
        var answer = ModuleAnswer(status)
        do throws(PairFault) {
            if result.attribute_count > 0 {
                answer.attributes = try PairRecords.read(result.attributes, result.attribute_count)
            }
        } catch {
            return .broken(error.text)
        }
        if result.session_data != 0 { answer.sessionData = result.session_data }
        if result.reason_log.data != nil { answer.logText = text(result.reason_log, limit: 1024) }
        if result.reason_client.data != nil { answer.clientText = text(result.reason_client, limit: 256) }
        if result.user.data != nil, result.user.length > 0 {
            // An escaped or repaired name could be that of another user.
            guard result.user.length <= longestUser else {
                return .broken("a user name of \(result.user.length) bytes; 1 to \(longestUser) are accepted")
            }
            // SAFETY: the module says that `length` bytes are readable; they are few.
            let bytes = UnsafeRawBufferPointer(start: result.user.data, count: result.user.length)
            guard let user = String(utf8: bytes.bindMemory(to: UInt8.self).span), !user.holdsControls else {
                return .broken("a user name with control characters or invalid UTF-8")
            }
            answer.user = user
        }
        if result.mapped.data != nil { answer.mapped = bytes(result.mapped, limit: ObjectName.maximumLength + 1) }
        if result.expiry != 0 { answer.expiry = result.expiry }
        if result.session_limit != 0 { answer.sessionLimit = result.session_limit }
        if result.application_session_limit != 0 { answer.applicationSessionLimit = result.application_session_limit }
        if result.explanation.data != nil { answer.explanation = lines(result.explanation) }
        if result.secret.data != nil { answer.secret = secret(result.secret) }
        return answer
    }

    /// Which member says what no host does yet; nil for none. A module that relies on it must not be taken for one that does not.
    @inline(__always)
    private static func shapeWithoutUse(_ record: UnsafePointer<auth_result_t>, _ status: Status) -> String? {
        let result = record.pointee
        if result.reserved != 0 { return "auth_result_t.reserved is \(result.reserved), which has no meaning" }
        if result.good_for != 0 {
            return "auth_result_t.good_for is \(result.good_for), which no host heeds yet; 0 is accepted"
        }
        if result.cursor.length != 0 {
            return "auth_result_t.cursor has \(result.cursor.length) bytes, which no host heeds yet; none are accepted"
        }
        // Of AUTH_CONTINUE the status itself denies.
        if result.challenge.length != 0, status.rawValue != AUTH_CONTINUE {
            return
                "auth_result_t.challenge has \(result.challenge.length) bytes, which no host heeds yet; none are accepted"
        }
        return nil
    }

    /// Which text has a length and no address; nil for none.
    private static func textWithoutAddress(_ record: UnsafePointer<auth_result_t>) -> String? {
        let result = record.pointee
        return result.reason_log.withoutAddress("reason_log")
            ?? result.reason_client.withoutAddress("reason_client")
            ?? result.user.withoutAddress("user")
            ?? result.mapped.withoutAddress("mapped")
            ?? result.explanation.withoutAddress("explanation")
            ?? result.secret.withoutAddress("secret")
    }

    /// Copies what a remote server is shown; nil for more than is accepted, which is never cut.
    private static func secret(_ string: auth_string_t) -> Secret? {
        guard string.length <= longestSecret else { return nil }
        // SAFETY: the module says that `length` bytes are readable.
        return Secret(UnsafeRawBufferPointer(start: string.data, count: string.length))
    }

    /// Copies a NUL-terminated text, at most `limit` bytes of it.
    static func bounded(_ pointer: UnsafePointer<CChar>, limit: Int) -> String {
        // SAFETY: the ABI says the text is NUL-terminated; no byte behind the first `limit` is looked at.
        var bytes: [UInt8] = []
        while bytes.count < limit, pointer[bytes.count] != 0 { bytes.append(UInt8(bitPattern: pointer[bytes.count])) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Text that goes to logs and terminals: what a module writes must not end a line or move a cursor.
    private static func text(_ string: auth_string_t, limit: Int) -> String {
        String(decoding: bytes(string, limit: limit), as: UTF8.self).controlsEscaped
    }

    /// Text of many lines: each is escaped alone, so that of all that moves a cursor only the ends of lines are left.
    private static func lines(_ string: auth_string_t) -> String {
        let bytes = bytes(string, limit: longestExplanation)
        return bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self).controlsEscaped }.joined(separator: "\n")
    }

    private static func bytes(_ string: auth_string_t, limit: Int) -> [UInt8] {
        guard let data = string.data else { return [] }
        // SAFETY: the module says that `length` bytes are readable; at most `limit` of them are.
        return Array(UnsafeRawBufferPointer(start: data, count: min(string.length, limit)))
    }
}

extension String {
    /// Whether it holds a control character, as no user's name may.
    fileprivate var holdsControls: Bool {
        unicodeScalars.contains { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) }
    }
}

extension auth_string_t {
    /// What is wrong with it where it has a length and no address; nil for nothing.
    @inline(__always)
    fileprivate func withoutAddress(_ member: StaticString) -> String? {
        data == nil && length > 0 ? "auth_result_t.\(member) has \(length) bytes at no address" : nil
    }

    /// A view of host memory that ends with a NUL.
    init(_ terminated: UnsafeBufferPointer<UInt8>) {
        let data = UnsafeRawPointer(terminated.baseAddress)?.assumingMemoryBound(to: CChar.self)
        self.init(data: data, length: max(terminated.count - 1, 0))
    }
}
