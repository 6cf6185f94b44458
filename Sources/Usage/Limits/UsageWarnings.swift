/// Says when an application has used so much of its licence that the operator should know, once for each month.
///
/// The part is `application-usage-warn-level` for an application, else `default-application-usage-warn-level`; the
/// whole is the number of unique users in the licence file. Reaching the whole is said as well, whatever the level.
public struct UsageWarnings: Sendable {
    private enum Said: Int, Comparable {
        case level = 1
        case maximum

        static func < (left: Said, right: Said) -> Bool { left.rawValue < right.rawValue }
    }

    private let defaultLevel: Int?
    private let levels: [String: Int]
    private let maximumUsers: [String: Int]
    private var said: [String: Said] = [:]

    /// Makes the warnings of a licence file.
    ///
    /// - Parameters:
    ///   - defaultLevel: the percentage, 1...99, that holds for applications without one of their own; nil for none.
    ///   - levels: percentages, 1...99, by application.
    public init(licences: [LicenceLine] = [], defaultLevel: Int? = nil, levels: [String: Int] = [:]) {
        self.defaultLevel = defaultLevel
        self.levels = levels
        maximumUsers = Dictionary(licences.map { ($0.application, $0.users) }) { first, _ in first }
    }

    /// The number of users from which on an application's use is worth a warning; nil for never.
    ///
    /// The smallest number that is the percentage of the licensed maximum, or more.
    public func warningCount(of application: String) -> Int? {
        guard let maximum = maximumUsers[application], maximum > 0, let level = levels[application] ?? defaultLevel
        else {
            return nil
        }
        return (maximum * level + 99) / 100
    }

    /// Returns what is to be said of an application that has a number of unique users this month; nil for nothing, or
    /// nothing new.
    public mutating func warning(application: String, users: Int) -> String? {
        guard let maximum = maximumUsers[application], maximum > 0 else { return nil }
        if users >= maximum {
            return say(
                .maximum, application,
                "all \(maximum) licensed unique users of `\(application)` are in use: \(users) this month")
        }
        guard let count = warningCount(of: application), users >= count, let level = levels[application] ?? defaultLevel
        else { return nil }
        return say(
            .level, application,
            "\(users) of \(maximum) licensed unique users of `\(application)` are in use this month: \(level) percent"
        )
    }

    /// Forgets what was said: a new month has begun.
    public mutating func beginMonth() { said.removeAll() }

    private mutating func say(_ what: Said, _ application: String, _ text: String) -> String? {
        if let before = said[application], before >= what { return nil }
        said[application] = what
        return text
    }
}
