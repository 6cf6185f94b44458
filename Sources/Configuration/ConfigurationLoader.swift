import Basics

/// Puts files, command line and defaults together.
struct ConfigurationLoader {
    let overlay: CommandLineOverlay
    let context: ConfigurationContext
    private var problems = ProblemList()
    /// What is doubtful in the files.
    private var doubts: [ConfigurationProblem] = []

    init(overlay: CommandLineOverlay, context: ConfigurationContext) {
        self.overlay = overlay
        var context = context
        context.files = context.files.trusting(FileTrust(owners: Self.trustedOwners(overlay)))
        self.context = context
    }

    /// A file cannot say that it is to be trusted: the command line alone can. A name that no user has is reported where
    /// it is used.
    private static func trustedOwners(_ overlay: CommandLineOverlay) -> Set<UInt32> {
        let names = overlay.statements.filter { $0.name.text == ItemDefinition.trustedOwner.name }.flatMap(\.values)
        return Set(names.compactMap { (try? SystemUser.number(of: $0.text)) ?? nil })
    }

    /// Reads everything; see ``Configuration/load(file:arguments:environment:)``.
    mutating func load(file: String?) throws(ConfigurationError) -> Configuration {
        let configuration = read(file: file)
        guard problems.isEmpty else {
            // What is doubtful may well be what made the mistake, such as a variable that is not defined.
            for warning in doubts { problems.add(warning) }
            throw problems.error
        }
        return configuration
    }

    /// The file that is read: that of the command line, else the usual one where there is one. `none` is no file.
    private func path(_ file: String?) -> String? {
        let named = file ?? overlay.file?.text
        if named == "none" { return nil }
        return named ?? (context.files.holds(Configuration.usualFile) ? Configuration.usualFile : nil)
    }

    /// Reads everything, and notes what is wrong: what could be read of it.
    mutating func read(file: String?) -> Configuration {
        let path = path(file)
        if file != nil, let second = overlay.file {
            problems.add(.duplicate, at: second.source, "a second configuration file is named: one is accepted")
        }
        let read = path.map { self.statements(of: $0) }
        let statements = read?.statements ?? []
        let expander = percentExpander(statements)
        let settings = merge(statements, expander)
        let objectMaps = ObjectMapReader.read(settings[ItemDefinition.objectMap.name], &problems)
        DestinationItems.check(settings, &problems)
        DoorItems.check(settings, &problems)
        SessionItems.check(settings, &problems)
        RealmItems.check(settings, &problems)
        var seen: Set<ConfigurationProblem> = []
        // A file that is read for two purposes is warned of once.
        doubts = (read?.warnings ?? []).filter { seen.insert($0).inserted }
        return Configuration(
            settings: settings,
            warnings: doubts + Self.withoutEffect(settings) + RealmItems.warnings(settings)
                + SessionItems.warnings(settings) + Configuration.usageWarnings(settings),
            objectMaps: objectMaps, file: path, commandLineOptions: overlay.moduleOptions, expander: expander)
    }

    /// What a file says, in whichever syntax it is.
    struct Reading {
        var statements: [Statement] = []
        var warnings: [ConfigurationProblem] = []
        var isXML = false
    }

    mutating func statements(of path: String) -> Reading {
        if case .success(let content) = context.files.read(path), AMPSReader.reads(content.bytes) {
            var reader = AMPSReader(variables: xmlVariables(path))
            reader.read(content.bytes, file: path)
            problems.add(contentsOf: reader.problems)
            return Reading(statements: reader.statements, warnings: reader.warnings, isXML: true)
        }
        let document = read(path)
        return Reading(statements: document.blocks.statements, warnings: document.expander.warnings)
    }

    /// The environment, what `-D` defines, and what AMPS's server provides.
    private func xmlVariables(_ path: String) -> [String: String] {
        let full = Paths.join(context.workingDirectory, path)
        let provided = [
            "AMPS_CONFIG_PATH": full, "AMPS_CONFIG_DIRECTORY": Paths.directory(of: full),
            "AMPS_VERSION": "\(context.version.major).\(context.version.minor)",
        ]
        return context.environment.merging(provided) { $1 }.merging(overlay.definitions) { $1 }
    }

    private mutating func read(_ path: String) -> DocumentReader {
        let name = Self.last("application-name", in: overlay.statements)
        let variables = Variables(
            context, applicationName: name ?? ItemDefinition.applicationName.defaultText ?? "")
        var reader = DocumentReader(
            files: context.files, variables: variables, isApplicationNameFixed: name != nil)
        reader.read(path, at: overlay.file?.source ?? .commandLine(option: "--config"))
        problems.add(contentsOf: reader.problems)
        return reader
    }

    private static func last(_ name: String, in statements: [Statement]) -> String? {
        statements.last { $0.name.text == name && $0.values.count == 1 }?.values[0].text
    }

    private func percentExpander(_ statements: [Statement]) -> PercentExpander {
        func written(_ item: ItemDefinition) -> String? {
            Self.last(item.name, in: overlay.statements) ?? Self.last(item.name, in: statements)
        }
        let root = written(.applicationRoot).map { Paths.join(context.workingDirectory, $0) }
        return PercentExpander(
            root: root ?? context.workingDirectory,
            application: written(.applicationName) ?? ItemDefinition.applicationName.defaultText ?? "",
            host: context.hostName, workingDirectory: context.workingDirectory)
    }

    private mutating func merge(_ statements: [Statement], _ expander: PercentExpander) -> [String: Setting] {
        var reader = SettingsReader(expander: expander)
        let table = ItemDefinition.all
        let fromFile = reader.read(statements, table: table)
        let fromArguments = reader.read(overlay.statements, table: table)
        var settings: [String: Setting] = [:]
        for item in table {
            let written = fromFile[item.name] ?? reader.builtIn(item)
            guard let winner = fromArguments[item.name] else {
                settings[item.name] = written
                continue
            }
            settings[item.name] = Setting(
                winner.value, source: winner.source, elementSources: winner.elementSources,
                overridden: fromFile[item.name]?.source)
        }
        let root = ItemDefinition.applicationRoot.name
        settings[root] = settings[root].map {
            Setting(.text(expander.root), source: $0.source, overridden: $0.overridden)
        }
        problems.add(contentsOf: reader.problems)
        return settings
    }

    /// Warns of items that somebody relies on in vain: a limit that does not hold must not look as if it did.
    private static func withoutEffect(_ settings: [String: Setting]) -> [ConfigurationProblem] {
        ItemDefinition.all.flatMap { item -> [ConfigurationProblem] in
            guard let setting = settings[item.name] else { return [] }
            guard case .blocks(let blocks) = setting.value, case .block(let options) = item.type else {
                return withoutEffect(item, setting)
            }
            return blocks.flatMap { block in
                options.flatMap { option in block[option.name].map { withoutEffect(option, $0) } ?? [] }
            }
        }
    }

    private static func withoutEffect(_ item: ItemDefinition, _ setting: Setting) -> [ConfigurationProblem] {
        guard let remark = item.availability.withoutEffect, setting.source != .builtIn else { return [] }
        return [ConfigurationProblem(.noEffect, at: setting.source, "`\(item.name)` is accepted and \(remark)")]
    }
}
