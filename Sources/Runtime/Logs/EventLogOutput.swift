import Basics
import Glibc
import Logging
import Metrics
import ModuleHost
import Synchronization

/// Where log lines go, standard error or a file, and which of them; all of it can be changed while the host runs.
///
/// A line that cannot be written is counted; standard error is told when that begins, and the log how many were lost as soon
/// as it can be written again.
public final class EventLogOutput: Sendable {
    private struct Sink {
        /// nil for standard error.
        var path: String?
        var descriptor: Int32
        /// The last line in the file has no end: a write was cut short.
        var isTorn = false
        /// Lines lost since the last that was written.
        var lost = 0
    }

    private let sink: Mutex<Sink>
    private let leastSeverity: Atomic<Int>
    private let json: Atomic<Bool>
    private let lostLines = Counter(label: "authhost_event_log_lost_lines_total")
    private let errorStream: Int32
    /// What was written last.
    public let recent = EventRing()

    /// - Parameters:
    ///   - path: nil for standard error.
    ///   - level: the least severe events that are written.
    ///   - json: whether lines are JSON objects.
    /// - Throws: ``LogFileError`` when the file cannot be opened for appending.
    public convenience init(path: String?, level: Logger.Level, json: Bool) throws(LogFileError) {
        try self.init(path: path, level: level, json: json, errorStream: STDERR_FILENO)
    }

    /// - Parameter errorStream: what stands for standard error; it is not closed.
    init(path: String?, level: Logger.Level, json: Bool, errorStream: Int32) throws(LogFileError) {
        self.errorStream = errorStream
        let descriptor = try path.map { path throws(LogFileError) in try LogFile.open(path, as: "event log") }
        sink = Mutex(Sink(path: path, descriptor: descriptor ?? errorStream))
        leastSeverity = Atomic(Self.number(of: level))
        self.json = Atomic(json)
        HostProcess.setEventLog(descriptor, json: json)
    }

    deinit {
        let (descriptor, path) = sink.withLock { ($0.descriptor, $0.path) }
        guard path != nil else { return }
        HostProcess.setEventLog(nil, json: false)
        close(descriptor)
    }

    /// Changes which lines are written from now on, and how they look.
    public func configure(level: Logger.Level, json: Bool) {
        leastSeverity.store(Self.number(of: level), ordering: .relaxed)
        self.json.store(json, ordering: .relaxed)
        sink.withLock { HostProcess.setEventLog($0.path == nil ? nil : $0.descriptor, json: json) }
    }

    var level: Logger.Level { Logger.Level.allCases[leastSeverity.load(ordering: .relaxed)] }

    private static func number(of level: Logger.Level) -> Int { Logger.Level.allCases.firstIndex(of: level) ?? 0 }

    /// Writes an event as a line; `text` holds no control characters.
    func write(_ level: Logger.Level, _ text: String) {
        let line = line(level, text)
        recent.append(line)
        sink.withLock { sink in
            if sink.lost > 0 { reportLoss(&sink) }
            append(line, to: &sink)
        }
    }

    /// Writes what is wrong with the event log itself: to the log, and to standard error, where it is surely seen.
    public func report(_ text: String) {
        let text = text.controlsEscaped
        write(.error, text)
        if sink.withLock({ $0.path != nil }) { tellStandardError(text) }
    }

    /// Opens a file: the same path again, after it was moved away, or another; nil for standard error.
    ///
    /// - Throws: ``LogFileError``; the old file stays in use then.
    public func open(_ path: String?) throws(LogFileError) {
        let held = sink.withLock { $0.path == nil ? nil : $0.descriptor }
        let descriptor = try path.map { path throws(LogFileError) in
            try LogFile.open(path, as: "event log", insteadOf: held)
        }
        let old = sink.withLock { sink in
            let old = sink
            sink = Sink(path: path, descriptor: descriptor ?? errorStream, lost: old.lost)
            HostProcess.setEventLog(descriptor, json: json.load(ordering: .relaxed))
            return old
        }
        if old.path != nil { close(old.descriptor) }
    }

    /// Opens a file as ``open(_:)`` does, or says why not and what is used then: the old file, or standard error where that
    /// was deleted, since what is written there could not be read.
    ///
    /// - Returns: whether the file is the one in use now.
    public func reopen(_ path: String?) -> Bool {
        do throws(LogFileError) {
            try open(path)
            return true
        } catch {
            let isDeleted = sink.withLock { sink in
                var file = stat()
                return sink.path != nil && fstat(sink.descriptor, &file) == 0 && file.st_nlink == 0
            }
            guard isDeleted, (try? open(nil)) != nil else {
                report("\(error); the old one stays in use")
                return false
            }
            report("\(error); the old one was deleted, so standard error is used")
            return false
        }
    }

    private func line(_ level: Logger.Level, _ text: String) -> String {
        let (time, severity) = (LogTime(), EventLogHandler.word(for: level))
        guard json.load(ordering: .relaxed) else { return "\(time.text): \(severity): \(text)" }
        let quoted = text.replacingEach("\\", with: "\\\\").replacingEach("\"", with: "\\\"")
        return "{\"time\":\"\(time.rfc3339)\",\"severity\":\"\(severity)\",\"message\":\"\(quoted)\"}"
    }

    /// Says in the log itself how many lines are missing at this place.
    private func reportLoss(_ sink: inout Sink) {
        let line = line(.error, "event log: \(sink.lost == 1 ? "1 line was" : "\(sink.lost) lines were") lost")
        guard put(line, in: &sink) == nil else { return }
        sink.lost = 0
        recent.append(line)
    }

    private func append(_ line: String, to sink: inout Sink) {
        // Until a loss can be told, no line may follow it as if nothing were missing.
        if sink.lost == 0 {
            guard let failure = put(line, in: &sink) else { return }
            let reason = SystemError(failure)
            if let path = sink.path { tellStandardError("the event log `\(path)` cannot be written: \(reason)") }
        }
        sink.lost += 1
        lostLines.increment()
    }

    /// Writes a line whole; returns the errno of a write that failed.
    private func put(_ line: String, in sink: inout Sink) -> Int32? {
        // One write for each line keeps lines of several processes apart (O_APPEND).
        let bytes = Array(((sink.isTorn ? "\n" : "") + line + "\n").utf8)
        var written = 0
        while written < bytes.count {
            let count = LogFile.write(sink.descriptor, bytes[written...])
            guard count > 0 else {
                let reason = count == 0 ? ENOSPC : errno
                if written > 0 { sink.isTorn = bytes[written - 1] != UInt8(ascii: "\n") }
                return reason
            }
            written += count
        }
        sink.isTorn = false
        return nil
    }

    private func tellStandardError(_ text: String) {
        _ = LogFile.write(errorStream, Array((line(.error, text) + "\n").utf8)[...])
    }
}
