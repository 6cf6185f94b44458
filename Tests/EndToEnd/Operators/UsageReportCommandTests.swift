import Foundation
import Testing

/// The command that reports from the usage database.
@Suite(.needs(.python3)) struct UsageReportCommandTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    private func report(_ arguments: String..., locale: String = "C.UTF-8") throws -> Ending {
        try ChildProcess.run(
            [Place.binary("authhost"), "usage", "report"] + arguments, environment: ["LC_ALL": locale])
    }

    private struct NotMade: Error { let said: String }

    /// A database of January 2026, made from the statements that are kept.
    private func database() throws -> String {
        let path = folder.path("uupp.db")
        let script = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(open(sys.argv[2]).read())"
        let ending = try ChildProcess.run(
            ["python3", "-c", script, path, Place.file("Tests/UsageTests/Golden/version-1.sql")])
        guard ending.status == 0 else { throw NotMade(said: ending.errors) }
        return path
    }

    @Test func `prints a month as text for 80 columns, as JSON and as CSV`() throws {
        let file = try database()
        for (option, kept) in [("", "january.txt"), ("--json", "january.json"), ("--csv", "january.csv")] {
            let ending = try ChildProcess.run(
                [Place.binary("authhost"), "usage", "report", "--month", "2026-01", "--file", file]
                    + (option.isEmpty ? [] : [option]), environment: ["LC_ALL": "C.UTF-8"])
            #expect(ending.status == 0, "\(ending)")
            #expect(try ending.output == Place.text("Tests/UsageTests/Golden/\(kept)"))
        }
    }

    @Test func `prints bars that any terminal has where the locale is not UTF-8`() throws {
        let ending = try report("--month", "2026-01", "--file", try database(), locale: "C")
        #expect(ending.output.contains("Fri 30  178  ####"))
        #expect(ending.output.utf8.allSatisfy { $0 < 0x80 })
    }

    @Test func `reads the file that the configuration names`() throws {
        let ending = try report("--month", "2026-01", "--uupp-file", try database())
        #expect(ending.status == 0, "\(ending)")
        #expect(ending.output.hasPrefix("Unique users in January 2026\n"))
    }

    @Test func `says what is wrong`() throws {
        let month = try report("--month", "2026-13", "--file", "x")
        #expect(month.status == 3)
        #expect(month.errors == "authhost: `--month` takes a month as in 2026-01, found `2026-13`\n")
        let none = try report("--month", "2026-01")
        #expect(none.status == 3)
        #expect(none.errors.contains("`uupp-file` is not set"))
        let missing = try report("--file", folder.path("none.db"))
        #expect(missing.status == 1)
        #expect(missing.errors.hasSuffix("none.db`: cannot be read: no such file or directory\n"))
        #expect(try report("--json", "--csv", "--file", "x").status == 3)
    }
}
