import AuthCore

/// What another licence changes, for the event log.
enum LicenceChanges {
    /// How many lines there are at most before one that counts the rest.
    private static let limit = 20

    /// A line for each application whose limits changed, in the order of their names.
    static func lines(
        from old: [ExactText: ApplicationLicence], to new: [ExactText: ApplicationLicence]
    ) -> [String] {
        let changed = Set(old.keys).union(new.keys).filter { old[$0] != new[$0] }.sorted { $0.text < $1.text }
        let lines = changed.prefix(limit).map { "licence of application `\($0.text)`: \(change(old[$0], new[$0]))" }
        let rest = changed.count - lines.count
        return lines + (rest > 0 ? ["licences of further applications that changed: \(rest)"] : [])
    }

    private static func change(_ old: ApplicationLicence?, _ new: ApplicationLicence?) -> String {
        switch (old, new) {
        case (let old?, let new?): "\(text(new)); before, \(text(old))"
        case (nil, let new?): "\(text(new)); before, it was not named"
        case (let old?, nil): "no longer named; before, \(text(old))"
        case (nil, nil): "none"
        }
    }

    private static func text(_ licence: ApplicationLicence) -> String {
        func limit(_ number: Int) -> String { number == 0 ? "without limit" : String(number) }
        return "users \(limit(licence.users)), log-ins per user \(limit(licence.loginsPerUser))"
    }
}
