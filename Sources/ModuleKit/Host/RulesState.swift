/// How the rules in force stand to those that they are read from; the reasons are for the log. The numbers on the C
/// interface are `AUTH_RULES_*`.
public enum RulesState: Sendable, Hashable {
    /// They are the same.
    case current
    /// There are newer ones, which could not be read: after `rules-stale-time` the host denies, unless it is told not to.
    case unreadable(String)
    /// There are newer ones, which are wrong: the host goes on, and is not ready after `rules-stale-time`.
    case wrong(String)
}
