/// The tables of the usage database, and how a file of an earlier version becomes one of this.
enum UsageSchema {
    /// Marks a file as a usage database in its header: `AUUP`.
    static let applicationID: Int32 = 0x4155_5550
    /// What the header's user version says of a file of this version; 0 is a file without tables.
    static let version: Int64 = 1

    private static let tables = """
        CREATE TABLE user (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
        CREATE TABLE application (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
        -- month: 202601 is January 2026. days: bit 0 is the first day of the month.
        CREATE TABLE usage (
            month INTEGER NOT NULL,
            user INTEGER NOT NULL REFERENCES user,
            application INTEGER NOT NULL REFERENCES application,
            days INTEGER NOT NULL,
            PRIMARY KEY (month, user, application)
        ) WITHOUT ROWID;
        -- closed: seconds since 1970.
        CREATE TABLE closed_month (month INTEGER PRIMARY KEY, closed INTEGER NOT NULL);
        """

    /// Whose sessions a month has; made with the first, so that files of one host stay as they are.
    static let origins =
        "CREATE TABLE IF NOT EXISTS origin (month INTEGER, text TEXT, PRIMARY KEY (month, text)) WITHOUT ROWID"

    /// Makes the tables of a file that has none, in one transaction with what marks the file as ours.
    static func update(_ database: SQLiteDatabase) throws {
        try database.transaction(writes: true) {
            // Another process may have made them since the check.
            guard try database.version == 0 else { return }
            try database.execute(tables)
            try database.execute("PRAGMA application_id = \(applicationID); PRAGMA user_version = \(version)")
        }
    }

    /// Finds out whether a file is ours, undamaged and of a version that can be read. Changes nothing.
    static func check(_ database: SQLiteDatabase, _ path: String) throws {
        let id = try database.first("PRAGMA application_id")?.integer ?? 0
        if id == 0, try database.first("SELECT count(*) FROM sqlite_schema") == .integer(0) { return }
        guard id == applicationID else { throw UsageDatabaseError.ofSomethingElse(path) }
        let report = try database.first("PRAGMA integrity_check(1)")?.text ?? "no answer"
        guard report == "ok" else {
            throw UsageDatabaseError(.corrupt, path, "it is damaged: \(report); it was left as it is")
        }
        guard try database.version <= version else {
            throw UsageDatabaseError(.newer, path, "a later version of authhost has written it; it was left as it is")
        }
    }
}

extension SQLiteDatabase {
    fileprivate var version: Int64 { get throws(Failure) { try first("PRAGMA user_version")?.integer ?? 0 } }
}
