// Its errors, settings and contexts are those of the language, so code that reads a configuration imports both at once.
@_exported import ConfigurationLanguage

/// A checked configuration: every item has a value of its type, and every value knows where it came from.
public struct Configuration: Sendable {
    /// Every item's setting by name; those that are not set have their default.
    public let settings: [String: Setting]
    /// What is doubtful and accepted: variables that are not defined, items that have no effect yet.
    public let warnings: [ConfigurationProblem]
    /// The renamings of `object-map`, in order: the first whose pattern matches is applied.
    public let objectMaps: [ObjectMap]
    /// The file that was read, nil when there was none.
    public let file: String?
    /// The options given with `--option`.
    let commandLineOptions: [ModuleOption]
    let expander: PercentExpander

    /// Returns an item's setting, nil when there is no item of that name.
    public subscript(name: String) -> Setting? { settings[name] }

    /// Reads a configuration file and the command line, which wins. Blocks for as long as the disk does.
    ///
    /// `file` may be nil; `-c FILE` or `--config FILE` among the arguments names it then. `arguments` are those that no
    /// subcommand has taken.
    /// Throws: all mistakes of all files and of the command line, up to twenty.
    public static func load(
        file: String?, arguments: [String], environment: [String: String]
    ) throws(ConfigurationError) -> Configuration {
        try load(file: file, arguments: arguments, context: .system(environment: environment))
    }

    /// The configuration file that is read where none is named, and where it is there.
    public static let usualFile = "/etc/authhost/authhost.conf"

    /// Returns the control socket that a configuration names, whatever else is wrong with it: an operator asks the host that
    /// runs. Nil where none is named. Blocks for as long as the disk does.
    public static func controlSocket(file: String?, arguments: [String], context: ConfigurationContext) -> String? {
        guard let overlay = try? CommandLineOverlay(arguments) else { return nil }
        var loader = ConfigurationLoader(overlay: overlay, context: context)
        return loader.read(file: file).controlSocket
    }

    /// Reads a configuration in a given context; see ``load(file:arguments:environment:)``.
    public static func load(
        file: String?, arguments: [String], context: ConfigurationContext
    ) throws(ConfigurationError) -> Configuration {
        let overlay = try CommandLineOverlay(arguments)
        var loader = ConfigurationLoader(overlay: overlay, context: context)
        return try loader.load(file: file)
    }
}
