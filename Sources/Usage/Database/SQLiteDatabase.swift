import CLibSQLite

/// A connection to an SQLite database, with what the usage statistics need of it. Calls block for the disk.
///
/// Not for several threads at once: the owner of a shared one locks it.
final class SQLiteDatabase {
    /// What a call of SQLite came to: its own words, which never hold a bound value.
    struct Failure: Error {
        /// The primary result code (https://www.sqlite.org/rescode.html).
        let code: Int32
        let message: String
    }

    /// How a file is opened.
    enum Access {
        /// The file must be there, and nothing of it changes.
        case readOnly
        /// The file is made if it is not there.
        case readWrite
    }

    /// How long a call waits for another process's lock, in milliseconds.
    private static let lockTimeout: Int32 = 5_000

    private let handle: OpaquePointer

    /// Opens a file.
    init(path: String, _ access: Access) throws(Failure) {
        let flags =
            switch access {
            case .readOnly: SQLITE_OPEN_READONLY
            case .readWrite: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            }
        var opened: OpaquePointer?
        // The connection is closed when it is not opened whole, too (https://www.sqlite.org/c3ref/open.html).
        let code = sqlite3_open_v2(path, &opened, flags | SQLITE_OPEN_FULLMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard code == SQLITE_OK, let opened else {
            defer { sqlite3_close_v2(opened) }
            throw Failure(code: code & 0xFF, message: Self.text(code, opened))
        }
        handle = opened
        sqlite3_busy_timeout(handle, Self.lockTimeout)
    }

    // A connection with statements that still live is closed with the last of them.
    deinit { sqlite3_close_v2(handle) }

    /// Runs statements that take no values and whose rows are not read.
    func execute(_ sql: String) throws(Failure) { try check(sqlite3_exec(handle, sql, nil, nil, nil)) }

    /// Prepares one statement.
    func prepare(_ sql: String) throws(Failure) -> SQLiteStatement {
        var statement: OpaquePointer?
        try check(sqlite3_prepare_v2(handle, sql, -1, &statement, nil))
        guard let statement else { throw Failure(code: SQLITE_MISUSE, message: "the statement is empty") }
        return SQLiteStatement(statement, of: self)
    }

    /// Runs a statement, and returns the first column of its first row; nil where there is no row.
    func first(_ sql: String, _ values: SQLiteValue...) throws(Failure) -> SQLiteValue? {
        let statement = try prepare(sql)
        try statement.bind(values)
        return try statement.step() ? statement[0] : nil
    }

    /// Runs a body in a transaction that is committed at its end, and taken back when it throws.
    ///
    /// - Parameter writes: whether the lock for writing is taken at the start, so that a transaction that waits for it can.
    func transaction<Result>(writes: Bool, _ body: () throws -> Result) throws -> Result {
        try execute(writes ? "BEGIN IMMEDIATE" : "BEGIN")
        do {
            let result = try body()
            try execute("COMMIT")
            return result
        } catch {
            // Some errors have taken it back already (https://www.sqlite.org/lang_transaction.html).
            if sqlite3_get_autocommit(handle) == 0 { try? execute("ROLLBACK") }
            throw error
        }
    }

    /// Throws what a result code other than `SQLITE_OK` says.
    func check(_ code: Int32) throws(Failure) {
        guard code != SQLITE_OK else { return }
        throw Failure(code: code & 0xFF, message: Self.text(code, handle))
    }

    private static func text(_ code: Int32, _ handle: OpaquePointer?) -> String {
        // SAFETY: both return NUL-terminated text of SQLite's, which is copied before the next call on the connection.
        String(cString: handle.map { sqlite3_errmsg($0) } ?? sqlite3_errstr(code))
    }
}
