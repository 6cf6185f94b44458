import AuthConfiguration
import DoorCarrier
import Glibc
import Logging

/// Divides the descriptors that the process may have between its connections and everything else.
enum DescriptorLimit {
    /// What an event loop takes at most: epoll(7), eventfd(2), timerfd_create(2).
    private static let ofLoop = 3

    /// Raises the limit as far as the process may: with the usual soft limit of 1,024 one door could shut all others.
    ///
    /// - Returns: how many descriptors there may be.
    static func raise() -> Int {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return 1024 }
        limit.rlim_cur = limit.rlim_max
        setrlimit(resource, &limit)
        guard getrlimit(resource, &limit) == 0 else { return 1024 }
        return Int(clamping: limit.rlim_cur)
    }

    /// Says how many connections the doors may have together. What is open now stays, and what rules, logs, modules,
    /// operators and the next accept need is kept free. To be called before the doors open.
    ///
    /// - Parameters:
    ///   - limit: how many descriptors there may be.
    ///   - loops: event loops that the doors will start.
    ///   - wanted: connections that the doors may have by their own limits.
    /// - Throws: where nothing would be left.
    static func budget(limit: Int, loops: Int, wanted: Int, log: Logger) throws(Failure) -> DescriptorBudget {
        let kept = opened() + loops * ofLoop + min(32, limit / 16) + min(64, max(16, limit / 8))
        guard limit > kept else {
            throw Failure(
                .badConfiguration,
                "the limit of open files is \(limit), and \(kept) are needed beside connections: raise it, as with "
                    + "`ulimit -n` or systemd's LimitNOFILE")
        }
        if wanted > limit - kept {
            log.warning(
                "the doors may have \(wanted) connections (`max-connections` and `http-max-connections`), and the limit of open files, \(limit), leaves \(limit - kept): further ones will be refused; raise the limit, as with `ulimit -n` or systemd's LimitNOFILE, or lower them"
            )
        }
        return DescriptorBudget(total: limit - kept, log: log)
    }

    /// The most event loops that the doors of a configuration start: those of the network library come with what it carries.
    static func loops(of configuration: Configuration) -> Int {
        let ofEachKind = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) + 1
        let needsChannels = configuration.doorCarrier == "nio" || configuration.doors.contains { $0.tls != nil }
        return needsChannels ? 2 * ofEachKind : ofEachKind
    }

    /// How many descriptors are open.
    private static func opened() -> Int {
        guard let folder = opendir("/proc/self/fd") else { return 32 }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // `.`, `..` and the folder itself.
        return max(0, count - 3)
    }
}
