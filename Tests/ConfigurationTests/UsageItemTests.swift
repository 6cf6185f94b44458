import Testing

@testable import AuthConfiguration

struct UsageItemTests {
    @Test func `usage statistics have the documented defaults`() throws {
        let configuration = try load("")
        #expect(configuration.usageFile == nil)
        #expect(
            [configuration.writeUsersPeriod, configuration.writeUsersTime, configuration.usageSyncTime] == [
                3600, -1, 60,
            ])
        #expect(configuration.defaultApplicationUsageWarnLevel == nil)
        #expect(try configuration.applicationUsageWarnLevels().isEmpty)
    }

    @Test func `usage statistics are read`() throws {
        let configuration = try load(
            """
            write-users-period 600
            write-users-time 1460
            uupp-file %r/users/uupp-%a.db
            uupp-sync-time 5
            default-application-usage-warn-level 80
            application-usage-warn-level SLJS:CaplinTrader 90
            application-usage-warn-level "Back Office" 50
            """)
        #expect(configuration.usageFile == "/srv/users/uupp-authhost.db")
        #expect(
            [configuration.writeUsersPeriod, configuration.writeUsersTime, configuration.usageSyncTime] == [
                600, 1460, 5,
            ])
        #expect(configuration.defaultApplicationUsageWarnLevel == 80)
        #expect(try configuration.applicationUsageWarnLevels() == ["SLJS:CaplinTrader": 90, "Back Office": 50])
    }

    @Test func `of two percentages of an application it is said which one holds`() throws {
        let item = "application-usage-warn-level"
        let configuration = try load("\(item) A 50\n\(item) B 50\n\(item) A 60")
        #expect(
            configuration.warnings.map(\.description) == [
                "main.conf:3:30: `\(item)` of `A` is there already, at main.conf:1:30; the last one holds"
            ])
        #expect(try configuration.applicationUsageWarnLevels() == ["A": 60, "B": 50])
    }

    @Test(arguments: ["0", "100", "half", "-1"])
    func `a percentage that cannot be one is shown with its place`(_ text: String) throws {
        let configuration = try load(
            "application-usage-warn-level api 50\napplication-usage-warn-level web \(text)")
        let error = #expect(throws: ConfigurationError.self) { try configuration.applicationUsageWarnLevels() }
        #expect(error?.description.hasPrefix("main.conf:2:34: ") == true)
        #expect(
            error?.description.hasSuffix(
                "`application-usage-warn-level` takes a whole number from 1 to 99, found `\(text)`")
                == true)
    }
}
