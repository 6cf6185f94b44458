import Glibc

/// Users of this system.
public enum SystemUser {
    /// Finds the number of a user by a name or a number; nil when there is none.
    ///
    /// - Throws: ``FileTrustError`` when it cannot be told now, as without a free descriptor.
    public static func number(of name: String) throws(FileTrustError) -> UInt32? {
        if let number = UInt32(name) { return number }
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 1024)
        while true {
            // SAFETY: the entry points into the buffer, and only a number is taken of it before both go.
            let code = buffer.withUnsafeMutableBufferPointer { room in
                room.baseAddress.map { getpwnam_r(name, &entry, $0, room.count, &found) } ?? ERANGE
            }
            switch code {
            case ERANGE where buffer.count < 1 << 20: buffer = [CChar](repeating: 0, count: buffer.count * 2)
            // getpwnam(3): "0 or ENOENT or ESRCH or EBADF or EPERM or ...: the given name was not found".
            case 0, ENOENT, ESRCH, EBADF, EPERM: return found.map { _ in entry.pw_uid }
            default: throw FileTrustError(system: code, "user `\(name)`: ")
            }
        }
    }

    /// Finds the group that a user logs in with; the user's own number where there is no such user.
    public static func group(of user: UInt32) -> UInt32 {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 1 << 16)
        // SAFETY: the entry points into the buffer, and only a number is taken of it before both go.
        let code = buffer.withUnsafeMutableBufferPointer { room in
            room.baseAddress.map { getpwuid_r(user, &entry, $0, room.count, &found) } ?? ERANGE
        }
        return code == 0 && found != nil ? entry.pw_gid : user
    }
}
