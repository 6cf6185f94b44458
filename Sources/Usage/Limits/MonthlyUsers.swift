/// The unique users of one month in memory: which user used which application on which days.
///
/// A pair of user and application is one entry however often it is seen, so that the memory is bounded by the number of
/// pairs and not by the number of log-ins or days.
struct MonthlyUsers: Sendable {
    /// What one look at a user changed.
    enum Change: Hashable, Sendable {
        /// The pair was known for this day.
        case none
        /// The pair is new for this day.
        case day
        /// The pair is new for this month: the application has so many unique users now.
        case month(application: String, users: Int)
        /// There is no room for a further pair.
        case noRoom
    }

    private struct Entry {
        var days: DayMask
        var unsynced: DayMask
    }

    let month: UsageMonth
    private let limits: UsageLimits
    private var users = NameTable()
    private var applications = NameTable()
    private var usersByApplication: [Int] = []
    /// Keyed by application and user, 32 bits each.
    private var entries: [UInt64: Entry] = [:]
    /// The keys of entries with unsynced days, each once.
    private var unsynced: [UInt64] = []

    init(_ month: UsageMonth, _ limits: UsageLimits) {
        self.month = month
        self.limits = limits
    }

    /// How many users there are.
    var userCount: Int { users.count }
    /// How many pairs wait to be written.
    var unsyncedCount: Int { unsynced.count }
    /// How many users each application has, most first, then by name.
    var applicationCounts: [(application: String, users: Int)] {
        zip(applications.names, usersByApplication).map { ($0, $1) }.filter { $0.1 > 0 }.sorted {
            ($1.1, $0.0) < ($0.1, $1.0)
        }
    }

    /// Notes that a user is logged in on a day of the month, 1...31.
    mutating func see(user: String, application: String, day: Int) -> Change {
        merge(user: user, application: application, days: DayMask(day: day), isStored: false)
    }

    /// Notes what the database already holds.
    mutating func load(_ row: UsageRow) {
        _ = merge(user: row.user, application: row.application, days: row.days, isStored: true)
    }

    /// Takes what is not written yet; give it back with ``giveBack(_:)`` when it could not be written.
    mutating func takeUnsynced() -> [UsageRow] {
        let rows = unsynced.map { key in
            let days = entries[key, default: Entry(days: [], unsynced: [])].unsynced
            entries[key]?.unsynced = []
            return UsageRow(month: month, user: userName(key), application: applicationName(key), days: days)
        }
        unsynced.removeAll()
        return rows
    }

    /// Marks all days of all pairs as not written.
    mutating func markAllUnsynced() {
        unsynced = Array(entries.keys)
        entries = entries.mapValues { Entry(days: $0.days, unsynced: $0.days) }
    }

    /// Takes back what could not be written.
    mutating func giveBack(_ row: UsageRow) {
        _ = merge(user: row.user, application: row.application, days: row.days, isStored: false, isNew: false)
    }

    private mutating func merge(
        user: String, application: String, days: DayMask, isStored: Bool, isNew: Bool = true
    ) -> Change {
        let application = number(ofApplication: application)
        if let user = users.number(of: user), case let key = UInt64(application) << 32 | UInt64(user),
            var entry = entries[key]
        {
            let fresh = isNew ? days.subtracting(entry.days) : days
            if fresh.isEmpty { return .none }
            entry.days.formUnion(fresh)
            if !isStored { mark(key, &entry, fresh) }
            entries[key] = entry
            return .day
        }
        guard entries.count < limits.pairs else { return .noRoom }
        let key = UInt64(application) << 32 | UInt64(users.insert(user))
        var entry = Entry(days: days, unsynced: [])
        if !isStored { mark(key, &entry, days) }
        entries[key] = entry
        usersByApplication[Int(application)] += 1
        return .month(application: applications[Int(application)], users: usersByApplication[Int(application)])
    }

    private mutating func mark(_ key: UInt64, _ entry: inout Entry, _ days: DayMask) {
        if entry.unsynced.isEmpty { unsynced.append(key) }
        entry.unsynced.formUnion(days)
    }

    /// The number of the name under which an application is counted.
    private mutating func number(ofApplication application: String) -> UInt32 {
        if let number = applications.number(of: application) { return number }
        let fits = applications.count < limits.applications && application.utf8.count <= limits.applicationNameSize
        let number = applications.insert(fits ? application : UsageLimits.furtherApplications)
        if Int(number) == usersByApplication.count { usersByApplication.append(0) }
        return number
    }

    private func userName(_ key: UInt64) -> String { users[Int(key & 0xFFFF_FFFF)] }

    private func applicationName(_ key: UInt64) -> String { applications[Int(key >> 32)] }
}
