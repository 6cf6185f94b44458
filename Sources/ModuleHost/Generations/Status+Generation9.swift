import AuthCore
import CAuthModule

// What generation 9 spells its own way.
extension Status {
    /// The status of a number of generation 9, whose AUTH_OK is its own. 1, which it is in generations 6 and 7, becomes a
    /// status that is not known.
    init(of9 number: Int32) {
        self =
            switch number {
            case AUTH_OK: .ok
            case Status.ok.rawValue: Status(rawValue: AUTH_OK, said: number)
            default: Status(rawValue: number)
            }
    }
}

extension CallTerms {
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

extension auth_object_t {
    /// An object that the host holds for one call only.
    static func transient(_ name: auth_string_t, isKnown: Bool) -> auth_object_t {
        var object = auth_object_t()
        object.size = UInt32(MemoryLayout<auth_object_t>.size)
        object.type = isKnown ? AUTH_OBJECT_RECORD : AUTH_OBJECT_UNKNOWN
        object.name = name
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
