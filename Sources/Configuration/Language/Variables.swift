/// The variables that `${NAME}` names, and the environment behind `${ENV:NAME}`.
package struct Variables: Sendable {
    private var values: [String: String]
    private let environment: [String: String]
    private let isEnvironmentEmptyByDefault: Bool

    /// Starts with the predefined variables.
    ///
    /// isEnvironmentEmptyByDefault: whether an environment variable that is not set is an empty text, or not defined.
    package init(_ context: ConfigurationContext, applicationName: String, isEnvironmentEmptyByDefault: Bool = true) {
        values = [
            "HOST_NAME": context.hostName, "APP_NAME": applicationName,
            "MAJOR_VERSION": String(context.version.major),
            "MINOR_VERSION": String(context.version.minor),
        ]
        environment = context.environment
        self.isEnvironmentEmptyByDefault = isEnvironmentEmptyByDefault
        // Without HOME it is not defined: an empty text would make a path one below `/`.
        values["HOME_DIR"] = environment["HOME"]
    }

    /// Whether a name is made of ASCII letters, digits, `_` and `.`, and is not empty.
    package static func isName(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }

    /// Returns what a variable stands for in a file of `directory`; nil when it is not defined.
    ///
    /// An environment variable that is not set is an empty text in a configuration, as in AMPS, and no mistake.
    func value(of name: String, directory: String) -> String? {
        if name == "ccd" { return directory }
        if name.hasPrefix("ENV:") {
            return environment[String(name.dropFirst(4))] ?? (isEnvironmentEmptyByDefault ? "" : nil)
        }
        return values[name]
    }

    /// Sets a variable and returns the value it had.
    mutating func define(_ name: String, as value: String) -> String? {
        values.updateValue(value, forKey: name)
    }

    /// Removes a variable and returns the value it had.
    mutating func undefine(_ name: String) -> String? {
        values.removeValue(forKey: name)
    }
}
