// Items of what follows wrong passwords.
extension ItemDefinition {
    static let penaltyLimit = ItemDefinition(
        "penalty-limit", .integer(.none, 0...1_000), default: "10", reloadable: true,
        "wrong passwords for one user, after which log-ins are refused for a time; 0: no penalties")

    static let penaltyNetworkLimit = ItemDefinition(
        "penalty-network-limit", .integer(.none, 1...1_000_000), default: "100", reloadable: true,
        "the same from one IPv4 address or 64 bits of IPv6; ten times as many from 48 bits")

    static let penaltyTime = ItemDefinition(
        "penalty-time", .float(.seconds, 1.0...604_800.0), default: "900.0", reloadable: true,
        "how long wrong passwords count, and log-ins are refused because of them")

    static let penaltyDelay = ItemDefinition(
        "penalty-delay", .float(.seconds, 0.0...20.0), default: "2.0", reloadable: true,
        "how long the last guess before the limit waits; each of the five before it half as long")

    static let penaltyExempt = ItemDefinition(
        "penalty-exempt", .list, note: "none", reloadable: true,
        "networks such as `10.1.0.0/16` that are not counted by themselves, as this machine's are not")

    static let penaltyFile = ItemDefinition(
        "penalty-file", .path, note: "none", percent: .expanded("rah"),
        "the file in which penalties are kept over a restart")

    static let penaltyItems = [
        penaltyLimit, penaltyNetworkLimit, penaltyTime, penaltyDelay, penaltyExempt, penaltyFile,
    ]
}
