import Basics
import Synchronization

/// The usage database on disk. Every call blocks for the disk.
///
/// The journal is a write-ahead log and every commit is synced: a process that is killed, or a machine that loses its
/// power, loses what was not committed and nothing else, and `authhost usage report` can read while the host writes, also
/// after a kill, when a process that may write would first have to undo a rollback journal.
final class UsageDatabase: Sendable {
    private let file: UsageFile
    private let identity: FileIdentity?
    /// nil once it is closed.
    private let connection: Mutex<SQLiteDatabase?>

    /// Opens the database, makes it if there is none, and brings an earlier version's up to date.
    init(path: String) throws(UsageDatabaseError) {
        file = UsageFile(path: path)
        try file.prepare()
        do {
            let database = try SQLiteDatabase(path: path, .readWrite)
            try UsageSchema.check(database, path)
            // The first transaction comes before the write-ahead log, so that the file's header tells whose it is.
            try database.execute("PRAGMA synchronous = FULL")
            try UsageSchema.update(database)
            try database.execute("PRAGMA journal_mode = WAL")
            connection = Mutex(database)
        } catch {
            throw UsageDatabaseError(error, path, "cannot be opened")
        }
        identity = file.identity
    }

    /// Whether the path still leads to the file that is open: it may have been moved away.
    var isInPlace: Bool { identity != nil && file.identity == identity }

    /// Adds rows, and closes the months before one, in one transaction.
    ///
    /// - Parameters:
    ///   - origin: whose sessions the month before which they are closed has, where that is not in the file yet.
    /// - Returns: the months that were closed.
    func write(
        _ rows: [UsageRow], from origin: String? = nil, closingBefore month: UsageMonth, at instant: Int64
    ) throws(UsageDatabaseError) -> [UsageMonth] {
        try use("cannot be written") { database in
            try database.transaction(writes: true) {
                if !rows.isEmpty { try Self.insert(rows, database) }
                if let origin {
                    try database.execute(UsageSchema.origins)
                    try database.prepare("INSERT OR IGNORE INTO origin VALUES (?, ?)")
                        .run(.integer(Int64(month.code)), .text(origin))
                }
                return try Self.closeMonths(before: month, at: instant, database)
            }
        }
    }

    /// Returns what is known of a month.
    func rows(of month: UsageMonth) throws(UsageDatabaseError) -> [UsageRow] {
        try use("cannot be read") { database in
            var rows: [UsageRow] = []
            try UsageRow.forEach(of: month, database) { rows.append($0) }
            return rows
        }
    }

    /// Closes the file. SQLite moves the write-ahead log into it first; where that fails, the log stays beside the file, synced,
    /// and the next opening reads it.
    func close() { connection.withLock { $0 = nil } }

    private func use<Result: Sendable>(
        _ failed: String, _ body: (SQLiteDatabase) throws -> Result
    ) throws(UsageDatabaseError) -> Result {
        do {
            return try connection.withLock { database in
                guard let database else { throw UsageDatabaseError(.unavailable, file.path, "\(failed): it is closed") }
                return try body(database)
            }
        } catch {
            throw UsageDatabaseError(error, file.path, failed)
        }
    }

    private static func insert(_ rows: [UsageRow], _ database: SQLiteDatabase) throws {
        let user = try database.prepare("INSERT OR IGNORE INTO user (name) VALUES (?)")
        let application = try database.prepare("INSERT OR IGNORE INTO application (name) VALUES (?)")
        let usage = try database.prepare(
            """
            INSERT INTO usage (month, user, application, days) VALUES (
                ?, (SELECT id FROM user WHERE name = ?), (SELECT id FROM application WHERE name = ?), ?)
            ON CONFLICT DO UPDATE SET days = days | excluded.days
            """)
        for row in rows {
            try user.run(.text(row.user))
            try application.run(.text(row.application))
            try usage.run(
                .integer(Int64(row.month.code)), .text(row.user), .text(row.application),
                .integer(Int64(row.days.rawValue)))
        }
    }

    private static func closeMonths(before month: UsageMonth, at instant: Int64, _ database: SQLiteDatabase) throws
        -> [UsageMonth]
    {
        let open = try database.prepare(
            """
            SELECT DISTINCT month FROM usage
            WHERE month < ? AND month NOT IN (SELECT month FROM closed_month) ORDER BY month
            """
        ).months(.integer(Int64(month.code)))
        let close = try database.prepare("INSERT INTO closed_month VALUES (?, ?)")
        for month in open { try close.run(.integer(Int64(month.code)), .integer(instant)) }
        return open
    }
}

extension SQLiteStatement {
    /// Reads the rows of a statement whose only column is a month.
    func months(_ values: SQLiteValue...) throws -> [UsageMonth] {
        try bind(values)
        var months: [UsageMonth] = []
        while try step() { if let code = self[0].integer { months.append(UsageMonth(code: Int(code))) } }
        return months
    }
}

extension UsageRow {
    /// Calls a function with every row of a month, those of a user one after the other.
    static func forEach(of month: UsageMonth, _ database: SQLiteDatabase, _ body: (UsageRow) throws -> Void) throws {
        let rows = try database.prepare(
            """
            SELECT user.name, application.name, days FROM usage
            CROSS JOIN user ON user.id = usage.user
            CROSS JOIN application ON application.id = usage.application
            WHERE month = ? ORDER BY usage.user, usage.application
            """)
        try rows.bind([.integer(Int64(month.code))])
        while try rows.step() {
            guard let user = rows[0].text, let application = rows[1].text, let days = rows[2].integer else { continue }
            try body(
                UsageRow(
                    month: month, user: user, application: application,
                    days: DayMask(rawValue: UInt32(truncatingIfNeeded: days))))
        }
    }
}
