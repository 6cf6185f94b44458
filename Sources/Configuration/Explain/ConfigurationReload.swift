/// What a running host does about a configuration that it has read again.
public struct ConfigurationReload: Sendable {
    /// The changes that it takes over at once.
    public let applied: [ConfigurationChange]
    /// The changes that it could not take over: a file that cannot be used.
    public let failed: [ConfigurationChange]
    /// The changes that wait for the next start, against what the host was started with; named at every reload.
    public let waiting: [ConfigurationChange]
    /// The options of the configured module that changed; nil sources for those that are gone.
    public let options: [(name: String, source: SettingSource?)]
    /// The name of the configured module.
    public let module: String
    /// Whether another shadow is to begin, or the one that there is to end.
    public let changesShadow: Bool
    /// Warnings that the configuration before did not have.
    public let warnings: [ConfigurationProblem]

    /// Compares a configuration with the one whose reloadable items hold, and with the one the host was started with.
    ///
    /// - Parameter failed: names of items whose new value could not be taken over.
    public init(_ new: Configuration, current: Configuration, started: Configuration, failed: [String] = []) {
        let reloadable = new.changes(from: current).filter { $0.isReloadable && $0.item != .moduleOptions }
        applied = reloadable.filter { !failed.contains($0.item.name) }
        self.failed = reloadable.filter { failed.contains($0.item.name) }
        waiting = new.changes(from: started).filter {
            !$0.isReloadable && $0.item.availability == .live
        }
        module = new.moduleName
        options = new.moduleName == current.moduleName ? new.optionChanges(from: current, ofModule: module) : []
        let names = Set(new.changes(from: current).map(\.item.name))
        changesShadow =
            !names.isDisjoint(with: ItemDefinition.shadowItems)
            || new.shadowModule != nil
                && (!names.isDisjoint(with: ItemDefinition.sharedShadowItems)
                    || new.shadowOptionTexts != current.shadowOptionTexts)
        let known = Set(current.warnings.map(\.message))
        warnings = new.warnings.filter { !known.contains($0.message) }
    }

    /// A line of the event log for each change, in the order of the table of items.
    public var lines: [String] {
        applied.map { "\(Self.what($0)): takes effect \(Self.effect($0))" }
            + failed.map { "\(Self.what($0)): could not be taken over, what was before stays" }
            + waiting.map { "\(Self.what($0)): takes effect at the next start" }
            + options.map { name, source in
                let change = source.map { "changed at \($0)" } ?? "is no longer set"
                return "option `\(name)` of module `\(module)` \(change): takes effect by a swap of the module"
            }
    }

    /// Whether the module is to be swapped.
    public var swaps: Bool { !options.isEmpty || applied.contains(where: Self.isSwapped) }

    /// The items that stay as they were where the module could not be swapped.
    public static var swappedItems: Set<String> { ItemDefinition.swappedItems }

    private static func effect(_ change: ConfigurationChange) -> String {
        if isSwapped(change) { return "by a swap of the module" }
        return ItemDefinition.shadowItems.contains(change.item.name) ? "by another shadow" : "now"
    }

    private static func isSwapped(_ change: ConfigurationChange) -> Bool {
        ItemDefinition.swappedItems.contains(change.item.name)
    }

    /// One line that sums it up.
    public var summary: String {
        let all = applied.count + failed.count + waiting.count + options.count
        return all == 0
            ? "the configuration is unchanged"
            : "the configuration was re-read: \(applied.count + options.count) of \(all) changes taken over"
    }

    private static func what(_ change: ConfigurationChange) -> String {
        change.source == .builtIn
            ? "`\(change.item.name)` is no longer set and has its default again"
            : "`\(change.item.name)` changed at \(change.source)"
    }
}

extension Configuration {
    /// Returns this configuration with some items as they are in another: what holds, where they could not be taken over.
    public func keeping(_ items: some Sequence<String>, of old: Configuration) -> Configuration {
        var settings = settings
        for item in items { settings[item] = old.settings[item] }
        return Configuration(
            settings: settings, warnings: warnings, objectMaps: objectMaps, file: file,
            commandLineOptions: commandLineOptions, expander: expander)
    }

    /// Returns the options of a module that are set otherwise than in `old`, each once, in their order; then those that are
    /// gone.
    func optionChanges(
        from old: Configuration, ofModule module: String
    ) -> [(name: String, source: SettingSource?)] {
        let (before, now) = (old.texts(ofModule: module), texts(ofModule: module))
        var seen: Set<String> = []
        let changed = options(ofModule: module).compactMap { option -> (name: String, source: SettingSource?)? in
            let name = option.name.text
            guard seen.insert(name).inserted, before[name] != now[name] else { return nil }
            return (name, option.name.source)
        }
        let gone = before.keys.filter { now[$0] == nil }.sorted()
        return changed + gone.map { ($0, nil) }
    }

    /// The options of the shadow, wherever they are set.
    fileprivate var shadowOptionTexts: [[String]] {
        (shadowModule.map(options(ofShadow:)) ?? []).map { [$0.name.text] + $0.values.map(\.text) }
    }

    private func texts(ofModule module: String) -> [String: [String]] {
        var result: [String: [String]] = [:]
        for option in options(ofModule: module) {
            let block = option.block.map { ["\u{1}"] + Self.texts($0) } ?? []
            result[option.name.text, default: []] += option.values.map(\.text) + block
        }
        return result
    }
}
