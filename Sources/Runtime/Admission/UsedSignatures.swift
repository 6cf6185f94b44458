import AuthCore

/// Signed tokens that were found good a while ago: a log-in that may rest on one is neither kept nor shared, since a token is
/// good once.
///
/// A module may check a token for the user that was typed, for the one that it names, or for a third name, in an entry point or on a
/// thread of its own, and the token may be a part of the password. A log-in rests on a token where the two have a mark in common.
struct UsedSignatures: Sendable {
    /// What a checked token and a log-in may have in common.
    enum Mark: Hashable, Sendable {
        case user(ExactText)
        /// The token is the password.
        case password(LoginKey)
        /// The token was checked inside the entry point that decides the log-in of the session.
        case session(UInt64)
    }

    /// When it was last so, on the monotonic clock.
    private var marks: [Mark: Int64] = [:]

    var isEmpty: Bool { marks.isEmpty }

    mutating func note(_ marks: [Mark], at now: Int64) { for mark in marks { self.marks[mark] = now } }

    func contains(_ mark: Mark, since began: Int64) -> Bool { marks[mark].map { $0 >= began } ?? false }

    /// Forgets those before `time`, when every log-in that was asked then has been answered.
    mutating func drop(before time: Int64) {
        if !marks.isEmpty { marks = marks.filter { $0.value >= time } }
    }
}
