// Items of sessions, limits and usage statistics that are accepted and have no effect yet. Names,
// types and defaults are the reference's where its documentation gives them.
extension ItemDefinition {
    private static let limits = Availability.later("limits on sessions")
    private static let usage = Availability.later("usage statistics")

    private static let limitItems = [
        ItemDefinition(
            "max-user-limit", .integer(.none, 0...Int.max), default: "0", availability: limits,
            "how many sessions there may be; 0 for no limit"),
        ItemDefinition(
            "max-user-warn", .integer(.none, 0...Int.max), default: "0", availability: limits,
            "the number of sessions that is worth a warning; 0 for none"),
        ItemDefinition(
            "max-user-ok", .integer(.none, 0...Int.max), default: "0", availability: limits,
            "the number of sessions below which the warning is over"),
        ItemDefinition(
            "auth-eject-users", .flag, default: "FALSE", availability: limits,
            "over the limit, eject the user's oldest session instead of refusing the new one"),
        ItemDefinition(
            "auth-node-eject-timeout", .float(.seconds, limitRange), default: "10.0",
            availability: .later("clustering"),
            "how long another node may take to eject; then the new log-in is allowed anyway"),
        ItemDefinition(
            "add-application-params",
            .block([
                ItemDefinition("application-id", .list, note: "none", required: true, "the applications meant"),
                ItemDefinition(
                    "inactivity-period", .integer(.seconds, 0...Int.max), default: "0",
                    "how long a session may be idle; 0 for ever"),
            ]), note: "none", availability: limits, "settings for sessions of some applications"),
    ]

    private static let usageItems = [
        ItemDefinition(
            "write-users-period", .integer(.seconds, 1...31_536_000), default: "3600", availability: usage,
            "how often statistics of users are written to the usage database in memory"),
        ItemDefinition(
            "write-users-time", .integer(.minutes, -1...11_520), default: "-1", availability: usage,
            "the first write: minutes after midnight, above 1440 of the week; -1 at once"),
        ItemDefinition(
            "uupp-sync-time", .integer(.seconds, 1...31_536_000), default: "60", availability: usage,
            "how often the usage database is written to disk"),
        ItemDefinition(
            "default-application-usage-warn-level", .integer(.percent, 1...99), availability: usage,
            "the part of an application's licences whose use is worth a warning"),
        ItemDefinition(
            "application-usage-warn-level", .row(["application", "percentage"]), note: "none", availability: usage,
            "the same for one application"),
        ItemDefinition(
            "auth-trading-group-report-period", .integer(.seconds, 1...31_536_000), availability: usage,
            "how often the use by trading group is reported"),
    ]

    static let laterItems = limitItems + usageItems + directoryItems + clusterItems
}
