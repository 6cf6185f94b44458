import Accounts
import ModuleKit

/// Holds the options of a module of accounts, read once.
struct ModuleSettings: Sendable {
    let file: String
    let options: AccountOptions
    let allowsPlainPasswords: Bool
    let isWatching: Bool

    /// Throws: ``OptionError`` for a value that is not accepted.
    init(host: HostInterface, fileOption: String) throws {
        file = host.option(fileOption) ?? ""
        let threads = try Self.count(host, "hash-threads", 0...256) ?? 0
        options = AccountOptions(
            hashThreads: threads == 0 ? nil : threads,
            hashQueue: try Self.count(host, "hash-queue", 1...1_000_000) ?? 1024)
        allowsPlainPasswords = host.option("allow-plain-passwords") == "TRUE"
        isWatching = host.option("watch") == "TRUE"
    }

    /// Reads a whole number within bounds; nil when the option is not set.
    private static func count(_ host: HostInterface, _ name: String, _ bounds: ClosedRange<Int>) throws -> Int? {
        guard let text = host.option(name) else { return nil }
        guard let number = Int(text), bounds.contains(number) else {
            throw OptionError(
                description: "`\(name)` is `\(text)`; \(bounds.lowerBound) to \(bounds.upperBound) are accepted")
        }
        return number
    }
}

/// Says which option cannot be used, and what would be accepted.
struct OptionError: Error, CustomStringConvertible { let description: String }
