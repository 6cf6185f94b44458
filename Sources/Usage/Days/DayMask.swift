/// A set of days of one month: bit 0 for the first, bit 30 for the thirty-first.
struct DayMask: OptionSet, Hashable, Sendable {
    let rawValue: UInt32

    init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The set of one day, 1...31.
    init(day: Int) { rawValue = 1 << UInt32(day - 1) }

    /// Whether the set has a day, 1...31.
    func contains(day: Int) -> Bool { contains(DayMask(day: day)) }
}

/// One user of one application in one month, and on which days the application was used.
struct UsageRow: Hashable, Sendable {
    let month: UsageMonth
    let user: String
    let application: String
    var days: DayMask
}
