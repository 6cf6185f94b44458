// Items of the event log and the audit log.
extension ItemDefinition {
    static let eventLog = ItemDefinition(
        "event-log", .path, note: "standard error", percent: .expanded("rah"), reloadable: true,
        "the file of the event log")

    static let logFormat = ItemDefinition(
        "log-format", .choice(["text", "json"]), default: "text", reloadable: true, "how lines of the event log look")

    static let logLevel = ItemDefinition(
        "log-level", .choice(["trace", "debug", "info", "notice", "warning", "error", "critical"]), default: "info",
        reloadable: true, "the least severe events that are logged")

    static let auditLog = ItemDefinition(
        "audit-log", .path, note: "none", percent: .expanded("rah"),
        "the file with one line for every decision; HUP opens it again")

    static let auditRequired = ItemDefinition(
        "audit-required", .flag, default: "FALSE",
        "a decision whose line cannot be written to the audit log first is answered `could not decide`")

    static let logItems = [eventLog, logFormat, logLevel, auditLog, auditRequired]
}
