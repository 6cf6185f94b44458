// Items of limits on sessions. Names, types and defaults are Liberator's where its documentation gives them.
extension ItemDefinition {
    static let maxUserLimit = ItemDefinition(
        "max-user-limit", .integer(.none, 0...Int.max), default: "0", reloadable: true,
        "how many sessions there may be; 0 for no limit")

    static let maxUserWarn = ItemDefinition(
        "max-user-warn", .integer(.none, 0...Int.max), default: "0", reloadable: true,
        "the number of sessions that is worth a warning; 0 for none")

    static let maxUserOK = ItemDefinition(
        "max-user-ok", .integer(.none, 0...Int.max), default: "0", reloadable: true,
        "the number of sessions below which the warning is over; 0 for `max-user-warn`")

    static let ejectUsers = ItemDefinition(
        "auth-eject-users", .flag, default: "FALSE", reloadable: true,
        "over a limit, eject the user's oldest session instead of refusing the new one")

    static let licenceFile = ItemDefinition(
        "licence-file", .path, note: "none", percent: .expanded("rah"), reloadable: true,
        "limits of applications: lines `application NAME MAX-USERS MAX-LOGINS-PER-USER`")

    static let applicationParameters = ItemDefinition(
        "add-application-params",
        .block([
            ItemDefinition(
                "application-id", .list, note: "none", required: true,
                "the applications meant; `-` is those sessions that have no application id"),
            ItemDefinition(
                "inactivity-period", .integer(.seconds, 0...31_536_000), default: "0",
                "how long a session may be idle; 0 for ever"),
        ]), note: "none", reloadable: true, "settings for sessions of some applications")

    static let nodeEjectTimeout = ItemDefinition(
        "auth-node-eject-timeout", .float(.seconds, limitRange), default: "10.0",
        "how long another host of the cluster may take to eject; then `cluster-unconfirmed` decides")

    private static let limitItems = [
        maxUserLimit, maxUserWarn, maxUserOK, ejectUsers, licenceFile, nodeEjectTimeout, applicationParameters,
    ]

    static let laterItems = limitItems + usageItems + directoryItems + clusterItems
}
