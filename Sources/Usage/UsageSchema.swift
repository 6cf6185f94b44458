import GRDB

/// The tables of the usage database, and how a file of an earlier version becomes one of this.
enum UsageSchema {
    /// Marks a file as a usage database in its header: `AUUP`.
    static let applicationID: Int32 = 0x4155_5550

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1: users of applications by month") { database in
            try database.execute(sql: "PRAGMA application_id = \(applicationID)")
            try database.execute(
                sql: """
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
                    """)
        }
        return migrator
    }

    /// Finds out whether a file is ours, undamaged and of a version that can be read. Changes nothing.
    static func check(_ database: Database, _ path: String) throws {
        let id = try Int32.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        // The migrator's own table comes in a transaction before the first migration's: a process may have ended between them.
        let tables = try Int.fetchOne(
            database, sql: "SELECT count(*) FROM sqlite_schema WHERE tbl_name <> 'grdb_migrations'")
        if id == 0 && tables == 0 { return }
        guard id == applicationID else {
            throw UsageDatabaseError.ofSomethingElse(path)
        }
        let report = try String.fetchOne(database, sql: "PRAGMA integrity_check(1)") ?? "no answer"
        guard report == "ok" else {
            throw UsageDatabaseError(.corrupt, path, "it is damaged: \(report); it was left as it is")
        }
        if try migrator.hasBeenSuperseded(database) {
            throw UsageDatabaseError(.newer, path, "a later version of authhost has written it; it was left as it is")
        }
    }
}
