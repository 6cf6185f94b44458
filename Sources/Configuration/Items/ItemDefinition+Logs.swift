// Items of the event log and the audit log.
extension ItemDefinition {
    static let eventLog = ItemDefinition(
        "event-log", .path, note: "standard error", percent: .expanded("rah"), reloadable: true,
        "the file of the event log")

    static let logFormat = ItemDefinition(
        "log-format", .choice(["text", "json"]), default: "text", reloadable: true,
        "how lines of the event log and the audit log look")

    static let logLevel = ItemDefinition(
        "log-level", .choice(["trace", "debug", "info", "notice", "warning", "error", "critical"]), default: "info",
        reloadable: true, "the least severe events that are logged")

    static let auditLog = ItemDefinition(
        "audit-log", .list, note: "none", percent: .expanded("rah"),
        "where each decision is recorded: files, FIFOs, `-`, `syslog:`, `journal`, `memory`; HUP reopens")

    static let auditRequired = ItemDefinition(
        "audit-required", .flag, default: "FALSE",
        "a decision whose line is in no `audit-log` in time is answered `could not decide`")

    static let auditTimeout = ItemDefinition(
        "audit-timeout", .float(.seconds, 0.05...60), default: "1",
        "how long a required line may take, and a write before `audit-log` counts as hung")

    static let auditChain = ItemDefinition(
        "audit-chain", .flag, default: "FALSE",
        "each line of `audit-log` has a keyed value that shows what was changed, added or left out")

    static let auditKey = ItemDefinition(
        "audit-key", .path, note: "none", percent: .expanded("rah"), reloadable: true,
        "the file of the key of `audit-chain`, as `authhost audit key` makes it")

    static let otlpEndpoint = ItemDefinition(
        "otlp-endpoint", .text, note: "none: no spans",
        "the OpenTelemetry collector that gets a span of each decision: `http://HOST[:PORT][/PATH]`")

    static let otlpRatio = ItemDefinition(
        "otlp-ratio", .float(.none, 0.0...1.0), default: "1.0",
        "the part of the decisions of which a span is made, where no client's trace decides that")

    static let logItems = [
        eventLog, logFormat, logLevel, auditLog, auditRequired, auditTimeout, auditChain, auditKey, otlpEndpoint,
        otlpRatio,
    ]
}
