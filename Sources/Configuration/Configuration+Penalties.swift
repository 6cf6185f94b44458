// What the configuration says of wrong passwords.
extension Configuration {
    /// How many there may be for a user; 0 for no penalties.
    public var penaltyLimit: Int { integer(.penaltyLimit) }
    /// How many there may be from a network; at least 1.
    public var penaltyNetworkLimit: Int { integer(.penaltyNetworkLimit) }
    /// How long they count.
    public var penaltyTime: Duration { seconds(.penaltyTime) }
    /// How long the last guess before the limit waits.
    public var penaltyDelay: Duration { seconds(.penaltyDelay) }
    /// The networks that are not counted, as they are written.
    public var penaltyExempt: [String] { list(.penaltyExempt) }
    /// Where penalties are kept over a restart; nil for nowhere.
    public var penaltyFile: String? { text(.penaltyFile) }
}
