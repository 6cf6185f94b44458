extension Configuration {
    /// Returns the options of the configured module: the lines of its blocks, in order, except those whose name the
    /// command line sets with `--option`, and then these.
    public var moduleOptions: [ModuleOption] {
        let given = Set(commandLineOptions.map(\.name.text))
        return options(ofModule: moduleName).filter { !given.contains($0.name.text) } + commandLineOptions
    }

    /// Returns the lines of the blocks of a module, in order; `libNAME.so` and `/dir/NAME.so` are the module `NAME`.
    public func options(ofModule name: String) -> [ModuleOption] {
        options(ofModule: name, in: .moduleOptions)
    }

    /// Returns the options of the shadow: those of a module of its name, where it has none of its own with the same name.
    public func options(ofShadow name: String) -> [ModuleOption] {
        let own = options(ofModule: name, in: .shadowOptions)
        let given = Set(own.map(\.name.text))
        return options(ofModule: name).filter { !given.contains($0.name.text) } + own
    }

    private func options(ofModule name: String, in item: ItemDefinition) -> [ModuleOption] {
        guard case .moduleOptions(let blocks) = settings[item.name]?.value else { return [] }
        let wanted = Self.baseName(ofModule: name)
        return blocks.filter { Self.baseName(ofModule: $0.module.text) == wanted }.flatMap(\.options)
    }

    /// Returns a module option's value with `%r`, `%a` and `%h` replaced: for options the module declares as paths.
    ///
    /// Throws: a problem at the value's place for any other letter.
    public func expandPath(_ value: Word, ofOption name: String) throws(ConfigurationError) -> String {
        let definition = ItemDefinition(name, .path, percent: .expanded("rah"), "")
        do throws(PercentExpander.Failure) {
            return try expander.expand(value.text, for: definition)
        } catch {
            let problem = ConfigurationProblem(.badValue, at: value.source, error.message)
            throw ConfigurationError(problems: [problem], omitted: 0)
        }
    }

    /// Returns the plain name of a module: without directory, and of a `.so` without that and a leading `lib`.
    public static func baseName(ofModule name: String) -> String {
        let file = name.split(separator: "/").last.map(String.init) ?? name
        guard file.hasSuffix(".so") else { return file }
        let stem = String(file.dropLast(3))
        return stem.hasPrefix("lib") && stem.count > 3 ? String(stem.dropFirst(3)) : stem
    }
}
