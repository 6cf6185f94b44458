import Glibc

/// Tells one state of a file from another.
package struct FileStatus: Sendable, Hashable {
    private let device: UInt
    private let inode: UInt
    private let size: Int
    private let modified: Duration
    private let changed: Duration

    /// Takes numbers as they are, for tests.
    init(inode: UInt, size: Int, modified: Duration) {
        (device, self.inode, self.size, self.modified, changed) = (0, inode, size, modified, modified)
    }

    /// Takes what stat(2) says; nil when the file is not there.
    package init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        (device, inode, size) = (UInt(status.st_dev), UInt(status.st_ino), Int(status.st_size))
        modified = .seconds(status.st_mtim.tv_sec) + .nanoseconds(status.st_mtim.tv_nsec)
        changed = .seconds(status.st_ctim.tv_sec) + .nanoseconds(status.st_ctim.tv_nsec)
    }

    /// Whether the file may change again without a change of its status: times of files move in steps. A time in the future,
    /// which a program set or a clock that was put back leaves behind, says nothing about that.
    func isYoung(at wallTime: Duration) -> Bool { (.zero ..< .milliseconds(100)).contains(wallTime - modified) }
}

/// Decides when files that change are to be read: once they have stood still from one look to the next, or half a second
/// after the change was first seen.
struct ChangeDetector {
    typealias Statuses = [String: FileStatus?]

    static let longestWait = Duration.milliseconds(500)

    private var read: Statuses
    private var last: Statuses
    private var firstSeen: Duration?
    /// Whether the files were read so soon after a change that another one may not show.
    private var isDoubtful = false

    /// read: the files as they were before they were read. wallTime: of then.
    init(read: Statuses, wallTime: Duration) {
        self.read = read
        last = read
        isDoubtful = Self.isYoung(read, wallTime)
    }

    /// Takes a look at the files; true when they are to be read now, after which they count as read.
    mutating func look(_ now: Statuses, at time: Duration, wallTime: Duration) -> Bool {
        defer { last = now }
        if now == read && !isDoubtful {
            firstSeen = nil
            return false
        }
        let first = firstSeen ?? time
        firstSeen = first
        guard now == last || time - first >= Self.longestWait else { return false }
        markRead(now, wallTime: wallTime)
        return true
    }

    /// Counts the files as read.
    mutating func markRead(_ now: Statuses, wallTime: Duration) {
        read = now
        last = now
        firstSeen = nil
        isDoubtful = Self.isYoung(now, wallTime)
    }

    private static func isYoung(_ statuses: Statuses, _ wallTime: Duration) -> Bool {
        statuses.values.contains { $0?.isYoung(at: wallTime) == true }
    }
}
