/// A file in the language of configurations with items that its own reader defines: for modules that keep their data in
/// one.
///
/// Everything of the language is there (`define`, `${}`, `if`, `include-file`, blocks, lists, bounds); none of the host's
/// items, defaults and warnings is.
package struct ItemFile: Sendable {
    /// The items that the file sets, by name, and no others. The options of a block have their defaults.
    package let settings: [String: Setting]
    /// What is doubtful and accepted, such as a variable that is not defined; one of the environment counts as well.
    package let warnings: [ConfigurationProblem]
    /// The paths of the file and of those that it includes, each once, in the order in which they were first read.
    package let files: [String]

    /// Reads a file. Blocks for as long as the disk does.
    ///
    /// - Parameters:
    ///   - items: what may stand outside of blocks; `.block` has a table of its own.
    ///   - source: the place that asks for the file, for messages about the file as a whole.
    ///   - context: where files, `%r` (the working directory), `%h` and the predefined variables come from.
    /// - Throws: all mistakes of all files, up to twenty.
    package static func read(
        _ path: String, items: [ItemDefinition], askedBy source: SettingSource, context: ConfigurationContext
    ) throws(ConfigurationError) -> ItemFile {
        let application = ConfigurationContext.usualApplicationName
        var document = DocumentReader(
            files: context.files,
            variables: Variables(context, applicationName: application, isEnvironmentEmptyByDefault: false),
            isApplicationNameFixed: true)
        document.read(path, at: source)
        var reader = SettingsReader(
            expander: PercentExpander(
                root: context.workingDirectory, application: application, host: context.hostName,
                workingDirectory: context.workingDirectory))
        let settings = reader.read(document.blocks.statements, table: items)
        var problems = document.problems
        problems.add(contentsOf: reader.problems)
        if !problems.isEmpty { throw problems.error }
        return ItemFile(settings: settings, warnings: document.expander.warnings, files: problems.filesInOrder)
    }

    /// Returns the blocks of an item such as `add-user`, in order; none when there are none.
    package func blocks(_ name: String) -> [ConfigurationBlock] { settings[name]?.value?.blocks ?? [] }
}

extension ConfigurationBlock {
    /// Returns the elements of a list with the place of each, in order; none when the list was not set.
    package func list(_ name: String) -> [(text: String, source: SettingSource)] {
        guard let setting = settings[name], let texts = setting.value?.texts else { return [] }
        return Array(zip(texts, setting.elementSources)).map { (text: $0, source: $1) }
    }

    /// Returns the text of an option, nil when it was not set and has no default.
    package func text(_ name: String) -> String? {
        if case .text(let text) = settings[name]?.value { text } else { nil }
    }

    /// Returns the whole number of an option, nil when it was not set and has no default.
    package func integer(_ name: String) -> Int? {
        if case .integer(let number) = settings[name]?.value { number } else { nil }
    }
}
