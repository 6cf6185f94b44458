import AuthCore
import CAuthModule
import Synchronization

/// Asks a module of generation 9: `include/authhost/entries9.h`.
final class Generation9: Generation, @unchecked Sendable {
    // `instance` is written by initialise(), which returns before any other entry is called, and is read-only then.
    private(set) var instance: UnsafeMutableRawPointer?
    let table: EntryTable
    private let newUser, resumeUser, mapObject, checkRead, checkWrite, checkCreate, batch, explain: CallInterface?
    /// Whether log-ins, mappings and checks come with attributes.
    private let readsAttributes: Bool

    init(_ table: EntryTable, readsAttributes: Bool) {
        self.table = table
        self.readsAttributes = readsAttributes
        newUser = table[.newUser]?.call
        resumeUser = table[.resumeUser]?.call
        mapObject = table[.mapObject]?.call
        checkRead = table[.checkRead]?.call
        checkWrite = table.write?.call
        // Without an entry of its own a create is asked as a write.
        checkCreate = table[.checkCreate]?.call ?? table.write?.call
        batch = table[.checkBatch]?.call
        explain = table[.explain]?.call
    }

    var maps: Bool { mapObject != nil }

    func initialise(_ host: HostTable) -> Status {
        guard let call = table[.initialise]?.call else { return .error }
        // A cell of its own: an init that is written off as hung may still write to it later.
        let cell = UnsafeMutablePointer<UnsafeMutableRawPointer?>.allocate(capacity: 1)
        cell.initialize(to: nil)
        let status = call(UInt64(host.pointer), UInt64(UnsafeRawPointer(cell)))
        instance = cell.pointee
        cell.deallocate()
        return Status(of9: Int32(truncatingIfNeeded: status))
    }

    func exit() { _ = table[.exit]?.call(UInt64(instance)) }

    func reload() -> Status? {
        guard let call = table[.reload]?.call else { return nil }
        var record = auth_reload_t()
        record.size = UInt32(MemoryLayout<auth_reload_t>.size)
        return tell(call, &record)
    }

    func cancel(_ token: UInt64) {
        guard let call = table[.cancel]?.call else { return }
        var record = auth_cancel_t()
        record.size = UInt32(MemoryLayout<auth_cancel_t>.size)
        record.token = token
        _ = tell(call, &record)
    }

    func freeUser(_ session: ModuleSession, _ reason: SessionEnd) -> Status? {
        guard let call = table[.freeUser]?.call else { return nil }
        return session.user.withTerminatedBytes { user in
            var record = auth_end_t()
            record.size = UInt32(MemoryLayout<auth_end_t>.size)
            record.reason = reason.rawValue
            record.session = session.handle
            record.session_data = session.data
            record.user = auth_string_t(user)
            return tell(call, &record)
        }
    }

    func extensionRecord(_ id: String) -> UInt {
        guard let call = table[.getExtension]?.call else { return 0 }
        return id.withCString { UInt(bitPattern: Int(call(UInt64(instance), UInt64(UnsafeRawPointer($0))))) }
    }

    func newUser(_ login: Login, resuming: Bool, session: UInt64, _ terms: CallTerms) -> ModuleAnswer? {
        guard let call = resuming ? resumeUser : newUser else { return nil }
        return login.password.withTerminatedBytes { password in
            TextRoom.lend(login.roomForTexts) { room in
                PairRecords.withPairs(told(login.attributes)) { attributes, count in
                    var record = auth_login_t()
                    record.size = UInt32(MemoryLayout<auth_login_t>.size)
                    record.session = session
                    record.token = terms.token
                    record.deadline = terms.deadline
                    record.user = room.place(login.user)
                    record.password = resuming ? .empty : auth_string_t(password)
                    record.address = room.place(login.address)
                    record.application_id = room.place(login.applicationID)
                    record.machine_id = room.place(login.machineID)
                    record.door = room.place(login.door)
                    record.attributes = attributes
                    record.attribute_count = count
                    return ask(call, &record).map(AnswerReader.loginAnswer9)
                }
            }
        }
    }

    func map(
        _ name: ObjectName, requested: ObjectName, attributes: [Field], _ session: ModuleSession, _ terms: CallTerms
    ) -> ModuleAnswer? {
        guard let mapObject else { return nil }
        return name.withTerminatedBytes { name in
            requested.withTerminatedBytes { requested in
                session.user.withTerminatedBytes { user in
                    PairRecords.withPairs(told(attributes)) { attributes, count in
                        var record = auth_mapping_t()
                        record.size = UInt32(MemoryLayout<auth_mapping_t>.size)
                        record.session = session.handle
                        record.token = terms.token
                        record.deadline = terms.deadline
                        record.user = auth_string_t(user)
                        record.requested = auth_string_t(requested)
                        record.name = auth_string_t(name)
                        record.session_data = session.data
                        record.attributes = attributes
                        record.attribute_count = count
                        return ask(mapObject, &record)
                    }
                }
            }
        }
    }

    func check(
        _ check: Check, object: ObjectName, content: ObjectContent?, _ session: ModuleSession, _ terms: CallTerms
    ) -> ModuleAnswer? {
        let entry =
            switch check.action {
            case .read: checkRead
            case .write: checkWrite
            case .create: checkCreate
            }
        guard let entry else { return nil }
        return withRecord(check, object, content, session, terms) { record in
            if let answer = ask(entry, &record, readsReason: terms.wantsReason) { return answer }
            // Where a module says that it has no entry for a create, the create is a write, as if the entry were not exported.
            guard check.action == .create, let checkWrite, entry !== checkWrite else { return nil }
            return ask(checkWrite, &record, readsReason: terms.wantsReason)
        }
    }

    func explain(
        _ check: Check, object: ObjectName, content: ObjectContent?, _ session: ModuleSession, _ terms: CallTerms
    ) -> ModuleAnswer? {
        guard let explain else { return nil }
        let terms = CallTerms(token: terms.token, deadline: terms.deadline, wantsReason: true)
        let count = AnswerReader.explanationScratchSize
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: count) { scratch in
            // SAFETY: the scratch is as long as the record says, and lives until the answer has been copied.
            withRecord(check, object, content, session, terms) { ask(explain, &$0, scratch) }
        }
    }

    func checkBatch(_ checks: [BatchedCheck], _ terms: CallTerms) -> [ModuleAnswer]? {
        guard let batch, let first = checks.first else { return nil }
        let rows = BatchRows(checks, terms)
        defer { rows.deallocate() }
        let returned = PairRecords.withPairs(told(first.check.attributes)) { attributes, count in
            rows.lend(attributes, count)
            return status(
                batch(
                    UInt64(instance), UInt64(rows.records.baseAddress), UInt64(checks.count),
                    UInt64(rows.results.baseAddress)))
        }
        guard returned != .noEntry else { return nil }
        guard returned == .ok else {
            return checks.map { _ in .broken("auth_check_batch returned \(returned.shown)") }
        }
        return rows.results.map { result in
            if !terms.wantsReason { result.pointee.reason_log = auth_string_t() }
            return AnswerReader.answer9(result.pointee.status, lent: result)
        }
    }

    /// The attributes that the module is told.
    private func told(_ attributes: [Field]) -> [Field] { readsAttributes ? attributes : [] }

    /// Makes the record of a check on the stack and lends it.
    private func withRecord(
        _ check: Check, _ object: ObjectName, _ content: ObjectContent?, _ session: ModuleSession,
        _ terms: CallTerms, _ body: (inout auth_check_t) -> ModuleAnswer?
    ) -> ModuleAnswer? {
        object.withTerminatedBytes { name in
            check.name.withTerminatedBytes { requested in
                session.user.withTerminatedBytes { user in
                    let held = auth_object_t.transient(auth_string_t(name), isKnown: content != nil)
                    return withUnsafePointer(to: held) { held in
                        var record = auth_check_t()
                        record.size = UInt32(MemoryLayout<auth_check_t>.size)
                        record.action = check.action.number
                        record.session = session.handle
                        record.token = terms.token
                        record.deadline = terms.deadline
                        record.user = auth_string_t(user)
                        record.requested = auth_string_t(requested)
                        record.object = held
                        record.contribution_id = .empty
                        record.flags = terms.flags
                        record.session_data = session.data
                        if check.isBare && content == nil { return body(&record) }
                        return withPairs(of: check, content, in: &record, body)
                    }
                }
            }
        }
    }

    /// Adds to the record of a check what few checks have.
    private func withPairs(
        of check: Check, _ content: ObjectContent?, in record: inout auth_check_t,
        _ body: (inout auth_check_t) -> ModuleAnswer?
    ) -> ModuleAnswer? {
        PairRecords.withPairs(check.action == .read ? content?.fields ?? [] : check.fields) { fields, count in
            (check.contributionID ?? "").withTerminated { contribution in
                PairRecords.withPairs(told(check.attributes)) { attributes, attributeCount in
                    record.fields = fields
                    record.field_count = count
                    record.contribution_id = contribution
                    record.attributes = attributes
                    record.attribute_count = attributeCount
                    return body(&record)
                }
            }
        }
    }

    /// Calls an entry that answers; nil where it answers that the module has no such entry.
    ///
    /// - Parameter readsReason: whether the reason for the log is read: one that is not read becomes no text.
    func ask<Record>(
        _ call: CallInterface, _ record: inout Record,
        _ scratch: UnsafeMutableBufferPointer<CChar> = AnswerReader.threadScratch, readsReason: Bool = true
    ) -> ModuleAnswer? {
        AnswerReader.withResult(scratch) { room in
            // SAFETY: both records live on this stack until the call has returned, which is all the ABI promises.
            let returned = withUnsafeMutablePointer(to: &record) { record in
                call(UInt64(instance), UInt64(UnsafeRawPointer(record)), UInt64(UnsafeRawPointer(room)))
            }
            let number = Int32(truncatingIfNeeded: returned)
            if !readsReason { room.pointee.reason_log = auth_string_t() }
            let answer = AnswerReader.answer9(number, lent: room)
            // What comes with it is held to the contract too.
            return number == Status.noEntry.rawValue && answer.breach == nil ? nil : answer
        }
    }

    /// Calls an entry that is told something; nil where it answers that the module has no such entry.
    func tell<Record>(_ call: CallInterface, _ record: inout Record) -> Status? {
        withUnsafePointer(to: record) { record in
            let status = status(call(UInt64(instance), UInt64(UnsafeRawPointer(record))))
            return status == .noEntry ? nil : status
        }
    }

    private func status(_ returned: Int64) -> Status { Status(of9: Int32(truncatingIfNeeded: returned)) }
}
