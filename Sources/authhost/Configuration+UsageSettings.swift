import AuthConfiguration
import Usage

extension Configuration {
    /// What the configuration says about usage statistics.
    ///
    /// - Parameter licences: the lines of the licence file; none without one.
    func usageSettings(licences: [LicenceLine]) throws(Failure) -> UsageSettings {
        guard let start = SampleSchedule.Start(writeUsersTime: writeUsersTime) else {
            throw Failure(.badConfiguration, "`write-users-time` takes -1 to 11520, found `\(writeUsersTime)`")
        }
        let levels: [String: Int]
        do {
            levels = try applicationUsageWarnLevels()
        } catch {
            throw Failure(.badConfiguration, "\(error)")
        }
        let warnings = UsageWarnings(
            licences: licences, defaultLevel: defaultApplicationUsageWarnLevel, levels: levels)
        return UsageSettings(
            path: usageFile, start: start, period: writeUsersPeriod, syncTime: usageSyncTime, warnings: warnings)
    }
}
