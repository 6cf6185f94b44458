import Testing

@testable import AuthConfiguration

/// Reads a configuration whose main file is `main.conf`.
func load(
    _ main: String, files: [String: String] = [:], arguments: [String] = [],
    environment: [String: String] = ["HOME": "/home/ann", "STAGE": "test"]
) throws(ConfigurationError) -> Configuration {
    let context = ConfigurationContext(
        environment: environment, hostName: "box", workingDirectory: "/srv",
        files: .inMemory(files.merging(["main.conf": main]) { first, _ in first }))
    return try Configuration.load(file: "main.conf", arguments: arguments, context: context)
}

/// Returns what is wrong with a configuration, one problem a line; empty when nothing is.
func mistakes(_ main: String, files: [String: String] = [:], arguments: [String] = []) -> String {
    do throws(ConfigurationError) {
        _ = try load(main, files: files, arguments: arguments)
        return ""
    } catch {
        return error.description
    }
}

/// Returns the warnings of a configuration, one a line.
func warnings(_ main: String, files: [String: String] = [:]) throws -> String {
    try load(main, files: files).warnings.map(\.description).joined(separator: "\n")
}

/// A text and the message it must produce.
struct Case: Sendable, CustomTestStringConvertible {
    let text: String
    let message: String

    init(_ text: String, _ message: String) {
        self.text = text
        self.message = message
    }

    var testDescription: String { text }
}
