import AuthConfiguration
import Cluster
import ClusterCarrier
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
    ///
    /// - Parameter cluster: the cluster whose sessions one of its hosts counts instead; nil for a single host.
    func start(counting host: Host, _ cluster: ClusterRegistry?) throws(Failure) {
        do {
            if let cluster { try start(source: ClusterSessions(host, cluster)) } else { try start(source: host) }
        } catch {
            throw Failure(.badConfiguration, "\(error)")
        }
    }
}

/// The sessions of a cluster, for the host that has been there longest; the others count only the users who log in there.
private struct ClusterSessions: SessionSource {
    private let host: Host
    private let cluster: ClusterRegistry

    init(_ host: Host, _ cluster: ClusterRegistry) {
        self.host = host
        self.cluster = cluster
    }

    func forEachSession(_ body: (_ user: String, _ application: String) -> Void) {
        let status = cluster.status
        // Without the registry no other host counts for this one.
        if !status.isCounting && ["ready", "warming"].contains(status.state) { return }
        host.forEachSession(body)
        if status.isCounting { _ = cluster.forEachSession(body) }
    }

    var origin: String? {
        let status = cluster.status
        let name = cluster.settings.name
        guard cluster.isReady, let counting = status.counting else { return nil }
        let who = "host \(counting.index) <\(counting.name)>"
        return status.isCounting
            ? "cluster `\(name)`, all hosts, by \(who)"
            : "cluster `\(name)`, log-ins at this host alone; \(who) counts for all"
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
