import AuthCore
import Glibc
import Logging
import Synchronization

/// Writes log lines in the reference's form, `2026/01/31-13:52:17.420123 +0000: NOTIFY: text`, or as JSON.
///
/// Control characters are escaped, so that a line stays a line whatever a client or module put into it.
public struct EventLogHandler: LogHandler {
    public var metadata: Logger.Metadata = [:]
    private let output: EventLogOutput
    private var ownLevel: Logger.Level?

    public init(_ output: EventLogOutput) { self.output = output }

    /// The output's level, which a reload may change, unless this logger was given one of its own.
    public var logLevel: Logger.Level {
        get { ownLevel ?? output.level }
        set { ownLevel = newValue }
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        let time = EventTime.now()
        let severity = Self.word(for: event.level)
        let facts = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }.map { " \($0)=\($1)" }
        let text = (event.message.description + facts.joined()).controlsEscaped
        if output.writesJSON {
            output.write(
                "{\"time\":\"\(time)\",\"severity\":\"\(severity)\",\"message\":\"\(Self.quoted(text))\"}\n")
        } else {
            output.write("\(time): \(severity): \(text)\n")
        }
    }

    /// The reference's severities (facts, section 4.2).
    static func word(for level: Logger.Level) -> String {
        switch level {
        case .trace, .debug: "DEBUG"
        case .info: "INFO"
        case .notice: "NOTIFY"
        case .warning: "WARN"
        case .error: "ERROR"
        case .critical: "CRIT"
        }
    }

    private static func quoted(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    }
}

/// Where log lines go, standard error or a file, and which of them; all of it can be changed while the host runs.
public final class EventLogOutput: Sendable {
    private let descriptor: Mutex<Int32>
    private let leastSeverity: Atomic<Int>
    private let json: Atomic<Bool>
    /// What was written last.
    public let recent = EventRing()

    /// - Parameters:
    ///   - path: nil for standard error.
    ///   - level: the least severe events that are written.
    ///   - json: whether lines are JSON objects.
    /// - Throws: ``EventLogError`` when the file cannot be opened for appending.
    public init(path: String?, level: Logger.Level, json: Bool) throws(EventLogError) {
        descriptor = Mutex(try Self.open(path))
        leastSeverity = Atomic(Self.number(of: level))
        self.json = Atomic(json)
    }

    /// Changes which lines are written from now on, and how they look.
    public func configure(level: Logger.Level, json: Bool) {
        leastSeverity.store(Self.number(of: level), ordering: .relaxed)
        self.json.store(json, ordering: .relaxed)
    }

    var level: Logger.Level { Logger.Level.allCases[leastSeverity.load(ordering: .relaxed)] }

    var writesJSON: Bool { json.load(ordering: .relaxed) }

    private static func number(of level: Logger.Level) -> Int { Logger.Level.allCases.firstIndex(of: level) ?? 0 }

    func write(_ line: String) {
        recent.append(line.hasSuffix("\n") ? String(line.dropLast()) : line)
        let bytes = Array(line.utf8)
        descriptor.withLock { descriptor in
            // One write for each line keeps lines of several processes apart (O_APPEND). A full disk must not stop the host.
            _ = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        }
    }

    /// Opens a file: the same path again, after it was moved away, or another; nil for standard error.
    ///
    /// - Throws: ``EventLogError``; the old file stays in use then.
    public func open(_ path: String?) throws(EventLogError) {
        let fresh = try Self.open(path)
        let old = descriptor.withLock { descriptor in
            defer { descriptor = fresh }
            return descriptor
        }
        if old != STDERR_FILENO { close(old) }
    }

    private static func open(_ path: String?) throws(EventLogError) -> Int32 {
        guard let path else { return STDERR_FILENO }
        let descriptor = Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw EventLogError(path: path, reason: String(cString: strerror(errno))) }
        return descriptor
    }
}

/// Why an event log cannot be written.
public struct EventLogError: Error, CustomStringConvertible {
    public let path: String
    public let reason: String
    public var description: String { "cannot open the event log `\(path)` for appending: \(reason)" }
}

/// The time of a log line: local time with its offset, in microseconds.
enum EventTime {
    static func now() -> String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        var local = tm()
        localtime_r(&time.tv_sec, &local)
        let offset = local.tm_gmtoff / 60
        let date = "\(local.tm_year + 1900)/\(padded(Int(local.tm_mon) + 1, 2))/\(padded(Int(local.tm_mday), 2))"
        let clock = [local.tm_hour, local.tm_min, local.tm_sec].map { padded(Int($0), 2) }.joined(separator: ":")
        let zone = (offset < 0 ? "-" : "+") + padded(abs(offset) / 60, 2) + padded(abs(offset) % 60, 2)
        return "\(date)-\(clock).\(padded(time.tv_nsec / 1000, 6)) \(zone)"
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
