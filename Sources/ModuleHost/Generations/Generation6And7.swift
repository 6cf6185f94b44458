import AuthCore
import CAuthModule
import CFFI
import Glibc

/// Asks a module of generation 6 or 7, descriptor or bare: `include/authhost/entries6.h` and `entries7.h`.
///
/// What these cannot express: create is asked as write, there is no reason, no expiry, no batch and no cancel. A
/// session is a handle in a pointer's clothes. The module is serial: one call at a time, which `Runtime` sees to.
struct Generation6And7: Generation {
    let table: EntryTable
    let objects: HeldObjects?
    private let mapObject, checkRead, checkWrite, checkExtended: BoundEntry?

    init(_ table: EntryTable) {
        self.table = table
        objects = HeldObjects(table)
        mapObject = table[.mapObject]
        checkRead = table[.checkRead]
        checkWrite = table.write
        checkExtended = table[.checkWriteExtended]
    }

    var maps: Bool { mapObject != nil }

    func initialise(_ host: HostTable) -> Status {
        guard let call = table[.initialise]?.call else { return .ok }
        return status(call(UInt64(host.pointer)))
    }

    func exit() { _ = table[.exit]?.call() }

    func reload() -> Status? { nil }

    func cancel(_ token: UInt64) {}

    func freeUser(_ session: ModuleSession, _ reason: SessionEnd) -> Status? {
        table[.freeUser].map { status($0.call(session.handle)) }
    }

    func explain(
        _ check: Check, object: ObjectName, content: ObjectContent?, _ session: ModuleSession, _ terms: CallTerms
    ) -> ModuleAnswer? { nil }

    func newUser(_ login: Login, resuming: Bool, session: UInt64, _ terms: CallTerms) -> ModuleAnswer? {
        guard !resuming, let call = table[.newUser]?.call else { return nil }
        var lent = LentText()
        let user = lent.add(Array(login.user.utf8) + [0])
        let password = login.password.withTerminatedBytes { lent.add($0) }
        defer { lent.wipe() }
        return asking(session, terms) { ModuleAnswer(status(call(session, user, password))) }
    }

    func map(
        _ name: ObjectName, requested: ObjectName, attributes: [Field], _ session: ModuleSession, _ terms: CallTerms
    ) -> ModuleAnswer? {
        guard let entry = mapObject else { return nil }
        var lent = LentText()
        let requested = requested.withTerminatedBytes { lent.add($0) }
        let name = name.withTerminatedBytes { lent.add($0) }
        let (mapped, room) = lent.room()
        var length = Int32(room)
        let answer = withUnsafeMutablePointer(to: &length) { length in
            asking(session.handle, terms) {
                let size = UInt64(UnsafeRawPointer(length))
                let returned =
                    entry.version >= 7
                    ? entry.call(session.handle, requested, name, UInt64(mapped), size)
                    : entry.call(session.handle, name, UInt64(mapped), size)
                return ModuleAnswer(status(returned))
            }
        }
        guard answer.status == .ok else { return answer }
        guard length > 0, length < room else {
            return .broken("a mapped name of \(length) bytes in a buffer of \(room)")
        }
        var full = answer
        // SAFETY: `room` bytes were lent and the module says that `length` of them are the name.
        full.mapped = Array(UnsafeRawBufferPointer(start: mapped, count: Int(length)))
        return full
    }

    func check(
        _ check: Check, object: ObjectName, content: ObjectContent?, _ session: ModuleSession, _ terms: CallTerms
    ) -> ModuleAnswer? {
        if check.action != .read, let checkExtended {
            return extended(checkExtended, check, object, content, session, terms)
        }
        guard let entry = check.action == .read ? checkRead : checkWrite else { return nil }
        var lent = LentText()
        let requested = check.name.withTerminatedBytes { lent.add($0) }
        return withObject(object, content, &lent) { held in
            asking(session.handle, terms) { ModuleAnswer(status(entry.call(session.handle, held, requested))) }
        }
    }

    func checkBatch(_ batch: [BatchedCheck], _ terms: CallTerms) -> [ModuleAnswer]? { nil }

    private func extended(
        _ entry: BoundEntry, _ check: Check, _ object: ObjectName, _ content: ObjectContent?, _ session: ModuleSession,
        _ terms: CallTerms
    ) -> ModuleAnswer {
        var lent = LentText()
        let requested = check.name.withTerminatedBytes { lent.add($0) }
        let contribution = lent.add(Array((check.contributionID ?? "").utf8.prefix(1024)) + [0])
        return withObject(object, content, &lent) { held in
            FieldRecords.withFields(check.fields) { fields in
                asking(session.handle, terms) {
                    let count = UInt64(fields.count)
                    let pairs = UInt64(UnsafeRawPointer(fields.baseAddress))
                    let returned =
                        entry.version >= 7
                        ? entry.call(session.handle, held, requested, count, pairs, contribution)
                        : entry.call(session.handle, held, count, pairs, contribution)
                    return ModuleAnswer(status(returned))
                }
            }
        }
    }

    /// Lends the object that is held, else one whose name is a copy: these generations take `char *`, and may write to it.
    private func withObject(
        _ name: ObjectName, _ content: ObjectContent?, _ lent: inout LentText, _ body: (Slot) -> ModuleAnswer
    ) -> ModuleAnswer {
        if let held = objects?.record(of: name) { return body(UInt64(UnsafeRawPointer(held))) }
        let copy = name.withTerminatedBytes { lent.add($0) }
        var object = object_t()
        object.size = UInt32(MemoryLayout<object_t>.size)
        object.type = content == nil ? AUTH_OBJECT_UNKNOWN : AUTH_OBJECT_RECORD
        object.name = UnsafeRawPointer(bitPattern: UInt(copy))?.assumingMemoryBound(to: CChar.self)
        return withUnsafeMutablePointer(to: &object) { body(UInt64(UnsafeRawPointer($0))) }
    }

    /// Makes the question known to host->pending() for the length of the call.
    private func asking(_ session: UInt64, _ terms: CallTerms, _ body: () -> ModuleAnswer) -> ModuleAnswer {
        let context = CallContext.current()
        let outer = context.question
        context.question = (session, terms.token, terms.deadline)
        defer { context.question = outer }
        return body()
    }

    private func status(_ returned: Int64) -> Status { Status(rawValue: Int32(truncatingIfNeeded: returned)) }
}

/// Copies of arguments in the thread's own memory: valid until the call returns, and harmless to a module that keeps or
/// writes to them.
struct LentText {
    private let memory = cffi_scratch()
    private var used = 0

    /// Copies NUL-terminated bytes in and returns their address.
    mutating func add(_ bytes: some Collection<UInt8>) -> Slot {
        // INVARIANT: at most five arguments of at most 4,097 bytes are lent at once, which the scratch has room for.
        let start = memory + used
        for (index, byte) in bytes.enumerated() { start[index] = CChar(bitPattern: byte) }
        used += bytes.count
        return UInt64(UnsafeRawPointer(start))
    }

    /// Lends 4,096 zeroed bytes to write to.
    mutating func room() -> (UnsafeMutablePointer<CChar>, Int) {
        let start = memory + used
        start.initialize(repeating: 0, count: 4096)
        used += 4096
        return (start, 4096)
    }

    func wipe() { explicit_bzero(memory, used) }
}
