/// The numbers of sessions at which an operator is told.
public struct WarningLevels: Sendable, Equatable {
    /// The number that is worth a warning (`max-user-warn`); 0 for none.
    public var warn: Int
    /// The number below which the warning is over (`max-user-ok`); 0 for that of the warning itself.
    public var ok: Int

    /// Makes levels; 0 is none.
    public init(warn: Int = 0, ok: Int = 0) {
        self.warn = warn
        self.ok = ok
    }

    /// The number that the count must fall below; never above the warning's, so that one count cannot be both.
    var end: Int { ok == 0 ? warn : min(ok, warn) }
}

/// Tells once that there are many sessions, and once that there are fewer again.
///
/// Armed at first. A count that reaches the warning's number warns and disarms; a count below the end's arms again, with a line
/// of its own. In between nothing is said, however the count moves.
public struct AdmissionWarning: Sendable {
    /// What is worth a line.
    public enum Event: Sendable, Equatable {
        case reached(sessions: Int, warn: Int)
        case over(sessions: Int, ok: Int)
    }

    /// The levels that hold.
    public private(set) var levels: WarningLevels
    private var isArmed = true

    /// Watches for levels.
    public init(_ levels: WarningLevels) { self.levels = levels }

    /// Looks at the number of sessions after it has changed.
    public mutating func observe(_ sessions: Int) -> Event? {
        if isArmed {
            guard levels.warn > 0, sessions >= levels.warn else { return nil }
            isArmed = false
            return .reached(sessions: sessions, warn: levels.warn)
        }
        guard sessions < levels.end else { return nil }
        isArmed = true
        return .over(sessions: sessions, ok: levels.end)
    }

    /// Takes other numbers; a warning that is switched off is over without a word.
    public mutating func change(to levels: WarningLevels) {
        self.levels = levels
        if levels.warn == 0 { isArmed = true }
    }
}

extension AdmissionWarning.Event: CustomStringConvertible {
    /// Spells the event on one line.
    public var description: String {
        switch self {
        case .reached(let sessions, let warn):
            "\(sessions == 1 ? "1 session has" : "\(sessions) sessions have") reached max-user-warn (\(warn))"
        case .over(let sessions, let ok):
            "\(sessions == 1 ? "1 session is" : "\(sessions) sessions are") again below max-user-ok (\(ok))"
        }
    }
}
