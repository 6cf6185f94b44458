import Glibc
import Testing

@testable import Usage

struct UsageReportTests {
    private let folder = Folder()
    private let january = UsageMonth(year: 2026, number: 1)
    private let later = LocalDay(year: 2026, month: 2, day: 3)

    /// A month of three applications with a weekly rhythm, the same on every run.
    private func makeMonth(closed: Bool = true) throws -> String {
        let path = folder.file("uupp.db")
        let database = try UsageDatabase(path: path)
        var rows: [UsageRow] = []
        for user in 0..<240 {
            var days = (trader: DayMask(), web: DayMask(), none: DayMask())
            for day in 1...31 {
                let weekend = LocalDay(year: 2026, month: 1, day: day).weekday > 4
                let chance = (user * 7919 + day * 104_729) % 97
                if !weekend && chance < 40 + day { days.trader.insert(DayMask(day: day)) }
                if user % 3 == 0 && chance % 11 < (weekend ? 5 : 3) { days.web.insert(DayMask(day: day)) }
                if user == 5 && day == 9 { days.none.insert(DayMask(day: day)) }
            }
            for (application, days) in [("SLJS:CaplinTrader", days.trader), ("web", days.web), ("", days.none)]
            where !days.isEmpty {
                rows.append(UsageRow(month: january, user: "user-\(user)", application: application, days: days))
            }
        }
        _ = try database.write(rows, closingBefore: closed ? later.month : january, at: 0)
        return path
    }

    private func expect(_ text: String, isKeptAs name: String) throws {
        if getenv("AUTHHOST_UPDATE_GOLDEN") != nil { write(Array(text.utf8), to: kept(name)) }
        #expect(try text == String(decoding: #require(contents(kept(name))), as: UTF8.self))
    }

    private func kept(_ name: String) -> String {
        #filePath.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/Golden/\(name)"
    }

    @Test(arguments: [
        (80, BarStyle.blocks, "january.txt"), (132, .blocks, "january-wide.txt"), (50, .ascii, "january-narrow.txt"),
    ])
    func `the text is the one that is kept, and fits its width`(_ width: Int, _ style: BarStyle, _ name: String) throws
    {
        let text = try UsageReport(path: makeMonth(), month: january, today: later).text(width: width, style: style)
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= width })
        try expect(text, isKeptAs: name)
    }

    @Test func `the JSON and the CSV are the ones that are kept`() throws {
        let report = try UsageReport(path: makeMonth(), month: january, today: later)
        try expect(report.json, isKeptAs: "january.json")
        try expect(report.csv, isKeptAs: "january.csv")
    }

    @Test func `the users of several databases are counted together, each once`() throws {
        func database(_ name: String, _ rows: [(user: String, application: String, days: ClosedRange<Int>)]) throws
            -> String
        {
            let path = folder.file(name)
            let database = try UsageDatabase(path: path)
            let rows = rows.map { row in
                var days = DayMask()
                for day in row.days { days.insert(DayMask(day: day)) }
                return UsageRow(month: january, user: row.user, application: row.application, days: days)
            }
            _ = try database.write(rows, from: "by \(name)", closingBefore: january, at: 0)
            database.close()
            return path
        }
        let paths = [
            try database("a", [("ann", "web", 1...3), ("bob", "web", 1...1), ("\u{e9}", "web", 9...9)]),
            try database("b", [("ann", "web", 3...4), ("ann", "", 5...5), ("e\u{301}", "web", 9...9)]),
        ]
        let report = try UsageReport(paths: paths, month: january, today: later)
        #expect(report.all.month == 4)
        #expect(report.all.byDay.prefix(9) == [2, 1, 1, 1, 1, 0, 0, 0, 2])
        #expect(report.applications.map(\.month) == [4, 1])
        #expect(report.origins == ["by a", "by b"] && !report.isClosed)
        #expect(throws: UsageDatabaseError.self) {
            try UsageReport(paths: [paths[0], folder.file("none")], month: january, today: later)
        }
    }

    @Test func `a database of the first version is still read`() throws {
        let path = folder.file("version-1.db")
        let statements = String(decoding: try #require(contents(kept("version-1.sql"))), as: UTF8.self)
        try SQLiteDatabase(path: path, .readWrite).execute(statements)
        let report = try UsageReport(path: path, month: january, today: later)
        #expect(report == (try UsageReport(path: makeMonth(), month: january, today: later)))
        #expect(try UsageDatabase(path: path).rows(of: january).count == 321)
    }

    @Test func `a user of two applications is one user`() throws {
        let path = folder.file("two.db")
        let days = DayMask(day: 3)
        let rows = ["web", "trader"].map { UsageRow(month: january, user: "ann", application: $0, days: days) }
        _ = try UsageDatabase(path: path).write(rows, closingBefore: january, at: 0)
        let report = try UsageReport(path: path, month: january, today: later)
        #expect(report.all.month == 1)
        #expect(report.all.byDay[2] == 1)
        #expect(report.applications.map(\.month) == [1, 1])
    }

    @Test func `a month under way ends with today`() throws {
        let path = try makeMonth(closed: false)
        let report = try UsageReport(path: path, month: january, today: LocalDay(year: 2026, month: 1, day: 14))
        #expect(report.days == 14)
        let text = report.text(width: 80, style: .ascii)
        #expect(text.contains("The month is not closed: more may come."))
        #expect(text.contains("Wed 14") && !text.contains("Thu 15"))
    }

    @Test func `an empty month names those that are not`() throws {
        let report = try UsageReport(path: makeMonth(), month: UsageMonth(year: 2026, number: 5), today: later)
        #expect(
            report.text(width: 80, style: .ascii)
                == "Unique users in May 2026\n\nNo users were recorded. Months with users: 2026-01.\n")
        #expect(report.json.contains("\"users\": 0"))
    }

    @Test func `many applications are shown in several tables, each within the width`() throws {
        let path = folder.file("many.db")
        let rows = (0..<40).map {
            UsageRow(month: january, user: "ann", application: "application-\($0)", days: DayMask(day: 3))
        }
        _ = try UsageDatabase(path: path).write(rows, closingBefore: january, at: 0)
        let text = try UsageReport(path: path, month: january, today: later).text(width: 80, style: .blocks)
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 })
        #expect((0..<40).allSatisfy { text.contains("application-\($0) ") || text.contains("application-\($0)\n") })
    }

    @Test(arguments: [
        ("a\u{1b}[31mb", "a\\u{1b}[31mb", 12), ("ab\u{202e}cd", "ab\\u{202e}cd", 12), ("", "(none)", 6),
        ("日本", "日本", 4),
        ("e\u{301}", "e\u{301}", 1),
    ])
    func `the name of an application cannot steer a terminal`(_ name: String, _ shown: String, _ width: Int) {
        #expect(TerminalText(name).text == shown)
        #expect(TerminalText(name).width == width)
        #expect(TerminalText(name).cut(to: 3).width <= 3)
    }

    @Test func `names are quoted in JSON and CSV`() throws {
        let path = folder.file("names.db")
        let row = UsageRow(month: january, user: "ann", application: "a \"b\",\\\n", days: DayMask(day: 1))
        _ = try UsageDatabase(path: path).write([row], closingBefore: january, at: 0)
        let report = try UsageReport(path: path, month: january, today: LocalDay(year: 2026, month: 1, day: 1))
        #expect(report.csv.contains("2026-01-01,application,\"a \"\"b\"\",\\\n\",1\n"))
        #expect(report.json.contains("{\"application\": \"a \\\"b\\\",\\\\\\u000a\", \"users\": 1}"))
    }

    @Test(arguments: [
        ("=cmd|\"x\"", "\"'=cmd|\"\"x\"\"\""), ("+1", "'+1"), ("-1", "'-1"), ("@a", "'@a"), ("a=b", "a=b"),
        ("'=", "'="),
    ])
    func `a spreadsheet takes no name for a formula`(_ name: String, _ cell: String) throws {
        let path = folder.file("formula.db")
        let row = UsageRow(month: january, user: "ann", application: name, days: DayMask(day: 1))
        _ = try UsageDatabase(path: path).write([row], closingBefore: january, at: 0)
        let report = try UsageReport(path: path, month: january, today: LocalDay(year: 2026, month: 1, day: 1))
        #expect(report.csv.contains("\n2026-01-01,application,\(cell),1\n"), "\(report.csv)")
    }

    @Test func `a report is read while the host writes, and changes nothing`() throws {
        let run = ServiceRun(folder: folder)
        try run.start()
        run.service.record(user: "ann", application: "web")
        run.pass(60)
        let path = folder.file("uupp.db")
        let before = contents(path)
        let today = LocalDay(year: 2026, month: 1, day: 14)
        #expect(try UsageReport(path: path, month: january, today: today).all.month == 1)
        run.service.record(user: "bob", application: "web")
        run.pass(60)
        #expect(try UsageReport(path: path, month: january, today: today).all.month == 2)
        #expect(contents(path) == before)
        run.service.stop()
        #expect(try UsageReport(path: path, month: january, today: today).all.month == 2)
    }

    @Test func `a file that is not there, or is something else, is said`() {
        let missing = #expect(throws: UsageDatabaseError.self) {
            try UsageReport(path: folder.file("none.db"), month: january, today: later)
        }
        #expect(
            "\(missing!)" == "usage database `\(folder.file("none.db"))`: cannot be read: no such file or directory")
        #expect(contents(folder.file("none.db")) == nil)
        write(Array("notes".utf8), to: folder.file("notes"))
        let foreign = #expect(throws: UsageDatabaseError.self) {
            try UsageReport(path: folder.file("notes"), month: january, today: later)
        }
        #expect(foreign?.code == .foreign)
    }
}
