import Logging

/// Writes what a shadow's host logs into the event log, as the shadow's.
struct ShadowLogHandler: LogHandler {
    private let log: Logger
    var metadata: Logger.Metadata = [:]
    private var ownLevel: Logger.Level?

    init(_ log: Logger) { self.log = log }

    /// That of the event log, unless this logger was given one of its own.
    var logLevel: Logger.Level {
        get { ownLevel ?? log.logLevel }
        set { ownLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        log.log(
            level: event.level, "shadow: \(event.message)", metadata: metadata.merging(event.metadata ?? [:]) { $1 })
    }
}
