/// What the configuration says about usage statistics.
public struct UsageSettings: Sendable {
    /// The database's file (`uupp-file`); nil keeps the statistics in memory only.
    public var path: String?
    /// When the first sample is taken (`write-users-time`).
    public var start: SampleSchedule.Start
    /// Seconds between samples (`write-users-period`), at least 1.
    public var period: Int
    /// Seconds between writes to disk (`uupp-sync-time`), at least 1.
    public var syncTime: Int
    /// What bounds the memory.
    public var limits: UsageLimits
    /// The warnings about licences.
    public var warnings: UsageWarnings

    /// Makes settings; the defaults are Liberator's where its documentation gives them.
    public init(
        path: String?, start: SampleSchedule.Start = .startUp, period: Int = 3600, syncTime: Int = 60,
        limits: UsageLimits = UsageLimits(), warnings: UsageWarnings = UsageWarnings()
    ) {
        self.path = path
        self.start = start
        self.period = period
        self.syncTime = syncTime
        self.limits = limits
        self.warnings = warnings
    }
}

/// Tells who is logged in.
public protocol SessionSource: Sendable {
    /// Calls a function once for each session that is logged in, with its user and its application id ("" for none).
    ///
    /// Called on a thread of the usage statistics, which may block. The function takes a short lock of its own and
    /// calls nothing back.
    func forEachSession(_ body: (_ user: String, _ application: String) -> Void)

    /// Whose sessions they are, as the report has it, where they are not those of one host alone.
    var origin: String? { get }
}

extension SessionSource {
    /// One host's own.
    public var origin: String? { nil }
}

/// How important a line for the event log is.
public enum UsageLogLevel: Hashable, Sendable {
    /// What Liberator logs as INFO.
    case info
    /// What Liberator logs as NOTIFY.
    case notice
    /// Worth a look.
    case warning
    /// Something failed.
    case error
}

/// What is known of the usage statistics at a moment, for metrics and `authhost status`.
public struct UsageStatus: Sendable {
    /// The month under way.
    public let month: UsageMonth
    /// How many unique users it has.
    public let users: Int
    /// How many unique users each application has, most first.
    public let applications: [(application: String, users: Int)]
    /// How many pairs of user and application wait to be written.
    public let unsynced: Int
    /// How many samples were taken since the start.
    public let samples: Int
    /// How often a user found no room in memory since the start.
    public let withoutRoom: Int
    /// When everything was last written, in seconds since 1970; nil for never.
    public let lastSync: Int64?
    /// Why the last write failed; nil when it did not.
    public let failure: UsageDatabaseError?
}
