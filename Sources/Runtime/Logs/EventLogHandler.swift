import AuthCore
import Basics
import Glibc
import Logging

/// Writes log lines in Liberator's form, `2026/01/31-13:52:17.420123 +0000: NOTIFY: text`, or as JSON.
///
/// Control characters are escaped, so that a line stays a line whatever a client or module put into it.
public struct EventLogHandler: LogHandler {
    /// Not written.
    public var metadata: Logger.Metadata = [:]
    private let output: EventLogOutput
    private var ownLevel: Logger.Level?

    /// Writes to an output.
    public init(_ output: EventLogOutput) { self.output = output }

    /// The output's level, which a reload may change, unless this logger was given one of its own.
    public var logLevel: Logger.Level {
        get { ownLevel ?? output.level }
        set { ownLevel = newValue }
    }

    /// Not written.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes an event as one line.
    public func log(event: LogEvent) {
        let facts = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }.map { " \($0)=\($1)" }
        let text = (event.message.description + facts.joined()).controlsEscaped
        output.write(event.level, text)
    }

    /// Liberator's severities.
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
}
