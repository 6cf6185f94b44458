import XMLAuthCore

/// P9: a users file into ready rules; one reading a process, so that its memory is its own.
enum UsersRows {
    /// Reads a file as xmlauth does and prints: CPU nanoseconds, most kilobytes resident, users.
    static func read(_ path: String) throws {
        let before = processTime()
        let snapshot = try UsersReader.read(path, allowsPlain: false)
        let elapsed = processTime() - before
        print(elapsed, status("VmHWM"), snapshot.rules.userCount)
    }
}
