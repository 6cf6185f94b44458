import AuthCore
import CAuthModule
import CFFI
import Glibc

/// A check of a batch: what it is about, by the name after mapping, and the session that asks.
public struct BatchedCheck: Sendable {
    /// What is asked.
    public let check: Check
    /// By the name after mapping.
    public let object: ObjectName
    let session: ModuleSession
    /// Which life of a helper process has set what is known of the session.
    public var life: UInt32 { session.life }

    /// Makes a row of a batch.
    public init(_ check: Check, about object: ObjectName, of session: ModuleSession) {
        self.check = check
        self.object = object
        self.session = session
    }
}

/// The records of a batch: one block of memory for all names, so that their addresses stand still during the call.
struct BatchRows {
    /// The addresses of the rows.
    let records: UnsafeMutableBufferPointer<UnsafePointer<auth_check_t>?>
    let results: UnsafeMutableBufferPointer<UnsafeMutablePointer<auth_result_t>>
    private let checkRows: UnsafeMutableBufferPointer<auth_check_t>
    /// Zeroed, ``AnswerReader/headroom`` bytes for each row.
    private let resultRows: UnsafeMutableRawBufferPointer
    private let objects: UnsafeMutableBufferPointer<auth_object_t>
    private let text: UnsafeMutableBufferPointer<CChar>
    private let own: UnsafeMutableBufferPointer<CChar>?

    init(_ checks: [BatchedCheck], _ terms: CallTerms) {
        records = .allocate(capacity: checks.count)
        results = .allocate(capacity: checks.count)
        checkRows = .allocate(capacity: checks.count)
        resultRows = .allocate(byteCount: checks.count * AnswerReader.headroom, alignment: 16)
        objects = .allocate(capacity: checks.count)
        var length = 0
        for index in checks.indices {
            length += checks[index].session.user.count + checks[index].check.name.count + checks[index].object.count + 3
        }
        text = .allocate(capacity: length)
        // NOTE: not cleared, so that a row without a reason costs no page of it. As many rows as a burst has use the thread's own
        // memory.
        let room = checks.count * AnswerReader.rowScratchSize
        own = room <= CFFI_BATCH_SCRATCH_SIZE ? nil : .allocate(capacity: room)
        let scratch = own?.baseAddress ?? cffi_batch_scratch()
        var used = 0
        var user = auth_string_t.empty
        // Rows are looked at in their place: a copy of one costs a reference count for each of its parts.
        for index in checks.indices {
            // The rows of a session stand together.
            if index == 0 || checks[index].session.handle != checks[index - 1].session.handle {
                user = Self.store(checks[index].session.user.withTerminatedBytes, in: text, &used)
            }
            let requested = Self.store(checks[index].check.name.withTerminatedBytes, in: text, &used)
            let name = Self.store(checks[index].object.withTerminatedBytes, in: text, &used)
            objects.initializeElement(at: index, to: .transient(name, isKnown: false))
            var record = auth_check_t()
            record.size = UInt32(MemoryLayout<auth_check_t>.size)
            record.action = checks[index].check.action.number
            record.session = checks[index].session.handle
            record.deadline = terms.deadline
            record.user = user
            record.requested = requested
            record.object = UnsafePointer(objects.baseAddress! + index)
            record.contribution_id = .empty
            record.flags = terms.flags
            record.session_data = checks[index].session.data
            checkRows.initializeElement(at: index, to: record)
            records.initializeElement(at: index, to: checkRows.baseAddress! + index)
            // INVARIANT: the status starts as AUTH_NONE, so a row that the module forgets denies.
            let size = AnswerReader.rowScratchSize
            // SAFETY: each row has room for a record, and its start is aligned for one.
            let row = resultRows.baseAddress! + index * AnswerReader.headroom
            memset(row, 0, AnswerReader.headroom)
            let result = row.assumingMemoryBound(to: auth_result_t.self)
            AnswerReader.lend(result, UnsafeMutableBufferPointer(start: scratch + index * size, count: size))
            results.initializeElement(at: index, to: result)
        }
    }

    /// Gives every row the same attributes, which must stand still during the call.
    func lend(_ attributes: UnsafePointer<UnsafePointer<auth_pair_t>?>?, _ count: Int) {
        for index in checkRows.indices {
            checkRows[index].attributes = attributes
            checkRows[index].attribute_count = count
        }
    }

    func deallocate() {
        records.deallocate()
        results.deallocate()
        checkRows.deallocate()
        resultRows.deallocate()
        objects.deallocate()
        text.deallocate()
        own?.deallocate()
    }

    private static func store(
        _ lend: ((UnsafeBufferPointer<UInt8>) -> Int) -> Int, in text: UnsafeMutableBufferPointer<CChar>,
        _ used: inout Int
    ) -> auth_string_t {
        let start = text.baseAddress! + used
        let count = lend { bytes in
            // SAFETY: the block has room for all names, each with its NUL.
            if let first = bytes.baseAddress { memcpy(start, first, bytes.count) }
            return bytes.count
        }
        used += count
        return auth_string_t(data: start, length: count - 1)
    }
}
