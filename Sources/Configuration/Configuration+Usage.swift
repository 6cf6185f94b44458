// What the configuration says about usage statistics.
extension Configuration {
    /// The file of the usage database, nil for none.
    public var usageFile: String? {
        if case .text(let path) = self[ItemDefinition.usageFile.name]?.value { path } else { nil }
    }
    /// Seconds between samples of who is logged in; at least 1.
    public var writeUsersPeriod: Int { usageInteger(.writeUsersPeriod) ?? 3600 }
    /// When the first sample is taken: -1, or minutes of the day or, above 1440, of the week.
    public var writeUsersTime: Int { usageInteger(.writeUsersTime) ?? -1 }
    /// Seconds between writes of the usage database; at least 1.
    public var usageSyncTime: Int { usageInteger(.usageSyncTime) ?? 60 }
    /// The percentage, 1...99, of an application's licences whose use is worth a warning; nil for none.
    public var defaultApplicationUsageWarnLevel: Int? { usageInteger(.defaultApplicationUsageWarnLevel) }

    /// The percentages of single applications; an application that is named twice has the last one.
    ///
    /// - Throws: ``ConfigurationError`` for what is no percentage.
    public func applicationUsageWarnLevels() throws(ConfigurationError) -> [String: Int] {
        guard let setting = self[ItemDefinition.applicationUsageWarnLevel.name], case .rows(let rows) = setting.value
        else { return [:] }
        var levels: [String: Int] = [:]
        var problems = ProblemList()
        for (index, row) in rows.enumerated() {
            if let level = Int(row[1]), (1...99).contains(level) {
                levels[row[0]] = level
            } else {
                let item = ItemDefinition.applicationUsageWarnLevel.name
                problems.add(
                    .badValue, at: setting.elementSources[2 * index + 1],
                    "`\(item)` takes a whole number from 1 to 99, found `\(row[1])`")
            }
        }
        guard problems.isEmpty else { throw problems.error }
        return levels
    }

    /// Says which of two percentages of an application holds.
    static func usageWarnings(_ settings: [String: Setting]) -> [ConfigurationProblem] {
        let item = ItemDefinition.applicationUsageWarnLevel.name
        guard let setting = settings[item], case .rows(let rows) = setting.value else { return [] }
        var seen: [String: SettingSource] = [:]
        return rows.enumerated().compactMap { index, row in
            let source = setting.elementSources[2 * index]
            guard let first = seen.updateValue(source, forKey: row[0]) else { return nil }
            return ConfigurationProblem(
                .duplicate, at: source, "`\(item)` of `\(row[0])` is there already, at \(first); the last one holds")
        }
    }

    private func usageInteger(_ item: ItemDefinition) -> Int? {
        if case .integer(let number) = self[item.name]?.value { number } else { nil }
    }
}
