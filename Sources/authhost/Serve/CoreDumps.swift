import Glibc

/// Passwords are in memory for moments; none of them may be written to a core file, core(5), unless the operator says so.
enum CoreDumps {
    private static let resource = __rlimit_resource_t(RLIMIT_CORE.rawValue)

    /// Switches them off until the configuration is known.
    ///
    /// - Returns: the limit that the process was started with.
    static func suspend() -> rlimit {
        var limit = rlimit()
        getrlimit(resource, &limit)
        set(rlimit(rlim_cur: 0, rlim_max: limit.rlim_max))
        return limit
    }

    /// Gives the process its limit back, or switches them off for good, for its children too.
    static func settle(_ before: rlimit, allowed: Bool) {
        set(allowed ? before : rlimit(rlim_cur: 0, rlim_max: 0))
    }

    private static func set(_ limit: rlimit) {
        var limit = limit
        setrlimit(resource, &limit)
    }
}
