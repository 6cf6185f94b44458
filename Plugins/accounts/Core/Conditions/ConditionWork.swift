/// Bounds the work of the conditions of one check, in steps: a client says how many values it sends, and how long.
///
/// A value costs a step, and one for each 64 bytes of it; matching a regular expression costs as many times that as the
/// steps back that it may take. Once nothing is left, values are not compared: they hold for a deny and fail for an
/// allow, as a value does that cannot be read. One match that began before may take its whole limit.
struct ConditionWork: Sendable {
    /// Of one check: some milliseconds.
    static let mostSteps = 200_000

    private var left = Self.mostSteps
    /// Values that could not be compared.
    private(set) var unreadable = 0
    /// Matches that had the whole limit of one match, which may take milliseconds each.
    private(set) var longMatches = 0
    /// Whether values were left out because nothing was left.
    private(set) var isSpent = false

    /// Takes the steps of a comparison with a value of so many bytes; false when none are left.
    mutating func take(_ steps: Int, bytes: Int) -> Bool {
        guard left > 0 else {
            isSpent = true
            return false
        }
        left -= steps * (1 + bytes / 64)
        return true
    }

    /// Takes the steps of a match that has its whole limit; false when none are left.
    mutating func takeLongMatch(_ steps: Int, bytes: Int) -> Bool {
        guard take(steps, bytes: bytes) else { return false }
        longMatches += 1
        return true
    }

    /// Counts values that could not be compared.
    mutating func add(unreadable count: Int) { unreadable += count }

    /// What a reason says when not every value was compared; nil when every one was.
    var doubt: String? {
        if isSpent {
            return "comparing the values takes more than the \(Self.mostSteps) steps of one check: those left out "
                + "hold for a deny and fail for an allow"
        }
        return unreadable > 0 ? "a value could not be compared, which holds for a deny and fails for an allow" : nil
    }
}
