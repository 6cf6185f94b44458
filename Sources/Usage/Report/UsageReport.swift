import AuthCore

/// How many unique users there were in a month, by day and by application.
public struct UsageReport: Hashable, Sendable {
    /// The unique users of an application, or of all.
    public struct Count: Hashable, Sendable {
        /// The application id; "" for log-ins without one.
        public let application: String
        /// Unique users of each day, the month's first day at index 0.
        public fileprivate(set) var byDay: [Int]
        /// Unique users of the month.
        public fileprivate(set) var month: Int

        fileprivate init(_ application: String, days: Int) {
            self.application = application
            byDay = Array(repeating: 0, count: days)
            month = 0
        }

        fileprivate mutating func add(_ days: DayMask) {
            month += 1
            for index in byDay.indices where days.contains(day: index + 1) { byDay[index] += 1 }
        }
    }

    /// The month.
    public let month: UsageMonth
    /// Whether the month is over and all of it was written.
    public let isClosed: Bool
    /// How many days of the month are reported: all, or those up to today.
    public let days: Int
    /// The applications, most users first, then by name.
    public let applications: [Count]
    /// The users of any application, each once.
    public let all: Count
    /// Whose sessions were counted, in words; empty where they are those of one host alone.
    public let origins: [String]
    /// The months of which the database knows users, in order.
    public let knownMonths: [UsageMonth]

    /// Reads a month out of a database, which a host may be writing meanwhile. Changes nothing. Blocks for the disk.
    ///
    /// - Parameter today: the last day to report of a month that is under way.
    public init(path: String, month: UsageMonth, today: LocalDay) throws(UsageDatabaseError) {
        try self.init(paths: [path], month: month, today: today)
    }

    /// Reads a month out of databases whose users are counted together, such as those of hosts that counted a cluster by turns: a user of
    /// several of them is one. Changes nothing. Blocks for the disks.
    ///
    /// - Parameter today: the last day to report of a month that is under way.
    public init(paths: [String], month: UsageMonth, today: LocalDay) throws(UsageDatabaseError) {
        var counting = Counting(days: month == today.month ? today.date.day : month.dayCount)
        var merged = MergedRows()
        var files: [Description] = []
        for path in paths {
            files.append(
                try Self.read(path, month) { if paths.count == 1 { counting.add($0) } else { merged.add($0) } })
        }
        merged.forEach(of: month) { counting.add($0) }
        self.month = month
        isClosed = files.allSatisfy(\.isClosed)
        knownMonths = Set(files.flatMap(\.months)).sorted { $0.code < $1.code }
        origins = Set(files.flatMap(\.origins)).sorted()
        days = counting.days
        all = counting.finish()
        applications = counting.applications.values.sorted {
            $0.month == $1.month ? $0.application < $1.application : $0.month > $1.month
        }
    }

    /// What a database says of a month besides its rows.
    private typealias Description = (isClosed: Bool, months: [UsageMonth], origins: [String])

    private static func read(
        _ path: String, _ month: UsageMonth, _ body: (UsageRow) -> Void
    ) throws(UsageDatabaseError) -> Description {
        try UsageFile(path: path).checkReadable()
        do {
            let database = try SQLiteDatabase(path: path, .readOnly)
            return try database.transaction(writes: false) {
                try UsageSchema.check(database, path)
                try UsageRow.forEach(of: month, database, body)
                let closed = try database.first(
                    "SELECT count(*) FROM closed_month WHERE month = ?", .integer(Int64(month.code)))
                let months = try database.prepare("SELECT DISTINCT month FROM usage ORDER BY month").months()
                return (closed == .integer(1), months, try Self.origins(of: month, database))
            }
        } catch {
            throw UsageDatabaseError(error, path, "cannot be read")
        }
    }
}

/// Rows of several databases: the days of a user with an application are those of all of them.
private struct MergedRows {
    private var users: [ExactText: [ExactText: DayMask]] = [:]

    mutating func add(_ row: UsageRow) {
        let application = ExactText(row.application)
        let known = users[ExactText(row.user)]?[application] ?? DayMask()
        users[ExactText(row.user), default: [:]][application] = known.union(row.days)
    }

    /// Calls a function with every row, those of a user one after the other.
    func forEach(of month: UsageMonth, _ body: (UsageRow) -> Void) {
        for (user, applications) in users {
            for (application, days) in applications {
                body(UsageRow(month: month, user: user.text, application: application.text, days: days))
            }
        }
    }
}

extension UsageReport {
    private static func origins(of month: UsageMonth, _ database: SQLiteDatabase) throws -> [String] {
        let table = try database.first("SELECT count(*) FROM sqlite_schema WHERE name = 'origin'")
        guard table == .integer(1) else { return [] }
        let rows = try database.prepare("SELECT text FROM origin WHERE month = ? ORDER BY text")
        try rows.bind([.integer(Int64(month.code))])
        var texts: [String] = []
        while try rows.step() { if let text = rows[0].text { texts.append(text) } }
        return texts
    }
}

/// Counts rows that come user by user.
private struct Counting {
    let days: Int
    private(set) var applications: [ExactText: UsageReport.Count] = [:]
    private var all: UsageReport.Count
    private var user: (name: String, days: DayMask)?

    init(days: Int) {
        self.days = days
        all = UsageReport.Count("", days: days)
    }

    mutating func add(_ row: UsageRow) {
        applications[ExactText(row.application), default: UsageReport.Count(row.application, days: days)].add(row.days)
        if let known = user, known.name.utf8.elementsEqual(row.user.utf8) {
            user = (known.name, known.days.union(row.days))
        } else {
            addUser()
            user = (row.user, row.days)
        }
    }

    mutating func finish() -> UsageReport.Count {
        addUser()
        user = nil
        return all
    }

    private mutating func addUser() {
        if let user { all.add(user.days) }
    }
}
