import GRDB

/// The usage database on disk. Every call blocks for the disk.
///
/// The journal is a write-ahead log and every commit is synced: a process that is killed, or a machine that loses its
/// power, loses what was not committed and nothing else, and `authhost usage report` reads while the host writes, also
/// after a kill, when a rollback journal would have to be undone first by somebody who may write.
final class UsageDatabase: Sendable {
    private let file: UsageFile
    private let identity: UsageFile.Identity?
    private let queue: DatabaseQueue

    /// Opens the database, makes it if there is none, and brings an earlier version's up to date.
    init(path: String) throws(UsageDatabaseError) {
        file = UsageFile(path: path)
        try file.prepare()
        do {
            var configuration = Configuration()
            configuration.label = "authhost.usage"
            configuration.busyMode = .timeout(5)
            configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.inDatabase { try UsageSchema.check($0, path) }
            // The first transaction comes before the write-ahead log, so that the file's header tells whose it is.
            try UsageSchema.migrator.migrate(queue)
            try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
        } catch {
            throw UsageDatabaseError(error, path, "cannot be opened")
        }
        identity = file.identity
    }

    /// Whether the path still leads to the file that is open: somebody may have moved it away.
    var isInPlace: Bool { identity != nil && file.identity == identity }

    /// Adds rows, and closes the months before one, in one transaction.
    ///
    /// - Returns: the months that were closed.
    func write(_ rows: [UsageRow], closingBefore month: UsageMonth, at instant: Int64) throws(UsageDatabaseError)
        -> [UsageMonth]
    {
        do {
            return try queue.write { database in
                if !rows.isEmpty { try Self.insert(rows, database) }
                return try Self.closeMonths(before: month, at: instant, database)
            }
        } catch {
            throw UsageDatabaseError(error, file.path, "cannot be written")
        }
    }

    /// Returns what is known of a month.
    func rows(of month: UsageMonth) throws(UsageDatabaseError) -> [UsageRow] {
        do {
            return try queue.read { database in
                var rows: [UsageRow] = []
                try UsageRow.forEach(of: month, database) { rows.append($0) }
                return rows
            }
        } catch {
            throw UsageDatabaseError(error, file.path, "cannot be read")
        }
    }

    /// Moves everything into the one file and closes it.
    func close() throws(UsageDatabaseError) {
        do { try queue.close() } catch { throw UsageDatabaseError(error, file.path, "cannot be closed") }
    }

    private static func insert(_ rows: [UsageRow], _ database: Database) throws {
        let user = try database.cachedStatement(sql: "INSERT OR IGNORE INTO user (name) VALUES (?)")
        let application = try database.cachedStatement(sql: "INSERT OR IGNORE INTO application (name) VALUES (?)")
        let usage = try database.cachedStatement(
            sql: """
                INSERT INTO usage (month, user, application, days) VALUES (
                    ?, (SELECT id FROM user WHERE name = ?), (SELECT id FROM application WHERE name = ?), ?)
                ON CONFLICT DO UPDATE SET days = days | excluded.days
                """)
        for row in rows {
            try user.execute(arguments: [row.user])
            try application.execute(arguments: [row.application])
            try usage.execute(arguments: [row.month.code, row.user, row.application, row.days.rawValue])
        }
    }

    private static func closeMonths(before month: UsageMonth, at instant: Int64, _ database: Database) throws
        -> [UsageMonth]
    {
        let open = try Int.fetchAll(
            database,
            sql: """
                SELECT DISTINCT month FROM usage
                WHERE month < ? AND month NOT IN (SELECT month FROM closed_month) ORDER BY month
                """, arguments: [month.code])
        for code in open {
            try database.execute(sql: "INSERT INTO closed_month VALUES (?, ?)", arguments: [code, instant])
        }
        return open.map(UsageMonth.init(code:))
    }
}

extension UsageRow {
    /// Calls a function with every row of a month, those of a user one after the other.
    static func forEach(of month: UsageMonth, _ database: Database, _ body: (UsageRow) throws -> Void) throws {
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT user.name, application.name, days FROM usage
                CROSS JOIN user ON user.id = usage.user
                CROSS JOIN application ON application.id = usage.application
                WHERE month = ? ORDER BY usage.user, usage.application
                """, arguments: [month.code])
        while let row = try rows.next() {
            try body(
                UsageRow(
                    month: month, user: row[0], application: row[1],
                    days: DayMask(rawValue: UInt32(truncatingIfNeeded: row[2] as Int64))))
        }
    }
}
