// Typed access to the items of limits on sessions.
extension Configuration {
    /// An `add-application-params` block, with one application of its list.
    public struct ApplicationParameters: Hashable, Sendable {
        /// The application id that clients give at log-in.
        public let applicationID: String
        /// How long its sessions may be idle, in seconds; 0 for ever.
        public let inactivityPeriod: Int
    }

    /// How many sessions there may be; 0 for no limit.
    public var maxUserLimit: Int { number(.maxUserLimit) }
    /// The number of sessions that is worth a warning; 0 for none.
    public var maxUserWarn: Int { number(.maxUserWarn) }
    /// The number of sessions below which the warning is over; 0 for that of the warning.
    public var maxUserOK: Int { number(.maxUserOK) }
    /// Whether a log-in over a limit ejects older sessions of its user.
    public var ejectsUsers: Bool { self[ItemDefinition.ejectUsers.name]?.value == .flag(true) }

    /// The file of licences, nil for none.
    public var licenceFile: String? {
        if case .text(let path) = self[ItemDefinition.licenceFile.name]?.value { path } else { nil }
    }

    /// What the blocks say of each application, in order.
    public var applicationParameters: [ApplicationParameters] {
        blocks(ItemDefinition.applicationParameters.name).flatMap { block -> [ApplicationParameters] in
            guard case .list(let names) = block["application-id"]?.value,
                case .integer(let period) = block["inactivity-period"]?.value
            else { return [] }
            return names.map { ApplicationParameters(applicationID: $0 == "-" ? "" : $0, inactivityPeriod: period) }
        }
    }

    private func number(_ item: ItemDefinition) -> Int {
        if case .integer(let number) = self[item.name]?.value { number } else { 0 }
    }
}

/// What must hold between the items of sessions.
enum SessionItems {
    static func check(_ settings: [String: Setting], _ problems: inout ProblemList) {
        checkWarning(settings, &problems)
        checkApplications(settings, &problems)
        ClusterItems.check(settings, &problems)
    }

    private static func checkWarning(_ settings: [String: Setting], _ problems: inout ProblemList) {
        guard let ok = settings[ItemDefinition.maxUserOK.name], case .integer(let end) = ok.value, end > 0,
            case .integer(let warn) = settings[ItemDefinition.maxUserWarn.name]?.value
        else { return }
        if warn == 0 {
            problems.add(.badValue, at: ok.source, "`max-user-ok` ends a warning, and `max-user-warn` is not set")
        } else if end > warn {
            problems.add(
                .badValue, at: ok.source,
                "`max-user-ok` takes at most `max-user-warn`, which is \(warn), found `\(end)`")
        }
    }

    /// A warning that cannot come must not look as if it would.
    static func warnings(_ settings: [String: Setting]) -> [ConfigurationProblem] {
        guard let warning = settings[ItemDefinition.maxUserWarn.name], case .integer(let warn) = warning.value,
            case .integer(let limit) = settings[ItemDefinition.maxUserLimit.name]?.value, limit > 0, warn > limit
        else { return [] }
        return [
            ConfigurationProblem(
                .noEffect, at: warning.source,
                "`max-user-warn` is never reached: it is \(warn), and `max-user-limit` lets in \(limit)")
        ]
    }

    private static func checkApplications(_ settings: [String: Setting], _ problems: inout ProblemList) {
        guard case .blocks(let blocks) = settings[ItemDefinition.applicationParameters.name]?.value else { return }
        var seen: [String: SettingSource] = [:]
        for block in blocks {
            guard let names = block["application-id"], case .list(let ids) = names.value else { continue }
            for (id, source) in zip(ids, names.elementSources) {
                if let first = seen[id] {
                    problems.add(.duplicate, at: source, "application `\(id)` has parameters already, at \(first)")
                } else {
                    seen[id] = source
                }
            }
        }
    }
}
