// Items of sessions and limits that are accepted and have no effect yet. Names,
// types and defaults are the reference's where its documentation gives them.
extension ItemDefinition {
    private static let limits = Availability.later("limits on sessions")

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

    static let laterItems = limitItems + usageItems + directoryItems + clusterItems
}
