// Time limits of what a module is asked. The types and defaults of log-in, map and write are Liberator's.
extension ItemDefinition {
    private static let day = 86_400

    /// A time limit in seconds with a fraction, at least a millisecond, at most a day.
    static let limitRange = 0.001...86_400.0

    static let loginTimeout = ItemDefinition(
        "auth-login-timeout", .integer(.seconds, 1...day), default: "30", reloadable: true,
        "how long a log-in may take; then it is denied")

    static let mapTimeout = ItemDefinition(
        "auth-map-timeout", .integer(.seconds, 1...day), default: "30", reloadable: true,
        "how long the mapping of a name may take; then it is denied")

    static let checkWriteTimeout = ItemDefinition(
        "auth-checkwrite-timeout", .float(.seconds, limitRange), default: "30.0", reloadable: true,
        "how long a write or create check may take; then it is denied")

    static let checkReadTimeout = ItemDefinition(
        "auth-checkread-timeout", .float(.seconds, limitRange), default: "30.0", reloadable: true,
        "how long a read check may take; then it is denied")

    static let initTimeout = ItemDefinition(
        "auth-init-timeout", .float(.seconds, limitRange), default: "10.0",
        "how long a module may take to start, and to stop")

    static let timeItems = [loginTimeout, mapTimeout, checkWriteTimeout, checkReadTimeout, initTimeout]
}
