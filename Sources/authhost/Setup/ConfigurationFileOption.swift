import ArgumentParser
import AuthConfiguration

/// The option that names the configuration file, for the help of every command that reads it. ``ConfigurationArguments``
/// takes it out of the command line before the parser sees any.
struct ConfigurationFileOption: ParsableArguments {
    @Option(
        name: [.customShort("c"), .customLong("config")],
        help: ArgumentHelp(
            "The configuration file, or `none`. Default: \(Configuration.usualFile), if it exists.",
            valueName: "file"), completion: .file())
    var file: String?
}
