import AuthCore
import CAuthModule
import Glibc

/// The objects that a module of generation 6 or 7 knows: from `auth_new_object` to the return of `auth_free_object`.
///
/// An object is held while a session's question is about it, while it has content, or while an object in it is held; the
/// objects that it is in are told first and freed last. Every call is made in the order of ``ModuleLifecycle``; this type is
/// the only one that has to keep it.
final class HeldObjects: @unchecked Sendable {
    // A module of generation 6 or 7 is serial: its one lane calls these functions, one at a time.
    private var objects: [ObjectName: HeldObject] = [:]
    private var handles: UInt64 = 0
    private let new, free, request, discard, update, permission: CallInterface?

    /// Makes the table of a module; nil for one that wants to know of no object.
    init?(_ table: EntryTable) {
        new = table[.newObject]?.call
        free = table[.freeObject]?.call
        request = table[.requestObject]?.call
        discard = table[.discardObject]?.call
        update = table[.checkUpdate]?.call
        permission = table[.permissionUpdate]?.call
        let wants = [new, free, request, discard, update, permission].contains { $0 != nil }
        if !wants { return nil }
    }

    /// How many objects are held.
    var count: Int { objects.count }

    /// Lends an object that is held; nil for one that is not.
    func record(of name: ObjectName) -> UnsafeMutablePointer<object_t>? { objects[name]?.record }

    /// Holds an object for a question of a session.
    func hold(_ name: ObjectName, for session: UInt64, reads: Bool, content: ObjectContent?) {
        let object = hold(name)
        if content != nil { object.record.pointee.type = AUTH_OBJECT_RECORD }
        guard reads else { return }
        if object.readers[session, default: 0] == 0, call(.request, object) {
            _ = request?(session, UInt64(UnsafeRawPointer(object.record)))
        }
        object.readers[session, default: 0] += 1
    }

    /// Lets an object go that was held for a question.
    func release(_ name: ObjectName, for session: UInt64, reads: Bool) {
        guard let object = objects[name] else { return }
        if reads, let count = object.readers[session] {
            if count == 1, call(.discard, object) {
                _ = discard?(session, UInt64(UnsafeRawPointer(object.record)))
            }
            object.readers[session] = count > 1 ? count - 1 : nil
        }
        release(object)
    }

    /// Tells that an object has content now, other content than before, or none any more.
    ///
    /// - Parameter text: the content as a module is shown it.
    /// - Returns: the sessions that are reading the object and may not have the update.
    func change(
        _ name: ObjectName, from old: ObjectContent?, to content: ObjectContent?, text: String
    ) -> [UInt64: Status] {
        let object = hold(name)
        defer { release(object) }
        object.record.pointee.type = content == nil ? AUTH_OBJECT_UNKNOWN : AUTH_OBJECT_RECORD
        if old == nil, content != nil { object.holders += 1 }
        var refused: [UInt64: Status] = [:]
        if content != nil, let update, call(.update, object) {
            for session in object.readers.keys.sorted() {
                let returned = text.withCString { text in
                    update(session, UInt64(UnsafeRawPointer(object.record)), UInt64(UnsafeRawPointer(text)))
                }
                let status = Status(rawValue: Int32(truncatingIfNeeded: returned))
                if status != .ok { refused[session] = status }
            }
        }
        tellRows(of: object, old?.rows ?? [:], content?.rows ?? [:])
        if old != nil, content == nil { release(object) }
        return refused
    }

    private func tellRows(of object: HeldObject, _ old: [String: [Field]], _ new: [String: [Field]]) {
        guard let permission, old != new else { return }
        func tell(_ key: String, _ values: [Field], _ operation: auth_perm_operation_t) {
            FieldRecords.withFields(values) { pairs in
                // SAFETY: auth_map_t and string_pair_t have the same two members; the pairs live until the call returns.
                let lent = UInt64(UnsafeRawPointer(pairs.baseAddress))
                key.withCString { key in
                    _ = permission(
                        UInt64(UnsafeRawPointer(object.record)), UInt64(UnsafeRawPointer(key)), UInt64(pairs.count),
                        lent, UInt64(operation.rawValue))
                }
            }
        }
        if new.isEmpty { return tell("", [], AUTH_PERM_CLEAR) }
        for key in old.keys.sorted() where new[key] == nil { tell(key, [], AUTH_PERM_REMOVE) }
        for (key, values) in new.sorted(by: { $0.key < $1.key }) where old[key] != values {
            tell(key, values, AUTH_PERM_ADD)
        }
    }

    private func hold(_ name: ObjectName) -> HeldObject {
        if let known = objects[name] {
            known.holders += 1
            return known
        }
        let parent = name.parent.map { hold($0) }
        parent?.record.pointee.type = AUTH_OBJECT_DIRECTORY
        handles += 1
        let object = HeldObject(name, handle: handles, parent)
        if parent == nil { object.record.pointee.type = AUTH_OBJECT_DIRECTORY }
        if call(.new, object) {
            _ = new?(UInt64(UnsafeRawPointer(object.record)), UInt64(UnsafeRawPointer(parent?.record)))
        }
        object.isKnown = true
        objects[name] = object
        return object
    }

    private func release(_ object: HeldObject) {
        object.holders -= 1
        guard object.holders == 0 else { return }
        if call(.free, object) { _ = free?(UInt64(UnsafeRawPointer(object.record))) }
        object.isKnown = false
        objects[object.name] = nil
        if let parent = object.parent { release(parent) }
    }

    /// Says whether a call about an object is in order.
    private func call(_ call: ModuleLifecycle.ObjectCall, _ object: HeldObject) -> Bool {
        ModuleLifecycle.allows(call, in: object.state)
    }
}

/// One object that a module knows, in memory that stands still.
private final class HeldObject {
    let name: ObjectName
    let record: UnsafeMutablePointer<object_t>
    let parent: HeldObject?
    /// Questions that are about it, objects in it, and its content.
    var holders = 1
    /// How many reads of each session are about it.
    var readers: [UInt64: Int] = [:]
    var isKnown = false

    init(_ name: ObjectName, handle: UInt64, _ parent: HeldObject?) {
        self.name = name
        self.parent = parent
        record = .allocate(capacity: 1)
        var object = object_t()
        object.size = UInt32(MemoryLayout<object_t>.size)
        object.type = AUTH_OBJECT_UNKNOWN
        object.handle = handle
        // SAFETY: the bytes end with a NUL; the copy is freed in deinit.
        object.name = name.withTerminatedBytes { bytes in
            bytes.withMemoryRebound(to: CChar.self) { UnsafePointer(strdup($0.baseAddress!)) }
        }
        object.parent = parent?.record
        record.initialize(to: object)
    }

    deinit {
        free(UnsafeMutablePointer(mutating: record.pointee.name))
        record.deallocate()
    }

    var state: ModuleLifecycle.ObjectState { !isKnown ? .unknown : readers.isEmpty ? .known : .requested }
}
