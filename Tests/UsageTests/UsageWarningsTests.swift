import Testing

@testable import Usage

struct UsageWarningsTests {
    private func licences(_ text: String) throws -> [LicenceLine] {
        try LicenceFile(Array(text.utf8), file: "licence.conf").applications
    }

    @Test(arguments: [(100, 80, 80), (10, 75, 8), (3, 50, 2), (1, 1, 1), (1000, 99, 990), (7, 99, 7)])
    func `the warning is due at the percentage, rounded up to a whole user`(_ maximum: Int, _ level: Int, _ count: Int)
        throws
    {
        let warnings = UsageWarnings(licences: try licences("application web \(maximum) 0"), defaultLevel: level)
        #expect(warnings.warningCount(of: "web") == count)
    }

    @Test func `the level of an application goes before the default`() throws {
        let warnings = UsageWarnings(
            licences: try licences("application web 100 0\napplication trader 100 0"), defaultLevel: 50,
            levels: ["web": 90])
        #expect(warnings.warningCount(of: "web") == 90)
        #expect(warnings.warningCount(of: "trader") == 50)
    }

    @Test func `there is no warning without a licence, a limit or a level`() throws {
        let licences = try licences("application web 0 3\napplication trader 10 0")
        var warnings = UsageWarnings(licences: licences, levels: ["web": 10, "other": 10])
        #expect(warnings.warning(application: "web", users: 1000) == nil)
        #expect(warnings.warning(application: "other", users: 1000) == nil)
        #expect(warnings.warning(application: "trader", users: 9) == nil)
    }

    @Test func `a level and the maximum are said once a month each`() throws {
        let folder = Folder()
        let settings = UsageSettings(
            path: folder.file("uupp.db"),
            warnings: UsageWarnings(licences: try licences("application web 4 0"), defaultLevel: 50))
        let run = ServiceRun(settings, at: "2026-01-30 12:00", folder: folder)
        try run.start()
        for user in ["a", "b", "b", "c", "d", "e"] { run.service.record(user: user, application: "web") }
        let expected = [
            "warning: 2 of 4 licensed unique users of `web` are in use this month: 50 percent",
            "warning: all 4 licensed unique users of `web` are in use: 4 this month",
        ]
        #expect(run.log.lines.filter { $0.hasPrefix("warning") } == expected)
        run.pass(3 * 86_400)
        for user in ["a", "b"] { run.service.record(user: user, application: "web") }
        #expect(run.log.lines.filter { $0.hasPrefix("warning") } == expected + [expected[0]])
    }

    @Test func `what was read back counts`() throws {
        let folder = Folder()
        let first = ServiceRun(folder: folder)
        try first.start()
        for user in ["a", "b"] { first.service.record(user: user, application: "web") }
        first.service.stop()
        let warnings = UsageWarnings(licences: try licences("application web 4 0"), defaultLevel: 50)
        let second = ServiceRun(UsageSettings(path: folder.file("uupp.db"), warnings: warnings), folder: folder)
        try second.start()
        #expect(second.log.lines.filter { $0.hasPrefix("warning") }.count == 1)
    }
}
