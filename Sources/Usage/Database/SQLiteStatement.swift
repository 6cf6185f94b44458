import CLibSQLite

/// A value of a column, or one that is bound to a statement.
enum SQLiteValue: Hashable {
    case integer(Int64)
    case text(String)
    /// NULL, and kinds that the usage database has no column of.
    case none

    /// The integer; nil for other kinds.
    var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
    /// The text; nil for other kinds.
    var text: String? { if case .text(let value) = self { value } else { nil } }
}

/// A prepared statement.
final class SQLiteStatement {
    private let handle: OpaquePointer
    private let database: SQLiteDatabase

    init(_ handle: OpaquePointer, of database: SQLiteDatabase) {
        self.handle = handle
        self.database = database
    }

    deinit { sqlite3_finalize(handle) }

    /// Gives the statement's parameters their values, the first one's first.
    func bind(_ values: [SQLiteValue]) throws(SQLiteDatabase.Failure) {
        for (index, value) in values.enumerated() {
            let column = Int32(index + 1)
            let code =
                switch value {
                case .integer(let value): sqlite3_bind_int64(handle, column, value)
                case .text(let text): bind(text, column)
                case .none: sqlite3_bind_null(handle, column)
                }
            try database.check(code)
        }
    }

    /// Goes to the next row, and tells whether there is one.
    func step() throws(SQLiteDatabase.Failure) -> Bool {
        let code = sqlite3_step(handle)
        if code == SQLITE_ROW { return true }
        guard code == SQLITE_DONE else {
            sqlite3_reset(handle)
            try database.check(code)
            return false
        }
        return false
    }

    /// Runs the statement to its end with new values, and makes it ready to run again.
    func run(_ values: SQLiteValue...) throws(SQLiteDatabase.Failure) {
        try bind(values)
        while try step() {}
        sqlite3_reset(handle)
    }

    /// A column of the row that the statement is at; bounds are SQLite's to check, which returns NULL beyond them.
    subscript(column: Int32) -> SQLiteValue {
        switch sqlite3_column_type(handle, column) {
        case SQLITE_INTEGER: .integer(sqlite3_column_int64(handle, column))
        case SQLITE_TEXT: .text(text(column))
        default: .none
        }
    }

    private func text(_ column: Int32) -> String {
        guard let bytes = sqlite3_column_text(handle, column) else { return "" }
        // SAFETY: SQLite lends so many bytes until the next call on the statement, and they are copied here.
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    }

    private func bind(_ text: String, _ column: Int32) -> Int32 {
        // SAFETY: -1 is SQLITE_TRANSIENT, a macro that is not imported: SQLite makes its own copy within the call
        // (https://www.sqlite.org/c3ref/c_static.html).
        let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        // The count, and not a NUL at the end: a name may hold one.
        return sqlite3_bind_text(handle, column, text, Int32(text.utf8.count), copied)
    }
}
