import Glibc

/// Decides whether code may come from a file: nobody but trusted owners can have written it, or can replace it.
public struct FileTrust: Sendable {
    /// Users besides root and the running one whose files are trusted.
    public var owners: Set<UInt32>

    public init(owners: Set<UInt32> = []) { self.owners = owners }

    private func trusts(_ owner: UInt32) -> Bool { owner == 0 || owner == geteuid() || owners.contains(owner) }

    /// Says what is wrong with a file, or nil.
    func fault(in status: stat) -> String? {
        if status.st_mode & S_IFMT != S_IFREG { return "it is not a regular file" }
        if !trusts(status.st_uid) { return "it belongs to user \(status.st_uid); \(accepted)" }
        if status.st_mode & 0o022 != 0 {
            return
                "others may write to it (mode \(octal(status.st_mode))); a mode without 022 is accepted, as after chmod go-w"
        }
        return nil
    }

    /// Says which directory above `path` lets an untrusted user replace what is below it, or nil.
    ///
    /// A sticky directory that everybody may write to, such as /tmp, lets only an entry's owner replace the entry, so it is
    /// accepted: the entry's own owner has been checked.
    func directoryFault(above path: String) -> String? {
        var directory = path
        while let slash = directory.lastIndex(of: "/"), directory != "/" {
            directory = slash == directory.startIndex ? "/" : String(directory[..<slash])
            var status = stat()
            if lstat(directory, &status) != 0 { return "`\(directory)`: \(systemError())" }
            if !trusts(status.st_uid) { return "`\(directory)` belongs to user \(status.st_uid); \(accepted)" }
            if status.st_mode & 0o022 != 0 && status.st_mode & S_ISVTX == 0 {
                return
                    "others may write to `\(directory)` (mode \(octal(status.st_mode))); a mode without 022 is accepted"
            }
        }
        return nil
    }

    private var accepted: String {
        let named =
            owners.isEmpty ? "" : ", or a `trusted-owner` (\(owners.sorted().map(String.init).joined(separator: " ")))"
        return "root and the running user (\(geteuid()))\(named) are accepted"
    }

    private func octal(_ mode: mode_t) -> String {
        let digits = String(mode & 0o7777, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

/// The last system call's error in words.
func systemError(_ code: Int32 = errno) -> String {
    // SAFETY: strerror returns a NUL-terminated string that is copied before any other call.
    String(cString: strerror(code))
}
