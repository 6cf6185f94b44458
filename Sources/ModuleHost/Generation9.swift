import AuthCore
import CAuthModule
import Synchronization

/// Asks a module of generation 9: `include/authhost/entries9.h`.
final class Generation9: Generation, @unchecked Sendable {
    // `instance` is written by initialise(), which returns before any other entry is called, and is read-only then.
    private(set) var instance: UnsafeMutableRawPointer?
    let table: EntryTable
    private let newUser, resumeUser, mapObject, checkRead, checkWrite, checkCreate, batch, explain: CallInterface?

    init(_ table: EntryTable) {
        self.table = table
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

    func reload() -> Status? { table[.reload].map { status($0.call(UInt64(instance))) } }

    func cancel(_ token: UInt64) { _ = table[.cancel]?.call(UInt64(instance), token) }

    func freeUser(session: UInt64, _ reason: SessionEnd) -> Status? {
        table[.freeUser].map { status($0.call(UInt64(instance), session, UInt64(reason.rawValue))) }
    }

    func newUser(_ login: Login, resuming: Bool, session: UInt64, _ ticket: QuestionTicket) -> ModuleAnswer? {
        guard let call = resuming ? resumeUser : newUser else { return nil }
        return login.password.withTerminatedBytes { password in
            login.user.withTerminated { user in
                login.address.withTerminated { address in
                    login.applicationID.withTerminated { application in
                        login.machineID.withTerminated { machine in
                            login.door.withTerminated { door in
                                var record = auth_login_t()
                                record.size = UInt32(MemoryLayout<auth_login_t>.size)
                                record.session = session
                                record.token = ticket.token
                                record.deadline = ticket.deadline
                                record.user = user
                                record.password = resuming ? .empty : auth_string_t(password)
                                record.address = address
                                record.application_id = application
                                record.machine_id = machine
                                record.door = door
                                return ask(call, &record)
                            }
                        }
                    }
                }
            }
        }
    }

    func map(
        _ name: ObjectName, requested: ObjectName, _ session: ModuleSession, _ ticket: QuestionTicket
    ) -> ModuleAnswer? {
        guard let mapObject else { return nil }
        return name.withTerminatedBytes { name in
            requested.withTerminatedBytes { requested in
                session.user.withTerminatedBytes { user in
                    var record = auth_mapping_t()
                    record.size = UInt32(MemoryLayout<auth_mapping_t>.size)
                    record.session = session.handle
                    record.token = ticket.token
                    record.deadline = ticket.deadline
                    record.user = auth_string_t(user)
                    record.requested = auth_string_t(requested)
                    record.name = auth_string_t(name)
                    return ask(mapObject, &record)
                }
            }
        }
    }

    func check(
        _ check: Check, object: ObjectName, content: ObjectContent?, _ session: ModuleSession, _ ticket: QuestionTicket
    ) -> ModuleAnswer? {
        let entry =
            switch check.action {
            case .read: checkRead
            case .write: checkWrite
            case .create: checkCreate
            }
        guard let entry else { return nil }
        return withRecord(check, object, content, session, ticket) { ask(entry, &$0) }
    }

    func explain(
        _ check: Check, object: ObjectName, content: ObjectContent?, _ session: ModuleSession, _ ticket: QuestionTicket
    ) -> ModuleAnswer? {
        guard let explain else { return nil }
        let ticket = QuestionTicket(token: ticket.token, deadline: ticket.deadline, wantsReason: true)
        let count = AnswerReader.explanationScratchSize
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: count) { scratch in
            // SAFETY: the scratch is as long as the record says, and lives until the answer has been copied.
            let result = AnswerReader.emptyResult(scratch: scratch.baseAddress!, count)
            return withRecord(check, object, content, session, ticket) { ask(explain, &$0, result) }
        }
    }

    func checkBatch(
        _ checks: [(check: Check, object: ObjectName)], _ session: ModuleSession, _ ticket: QuestionTicket
    ) -> [ModuleAnswer]? {
        guard let batch, checks.allSatisfy({ $0.check.fields.isEmpty }) else { return nil }
        let rows = BatchRows(checks, session, ticket)
        defer { rows.deallocate() }
        let returned = status(
            batch(
                UInt64(instance), UInt64(rows.records.baseAddress), UInt64(checks.count),
                UInt64(rows.results.baseAddress)))
        guard returned == .ok else {
            return checks.map { _ in .broken("auth_check_batch returned \(returned.numberOf9)") }
        }
        return rows.results.map { AnswerReader.answer9($0.pointee.status, $0.pointee) }
    }

    /// Makes the record of a check on the stack and lends it.
    private func withRecord(
        _ check: Check, _ object: ObjectName, _ content: ObjectContent?, _ session: ModuleSession,
        _ ticket: QuestionTicket, _ body: (inout auth_check_t) -> ModuleAnswer
    ) -> ModuleAnswer {
        object.withTerminatedBytes { name in
            check.name.withTerminatedBytes { requested in
                session.user.withTerminatedBytes { user in
                    FieldRecords.withFields(check.action == .read ? content?.fields ?? [] : check.fields) { fields in
                        (check.contributionID ?? "").withTerminated { contribution in
                            var held = object_t.transient(name)
                            if content != nil { held.type = AUTH_OBJECT_RECORD }
                            return withUnsafeMutablePointer(to: &held) { held in
                                var record = auth_check_t()
                                record.size = UInt32(MemoryLayout<auth_check_t>.size)
                                record.action = check.action.number
                                record.session = session.handle
                                record.token = ticket.token
                                record.deadline = ticket.deadline
                                record.user = auth_string_t(user)
                                record.requested = auth_string_t(requested)
                                record.object = held
                                record.fields = UnsafePointer(fields.baseAddress)
                                record.field_count = fields.count
                                record.contribution_id = contribution
                                record.flags = ticket.flags
                                return body(&record)
                            }
                        }
                    }
                }
            }
        }
    }

    func ask<Record>(
        _ call: CallInterface, _ record: inout Record, _ lent: auth_result_t = AnswerReader.emptyResult()
    ) -> ModuleAnswer {
        AnswerReader.withHeadroom { room in
            room.pointee = lent
            // SAFETY: both records live on this stack until the call has returned, which is all the ABI promises.
            let returned = withUnsafeMutablePointer(to: &record) { record in
                call(UInt64(instance), UInt64(UnsafeRawPointer(record)), UInt64(UnsafeRawPointer(room)))
            }
            return AnswerReader.answer9(Int32(truncatingIfNeeded: returned), room.pointee)
        }
    }

    private func status(_ returned: Int64) -> Status { Status(of9: Int32(truncatingIfNeeded: returned)) }
}

extension Status {
    /// The status of a number of generation 9, whose AUTH_OK is its own. 1, which it is in generations 6 and 7, becomes a
    /// status that nobody knows.
    init(of9 number: Int32) {
        self =
            switch number {
            case AUTH_OK: .ok
            case Status.ok.rawValue: Status(rawValue: AUTH_OK)
            default: Status(rawValue: number)
            }
    }

    /// The number that ``init(of9:)`` was given.
    var numberOf9: Int32 {
        switch self {
        case .ok: AUTH_OK
        case Status(rawValue: AUTH_OK): Status.ok.rawValue
        default: rawValue
        }
    }
}

extension QuestionTicket {
    /// `AUTH_CHECK_*`.
    var flags: UInt32 { wantsReason ? AUTH_CHECK_REASON : 0 }
}

extension Check.Action {
    /// `AUTH_ACTION_*`.
    var number: UInt32 {
        switch self {
        case .read: UInt32(AUTH_ACTION_READ)
        case .write: UInt32(AUTH_ACTION_WRITE)
        case .create: UInt32(AUTH_ACTION_CREATE)
        }
    }
}

extension object_t {
    /// An object that the host holds for one call only.
    static func transient(_ name: UnsafeBufferPointer<UInt8>) -> object_t {
        var object = object_t()
        object.size = UInt32(MemoryLayout<object_t>.size)
        object.type = AUTH_OBJECT_UNKNOWN
        object.name = UnsafeRawPointer(name.baseAddress)?.assumingMemoryBound(to: CChar.self)
        return object
    }
}

extension String {
    /// Lends the text with a NUL behind it; one that is "not given" is empty, and never null.
    func withTerminated<Result>(_ body: (auth_string_t) -> Result) -> Result {
        let count = utf8.count
        return withCString { body(auth_string_t(data: $0, length: count)) }
    }
}

extension auth_string_t {
    /// A text that is not given: empty, and never null.
    static var empty: auth_string_t {
        let text: StaticString = ""
        // SAFETY: a literal is NUL-terminated and lives as long as the process.
        return auth_string_t(data: UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self), length: 0)
    }
}
