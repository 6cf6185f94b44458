import AuthCore
import Basics
import Glibc
import Logging
import ModuleHost
import Synchronization

/// The audit log: one line for every decision, of any asker, with any answer.
///
/// Two ways of writing. When it is required, a line is in the file before the answer goes out, and a line that cannot be
/// written makes the answer "could not decide". When it is not, lines are gathered and written at least each second, by a
/// thread of their own: the end of the process by KILL loses at most that second, and lines beyond the bound that gather
/// while nothing can be written are counted and reported.
///
/// A file that was deleted, moved or replaced is not written any further: before each write its name is looked at, after one
/// that is required as well, and a file of that name is opened. What a required line was written to is there by its name.
public final class AuditLog: Sendable {
    /// Most bytes that wait to be written; what comes on top is lost, counted and reported.
    static let bound = 1 << 20
    /// How many waiting bytes wake the writer before its second is over.
    private static let enough = 1 << 16

    private struct Waiting {
        var bytes: [UInt8] = []
        var lost = 0
        var isStopped = false
    }

    private struct File {
        var descriptor: Int32
        /// The last line in the file has no end: a write was cut short.
        var isTorn = false
        var isFailing = false
        /// The file system had no room for a further block a moment ago.
        var isFull = false
        /// Decisions that were not given because they could not be recorded, since the last that was.
        var refused = 0
    }

    /// Whether an answer must wait for its line.
    public let isRequired: Bool
    let json: Bool
    private let path: String
    private let log: Logger
    private let waiting = Mutex(Waiting())
    /// Locked for the length of a write, so that lines keep their order.
    private let file: Mutex<File>
    private let wake = ThreadSemaphore()
    private let isFull: @Sendable (Int32) -> Bool

    /// Opens the file for appending, and starts the writer where it is needed.
    ///
    /// - Parameters:
    ///   - log: where it is said that the audit log cannot be written, once for each time that begins.
    /// - Throws: ``LogFileError`` when the file cannot be opened.
    public convenience init(
        path: String, required: Bool = false, json: Bool = false, log: Logger
    ) throws(LogFileError) {
        try self.init(path: path, required: required, json: json, log: log, startsWriter: true)
    }

    /// - Parameters:
    ///   - startsWriter: false for a test that flushes itself.
    ///   - isFull: says whether the file system of an open file has no room.
    init(
        path: String, required: Bool = false, json: Bool = false, log: Logger, startsWriter: Bool,
        isFull: @escaping @Sendable (Int32) -> Bool = AuditLog.isFull
    ) throws(LogFileError) {
        self.isFull = isFull
        self.path = path
        self.json = json
        self.log = log
        isRequired = required
        file = Mutex(File(descriptor: try LogFile.open(path, as: "audit log")))
        if startsWriter && !required { startWriting() }
    }

    deinit { close(file.withLock { $0.descriptor }) }

    /// Records lines; whether they may count as written.
    ///
    /// Without ``isRequired`` they always do, and nothing is waited for. With it the calling thread writes.
    func record(_ lines: [UInt8]) -> Bool {
        if isRequired {
            guard write(lines) == lines.count else {
                file.withLock { $0.refused += 1 }
                return false
            }
            return true
        }
        let (isLost, isEnough) = waiting.withLock { waiting in
            guard waiting.bytes.count + lines.count <= Self.bound, !waiting.isStopped else {
                waiting.lost += 1
                return (waiting.lost == 1, true)
            }
            waiting.bytes += lines
            return (false, waiting.bytes.count >= Self.enough)
        }
        if isLost { log.error("audit log `\(path)`: lines are lost: more wait to be written than is kept") }
        if isEnough { wake.signal() }
        return true
    }

    /// Why nothing can be decided; nil where lines can be written, as far as is known, and where they need not be.
    var fault: String? {
        guard isRequired, file.withLock({ $0.isFailing || $0.isFull }) else { return nil }
        return "the audit log `\(path)` is required and cannot be written"
    }

    /// Finds out whether lines can be written, where they are required, while nobody asks: before the first question is
    /// lost, and when it is over. Called each second.
    func probe() {
        guard isRequired else { return }
        let (isFailing, refused, becameFull) = file.withLock { file in
            let wasFull = file.isFull
            file.isFull = isFull(file.descriptor)
            return (file.isFailing, file.refused, file.isFull && !wasFull)
        }
        if becameFull && !isFailing {
            log.error("audit log `\(path)`: the file system is full; decisions will soon fail")
        }
        guard isFailing else {
            // A file that has gone is opened again before a line is to be written.
            _ = write([])
            return
        }
        var line = AuditLine()
        line.add("question", "none")
        line.add("verdict", Verdict.undecided.rawValue)
        line.add("reason", Reason.auditFailed.rawValue)
        line.add("module", "\(refused) decisions before this line were not given, since they could not be recorded")
        var bytes: [UInt8] = []
        line.append(to: &bytes, time: EventTime.now(), json: json)
        if write(bytes) == bytes.count { file.withLock { $0.refused -= refused } }
    }

    /// Whether the file system has no room for a further block; false where nobody can tell, as for a device.
    private static func isFull(_ descriptor: Int32) -> Bool {
        var (status, system) = (stat(), statvfs())
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, fstatvfs(descriptor, &system) == 0,
            system.f_blocks > 0
        else { return false }
        // statvfs(3): f_bavail is for unprivileged users, f_bfree for root.
        return (geteuid() == 0 ? system.f_bfree : system.f_bavail) == 0
    }

    /// Writes what waits; whether nothing is left.
    ///
    /// - Parameter follows: whether a file that has taken the place of this one is written.
    @discardableResult
    func flush(follows: Bool = true) -> Bool {
        let (bytes, lost) = waiting.withLock { waiting in
            let taken = (waiting.bytes, waiting.lost)
            waiting.bytes = []
            return taken
        }
        // The writer of lines that need not wait comes each second: a file that has gone is opened again.
        let written = write(bytes, follows: follows)
        guard written == bytes.count else {
            // INVARIANT: what was not written keeps its place before whatever has come since.
            waiting.withLock { $0.bytes.insert(contentsOf: bytes[written...], at: 0) }
            return false
        }
        if lost > 0 {
            waiting.withLock { $0.lost -= lost }
            log.error("audit log `\(path)`: \(lost) records were lost")
        }
        return true
    }

    /// Opens the file again under its name, after it was moved away; the old one stays in use when that fails. What was
    /// recorded before goes to the old one, if it can be written.
    public func reopen() throws(LogFileError) {
        flush(follows: false)
        let fresh = try LogFile.open(path, as: "audit log", insteadOf: file.withLock { $0.descriptor })
        let old = file.withLock { file in
            let old = file.descriptor
            file.descriptor = fresh
            file.isTorn = false
            return old
        }
        close(old)
    }

    /// Writes what waits, and ends the writer. What is recorded after it is lost.
    func stop() {
        waiting.withLock { $0.isStopped = true }
        wake.signal()
        if !flush() { log.error("audit log `\(path)`: lines are lost: they could not be written before the end") }
    }

    /// Writes as much as can be written, and says once when that begins to fail and when it works again.
    ///
    /// - Parameter follows: whether a file that has taken the place of this one is written.
    private func write(_ bytes: [UInt8], follows: Bool = true) -> Int {
        let (written, failure, wasFailing, followed) = file.withLock { file -> (Int, String?, Bool, Bool) in
            let wasFailing = file.isFailing
            var (written, failure, followed) = (0, String?.none, false)
            if follows { (followed, failure) = follow(&file) }
            if failure == nil { (written, failure) = append(bytes, to: &file) }
            // What was written to a file that has gone meanwhile is written again.
            if follows, isRequired, failure == nil {
                let again = follow(&file)
                failure = again.failure
                followed = followed || again.isOther
                if again.isOther { (written, failure) = append(bytes, to: &file) }
                if failure != nil { written = 0 }
            }
            // Nothing to write tells nothing of whether a line can be.
            if failure != nil || !bytes.isEmpty { file.isFailing = failure != nil }
            return (written, failure, wasFailing, followed)
        }
        if followed {
            log.warning("audit log `\(path)` was deleted, moved or replaced: it is opened again under its name")
        }
        if let failure, !wasFailing {
            reportFailure(failure)
        } else if failure == nil, wasFailing, !bytes.isEmpty {
            log.notice("audit log `\(path)` is written again")
        }
        return written
    }

    /// Opens the file that has the log's name, where that is another than the one that is written.
    private func follow(_ file: inout File) -> (isOther: Bool, failure: String?) {
        var (own, named) = (stat(), stat())
        // A device stays where it is, whatever its name leads to.
        guard fstat(file.descriptor, &own) == 0, own.st_mode & S_IFMT == S_IFREG else { return (false, nil) }
        if stat(path, &named) == 0, named.st_dev == own.st_dev, named.st_ino == own.st_ino { return (false, nil) }
        do {
            let fresh = try LogFile.open(path, as: "audit log", insteadOf: file.descriptor)
            close(file.descriptor)
            file.descriptor = fresh
            file.isTorn = false
            return (true, nil)
        } catch {
            return (false, "its file has gone, and \(error.reason)")
        }
    }

    private func reportFailure(_ failure: String) {
        let then = isRequired ? "decisions are answered `could not decide`" : "lines are kept until it can be"
        log.error("audit log `\(path)` cannot be written: \(failure); \(then)")
    }

    /// Returns how many bytes were written, and why no more.
    private func append(_ bytes: [UInt8], to file: inout File) -> (written: Int, failure: String?) {
        // A line that could not be written whole is over when it is required: the answer it was for has gone.
        if file.isTorn && isRequired {
            guard LogFile.write(file.descriptor, [UInt8(ascii: "\n")]) == 1 else {
                return (0, SystemError().description)
            }
        }
        file.isTorn = false
        var written = 0
        while written < bytes.count {
            let count = LogFile.write(file.descriptor, bytes[written...])
            guard count > 0 else {
                let reason = SystemError().description
                file.isTorn = written > 0 && bytes[written - 1] != UInt8(ascii: "\n")
                return (written, reason)
            }
            written += count
        }
        return (written, nil)
    }

    private func startWriting() {
        let wake = wake
        _ = PosixThread.start(name: "auth-audit") { [weak self] in
            while true {
                _ = wake.wait(for: .seconds(1))
                guard let self, !self.waiting.withLock({ $0.isStopped }) else { return }
                self.flush()
            }
        }
    }
}
