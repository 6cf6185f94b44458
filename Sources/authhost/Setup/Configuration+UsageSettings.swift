import AuthConfiguration
import Logging
import Runtime
import Usage

extension HostSetup {
    /// Makes the service that counts unique users; nothing is read yet. Blocks for the licence file.
    func usageService() throws(Failure) -> UsageService {
        UsageService(try configuration.usageSettings(licences: try configuration.licences())) { [log] level, text in
            log.log(level: level.severity, "\(text)")
        }
    }
}

extension UsageService {
    /// Reads the month under way back, and begins to count who is logged in. Blocks for the disk.
    func start(counting host: Host) throws(Failure) {
        do {
            try start(source: host)
        } catch {
            throw Failure(.badConfiguration, "\(error)")
        }
    }
}

extension UsageLogLevel {
    fileprivate var severity: Logger.Level {
        switch self {
        case .info: .info
        case .notice: .notice
        case .warning: .warning
        case .error: .error
        }
    }
}

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
