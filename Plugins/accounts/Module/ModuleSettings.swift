import Accounts
import Basics
import ModuleKit

/// Holds the options of a module of accounts, read once.
struct ModuleSettings: Sendable {
    let file: String
    let options: AccountOptions
    let allowsPlainPasswords: Bool
    let isWatching: Bool

    /// Throws: ``SetupError`` for a value that is not accepted.
    init(host: HostInterface, fileOption: String) throws {
        file = host.option(fileOption) ?? ""
        let threads = try Self.count(host, "hash-threads", 0...256) ?? 0
        var queue = FairQueueBounds()
        let waiting = 1...1_000_000
        if let all = try Self.count(host, "hash-queue", waiting) { queue.all = all }
        if let address = try Self.count(host, "hash-queue-address", waiting) { queue.address = address }
        if let user = try Self.count(host, "hash-queue-user", waiting) { queue.user = user }
        options = AccountOptions(hashThreads: threads == 0 ? nil : threads, queue: queue)
        allowsPlainPasswords = host.option("allow-plain-passwords") == "TRUE"
        isWatching = host.option("watch") == "TRUE"
    }

    /// Reads a whole number within bounds; nil when the option is not set.
    private static func count(_ host: HostInterface, _ name: String, _ bounds: ClosedRange<Int>) throws -> Int? {
        guard let text = host.option(name) else { return nil }
        guard let number = Int(text), bounds.contains(number) else {
            throw SetupError(
                "`\(name)` is `\(text)`; \(bounds.lowerBound) to \(bounds.upperBound) are accepted")
        }
        return number
    }
}
