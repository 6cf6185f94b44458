/// When a module whose `auth_reload` failed is asked again: after a second, and twice as long each time, up to a minute.
struct ReloadRetry {
    private static let (first, longest): (Int64, Int64) = (1_000_000_000, 60_000_000_000)

    /// How often it has failed in a row.
    private(set) var failures = 0
    /// When it is due, on the monotonic clock; nil while none is, or one is under way.
    private var due: Int64?

    /// Whether it is due now; it is under way then.
    mutating func takeDue(at now: Int64) -> Bool {
        guard let due, due <= now else { return false }
        self.due = nil
        return true
    }

    mutating func failed(at now: Int64) {
        due = now + min(Self.first << min(failures, 10), Self.longest)
        failures += 1
    }

    mutating func succeeded() { self = ReloadRetry() }
}
