import Glibc

/// Decides whether a file may decide something: only trusted owners can have written it, or can put another in its
/// place. One rule for modules, configuration, users, keys, certificates, licences, passwords and commands.
public struct FileTrust: Sendable {
    /// Users besides root and the running one whose files are trusted.
    public var owners: Set<UInt32>
    private let asked: (@Sendable (UInt32) -> Bool)?
    /// Stands for the running user in a test that cannot give files away; nil: the running user.
    private var running: UInt32?

    /// Trusts root, the running user and `owners`.
    public init(owners: Set<UInt32> = []) {
        self.owners = owners
        asked = nil
    }

    /// Trusts as if another user ran the process.
    init(owners: Set<UInt32> = [], running: UInt32?) {
        self.init(owners: owners)
        self.running = running
    }

    /// Trusts root, the running user and those for which `asked` says yes: for a module, whose host knows.
    public init(asking asked: @escaping @Sendable (UInt32) -> Bool) {
        owners = []
        self.asked = asked
    }

    /// Says whether what belongs to a user is trusted.
    public func trusts(_ owner: UInt32) -> Bool {
        owner == 0 || owner == running ?? geteuid() || owners.contains(owner) || asked?(owner) == true
    }

    /// Says what is wrong with a file, or nil.
    public func fault(in status: stat) -> String? {
        if status.st_mode & S_IFMT != S_IFREG { return "it is \(Self.kind(status.st_mode)), not a regular file" }
        if !trusts(status.st_uid) { return "it belongs to user \(status.st_uid); \(accepted)" }
        if status.st_mode & 0o022 != 0 {
            return
                "others may write to it (mode \(octal(status.st_mode))); a mode without 022 is accepted, as after chmod go-w"
        }
        return nil
    }

    /// Says which directory or link above `path` lets an untrusted user replace what is below it, or nil.
    public func directoryFault(above path: String) -> String? {
        guard let slash = path.lastIndex(of: "/") else { return pathFault(".") }
        return pathFault(slash == path.startIndex ? "/" : String(path[..<slash]))
    }

    /// Says which directory or link on the way to `path` lets an untrusted user decide where it leads, or nil.
    public func pathFault(_ path: String) -> String? {
        do throws(FileTrustError) {
            _ = try resolve(path)
            return nil
        } catch {
            return error.reason
        }
    }

    /// Follows a path from the root, link by link, and returns it without links.
    ///
    /// Every directory and link on the way belongs to a trusted owner, and no other user may write to a directory. A sticky
    /// directory that everybody may write to, such as /tmp, lets only an entry's owner replace the entry, so it is
    /// accepted: the entry's own owner is checked. The owner and mode of what the path leads to are left to
    /// ``fault(in:)`` where it is no directory.
    ///
    /// - Throws: ``FileTrustError`` that names the first link or directory that is not to be trusted, or cannot be looked at.
    public func resolve(_ path: String) throws(FileTrustError) -> String {
        let path = StartDirectory.absolute(path)
        guard path.hasPrefix("/") else { throw FileTrustError(system: ENOENT, "the working directory: ") }
        var walk = PathWalk(path)
        try check(directory: "/", try Self.status("/"))
        while let next = walk.next() {
            let status = try Self.status(next)
            switch status.st_mode & S_IFMT {
            case S_IFLNK:
                guard trusts(status.st_uid) else {
                    throw FileTrustError(
                        "the link `\(next)` belongs to user \(status.st_uid); \(accepted)", .untrustedPlace)
                }
                try walk.follow(next)
            case S_IFDIR:
                try check(directory: next, status)
                walk.enter(next)
            default:
                guard walk.isAtEnd else { throw FileTrustError("`\(next)` is not a directory", .missing) }
                return next
            }
        }
        return walk.place
    }

    private func check(directory: String, _ status: stat) throws(FileTrustError) {
        if !trusts(status.st_uid) {
            throw FileTrustError("`\(directory)` belongs to user \(status.st_uid); \(accepted)", .untrustedPlace)
        }
        if status.st_mode & 0o022 != 0 && status.st_mode & S_ISVTX == 0 {
            throw FileTrustError(
                "others may write to `\(directory)` (mode \(octal(status.st_mode))); a mode without 022 is accepted",
                .untrustedPlace)
        }
    }

    private static func status(_ path: String) throws(FileTrustError) -> stat {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw FileTrustError(system: errno, "`\(path)`: ") }
        return status
    }

    private var accepted: String {
        let named =
            if asked != nil {
                ", and what `trusted-owner` names,"
            } else {
                owners.isEmpty
                    ? "" : ", or a `trusted-owner` (\(owners.sorted().map(String.init).joined(separator: " ")))"
            }
        return "root and the running user (\(geteuid()))\(named) are accepted"
    }

    private func octal(_ mode: mode_t) -> String { (mode & 0o7777).padded(to: 4, radix: 8) }

    private static func kind(_ mode: mode_t) -> String {
        switch mode & S_IFMT {
        case S_IFDIR: "a directory"
        case S_IFIFO: "a FIFO"
        case S_IFCHR: "a character device"
        case S_IFBLK: "a block device"
        case S_IFSOCK: "a socket"
        default: "a file of another kind"
        }
    }
}

/// Why a file is not read, in lower case and without the name of the file itself.
public struct FileTrustError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of hindrance it is.
    public enum Kind: Sendable {
        /// Nothing is there.
        case missing
        /// The system does not open it now, or not for this process.
        case unreadable
        /// A user who is not trusted can have written it.
        case untrustedFile
        /// A user who is not trusted can have put it there.
        case untrustedPlace
    }

    /// What was found, and what would be accepted.
    public let reason: String
    /// The kind of refusal.
    public let kind: Kind

    /// Spells the refusal on one line.
    public var description: String { reason }

    init(_ reason: String, _ kind: Kind) {
        self.reason = reason
        self.kind = kind
    }

    init(system code: Int32, _ what: String = "") {
        self.init("\(what)\(SystemError(code))", code == ENOENT || code == ENOTDIR ? .missing : .unreadable)
    }
}
