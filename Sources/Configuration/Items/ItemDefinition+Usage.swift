// Items of usage statistics. Names, types and defaults are Liberator's where its documentation gives them.
extension ItemDefinition {
    static let writeUsersPeriod = ItemDefinition(
        "write-users-period", .integer(.seconds, 1...31_536_000), default: "3600",
        "how often statistics of users are written to the usage database in memory")

    static let writeUsersTime = ItemDefinition(
        "write-users-time", .integer(.minutes, -1...11_520), default: "-1",
        "the first write: minutes after midnight, above 1440 of the week; -1 at once")

    static let usageFile = ItemDefinition(
        "uupp-file", .path, note: "none", percent: .expanded("rah"),
        "the file of the usage database; without it the statistics are kept in memory")

    static let usageSyncTime = ItemDefinition(
        "uupp-sync-time", .integer(.seconds, 1...31_536_000), default: "60",
        "how often the usage database is written to disk")

    static let defaultApplicationUsageWarnLevel = ItemDefinition(
        "default-application-usage-warn-level", .integer(.percent, 1...99),
        "the part of an application's licences whose use is worth a warning")

    static let applicationUsageWarnLevel = ItemDefinition(
        "application-usage-warn-level", .row(["application", "percentage"]), note: "none",
        "the same for one application")

    static let usageItems = [
        writeUsersPeriod, writeUsersTime, usageFile, usageSyncTime, defaultApplicationUsageWarnLevel,
        applicationUsageWarnLevel,
        ItemDefinition(
            "auth-trading-group-report-period", .integer(.seconds, 1...31_536_000),
            availability: .later("reports by trading group"),
            "how often the use by trading group is reported"),
    ]
}
