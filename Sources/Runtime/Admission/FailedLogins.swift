import AuthCore
import Synchronization

/// Log-ins that failed, as lines of the event log: one for each user and minute at most, and for so many users.
///
/// The first failure of a user is told at once; those of the minute after it are counted, and told together at its end. Names
/// come from clients, so what is kept and written is bounded: further users are counted together.
final class FailedLogins: Sendable {
    /// Nanoseconds.
    static let period: Int64 = 60_000_000_000
    /// Users about which lines are written in a minute.
    static let userLimit = 100

    private struct Entry: Sendable {
        /// When the next line may be written, on the monotonic clock.
        var until: Int64
        /// Failures that no line has told, and the latest of them.
        var untold = 0
        var latest = ""
    }

    private struct State: Sendable {
        var users: [ExactText: Entry] = [:]
        var others = 0
        var othersSince: Int64 = 0
    }

    private let state = Mutex(State())

    /// Notes a failure; returns the line that is to be written now, nil for none.
    func note(_ answer: Answer, of login: Login, at now: Int64) -> String? {
        let owner = answer.user.flatMap { $0.hasBytes(of: login.user) ? nil : "as <\($0)> " } ?? ""
        let facts = owner + "at door \(login.door), address <\(login.address)>, application <\(login.applicationID)>: "
        let decision = login.decision.isNone ? "" : ", decision \(login.decision)"
        let text = facts + "\(answer.verdict.rawValue), \(answer.reason.rawValue)\(decision)"
        let key = ExactText(login.user)
        return state.withLock { state in
            if state.users[key] != nil {
                state.users[key]?.untold += 1
                state.users[key]?.latest = text
                return nil
            }
            guard state.users.count < Self.userLimit else {
                if state.others == 0 { state.othersSince = now }
                state.others += 1
                return nil
            }
            state.users[key] = Entry(until: now + Self.period)
            return "Log-in of user <\(login.user)> failed \(text)"
        }
    }

    /// Ends the minutes that are over; returns the lines about what has been counted in them.
    func sweep(at now: Int64) -> [String] {
        state.withLock { state in
            var lines: [String] = []
            for (user, entry) in state.users where entry.until <= now {
                if entry.untold == 0 {
                    state.users[user] = nil
                } else {
                    lines.append(
                        "Log-ins of user <\(user.text)> that failed within a minute: \(entry.untold) more, the last "
                            + entry.latest)
                    state.users[user] = Entry(until: now + Self.period)
                }
            }
            if state.others > 0, now - state.othersSince >= Self.period {
                lines.append("Log-ins of further users that failed within a minute: \(state.others)")
                state.others = 0
            }
            return lines
        }
    }
}
