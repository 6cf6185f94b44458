import Glibc
import Testing

@testable import Usage

struct UsageDatabaseTests {
    private let folder = Folder()
    private let january = UsageMonth(year: 2026, number: 1)
    private var path: String { folder.file("users/uupp.db") }

    private func row(_ user: String, _ application: String, _ days: Int...) -> UsageRow {
        UsageRow(
            month: january, user: user, application: application,
            days: days.reduce(into: DayMask()) { $0.formUnion(DayMask(day: $1)) })
    }

    @Test func `rows are read as they were written, days of a pair together`() throws {
        var database = try UsageDatabase(path: path)
        _ = try database.write([row("ann", "web", 1), row("bob", "", 31)], closingBefore: january, at: 0)
        _ = try database.write([row("ann", "web", 1, 2), row("ann", "trader", 5)], closingBefore: january, at: 0)
        database.close()
        database = try UsageDatabase(path: path)
        #expect(
            Set(try database.rows(of: january)) == [
                row("ann", "web", 1, 2), row("ann", "trader", 5), row("bob", "", 31),
            ])
        #expect(try database.rows(of: UsageMonth(year: 2026, number: 2)).isEmpty)
    }

    @Test func `names that differ in bytes only are different users`() throws {
        let database = try UsageDatabase(path: path)
        let rows = [row("Jos\u{e9}", "web", 1), row("Jose\u{301}", "web", 1), row("jos\u{e9}", "web", 1)]
        _ = try database.write(rows, closingBefore: january, at: 0)
        #expect(try database.rows(of: january).count == 3)
    }

    @Test func `earlier months are closed once`() throws {
        let database = try UsageDatabase(path: path)
        let february = UsageMonth(year: 2026, number: 2)
        #expect(try database.write([row("ann", "web", 1)], closingBefore: january, at: 0) == [])
        #expect(try database.write([], closingBefore: february, at: 5) == [january])
        #expect(try database.write([], closingBefore: february, at: 6) == [])
    }

    @Test func `the file, its log and its folder are the owner's alone`() throws {
        let database = try UsageDatabase(path: path)
        _ = try database.write([row("ann", "web", 1)], closingBefore: january, at: 0)
        #expect(mode(path) == 0o600)
        #expect(mode(path + "-wal") == 0o600)
        #expect(mode(path + "-shm") == 0o600)
        #expect(mode(folder.file("users")) == 0o700)
        database.close()
        chmod(path, 0o644)
        _ = try UsageDatabase(path: path)
        #expect(mode(path) == 0o600)
    }

    @Test(arguments: ["hello", "SQLite format 3", String(repeating: "x", count: 5000)])
    func `a file that is no database is refused and left as it is`(_ text: String) {
        let path = folder.file("notes.txt")
        write(Array(text.utf8), to: path)
        let error = #expect(throws: UsageDatabaseError.self) { try UsageDatabase(path: path) }
        #expect(error?.code == .foreign)
        #expect("\(error!)" == "usage database `\(path)`: it is not an SQLite database; it was left as it is")
        #expect(contents(path) == Array(text.utf8))
    }

    @Test(arguments: [0, 77])
    func `the database of another program is refused and left as it is`(_ applicationID: Int) throws {
        let path = folder.file("other.db")
        try SQLiteDatabase(path: path, .readWrite)
            .execute("PRAGMA application_id = \(applicationID); CREATE TABLE t (x)")
        let before = contents(path)
        let error = #expect(throws: UsageDatabaseError.self) { try UsageDatabase(path: path) }
        #expect(error?.code == .foreign)
        #expect(contents(path) == before)
    }

    @Test func `a database that was not finished when its process was killed is finished`() throws {
        mkdir(folder.file("users"), 0o700)
        // Its header is on the disk, its tables are not.
        try SQLiteDatabase(path: path, .readWrite).execute("PRAGMA journal_mode = WAL; VACUUM")
        #expect(contents(path)?.isEmpty == false)
        let database = try UsageDatabase(path: path)
        _ = try database.write([row("ann", "web", 1)], closingBefore: january, at: 0)
        #expect(try database.rows(of: january).count == 1)
    }

    @Test func `the database of a later version is refused and left as it is`() throws {
        try UsageDatabase(path: path).close()
        try SQLiteDatabase(path: path, .readWrite).execute("PRAGMA user_version = \(UsageSchema.version + 1)")
        let before = contents(path)
        let error = #expect(throws: UsageDatabaseError.self) { try UsageDatabase(path: path) }
        #expect(error?.code == .newer)
        #expect(contents(path) == before)
    }

    @Test(arguments: [100, 4096, 4096 * 5, 4096 * 9])
    func `a damaged database is refused and left as it is`(_ offset: Int) throws {
        let database = try UsageDatabase(path: path)
        let rows = (0..<2000).map { row("user-\($0)", "application", 1) }
        _ = try database.write(rows, closingBefore: january, at: 0)
        database.close()
        var bytes = try #require(contents(path))
        for index in offset..<min(offset + 4096, bytes.count) { bytes[index] = UInt8(truncatingIfNeeded: index &* 31) }
        write(bytes, to: path)
        let error = #expect(throws: UsageDatabaseError.self) { try UsageDatabase(path: path) }
        #expect(error?.code == .corrupt)
        #expect(contents(path) == bytes)
    }

    @Test func `a folder in the place of the file is refused`() {
        let error = #expect(throws: UsageDatabaseError.self) { try UsageDatabase(path: folder.path) }
        #expect(error?.code == .unavailable)
    }
}
