import Synchronization

/// The unique users in memory: of the month that is under way, and of earlier ones until they are written.
///
/// Safe from any thread. ``record(user:application:at:)`` takes a lock for the time of a look-up in three hash tables;
/// nothing here touches the disk.
final class UsageStore: Sendable {
    private struct State {
        var current: MonthlyUsers
        /// Earlier months (or later ones, when the clock was put back) with users that are not written yet.
        var others: [UsageMonth: MonthlyUsers] = [:]
        /// The local day that was asked for last, from its first instant to the next day's.
        var day = (from: Int64.max, to: Int64.max, day: LocalDay(number: 0))
    }

    private let zone: LocalTimeZone
    private let limits: UsageLimits
    private let state: Mutex<State>

    init(zone: LocalTimeZone, limits: UsageLimits, at instant: Int64) {
        self.zone = zone
        self.limits = limits
        state = Mutex(State(current: MonthlyUsers(zone.day(at: instant).month, limits)))
    }

    /// Notes that a user is logged in at an instant; tells what changed.
    func record(user: String, application: String, at instant: Int64) -> MonthlyUsers.Change {
        state.withLock { state in
            let day = day(at: instant, &state)
            let month = day.month
            if month == state.current.month {
                return state.current.see(user: user, application: application, day: day.date.day)
            }
            return state.others[month, default: MonthlyUsers(month, limits)]
                .see(user: user, application: application, day: day.date.day)
        }
    }

    /// Makes the month of an instant the one under way; returns the one before when it changed.
    func enterMonth(at instant: Int64) -> (left: UsageMonth, users: Int)? {
        state.withLock { state in
            let month = day(at: instant, &state).month
            guard month != state.current.month else { return nil }
            let left = state.current
            state.current = state.others.removeValue(forKey: month) ?? MonthlyUsers(month, limits)
            if left.unsyncedCount > 0 { state.others[left.month] = left }
            return (left.month, left.userCount)
        }
    }

    /// Adds what the database holds of the month under way; rows of another month are left alone.
    func load(_ rows: [UsageRow]) {
        state.withLock { state in
            for row in rows where row.month == state.current.month { state.current.load(row) }
        }
    }

    /// Marks everything in memory as not written, because the file that held it is gone.
    func forgetSync() {
        state.withLock { $0.current.markAllUnsynced() }
    }

    /// Takes all rows that are not written yet.
    func takeUnsynced() -> [UsageRow] {
        state.withLock { state in
            var rows: [UsageRow] = []
            for month in state.others.keys.sorted() { rows += state.others[month]?.takeUnsynced() ?? [] }
            return rows + state.current.takeUnsynced()
        }
    }

    /// Ends what ``takeUnsynced()`` began: the rows are written, or they are taken back to be written later.
    func finishSync(_ rows: [UsageRow], isWritten: Bool) {
        state.withLock { state in
            if !isWritten {
                for row in rows where row.month == state.current.month { state.current.giveBack(row) }
                for row in rows where row.month != state.current.month {
                    state.others[row.month, default: MonthlyUsers(row.month, limits)].giveBack(row)
                }
            }
            state.others = state.others.filter { $0.value.unsyncedCount > 0 }
        }
    }

    /// The month under way.
    var month: UsageMonth { state.withLock { $0.current.month } }

    /// How many pairs wait to be written.
    var unsyncedCount: Int { summary.unsynced }

    /// What the month under way holds.
    var summary: (month: UsageMonth, users: Int, applications: [(application: String, users: Int)], unsynced: Int) {
        state.withLock { state in
            let unsynced = state.others.values.reduce(state.current.unsyncedCount) { $0 + $1.unsyncedCount }
            return (state.current.month, state.current.userCount, state.current.applicationCounts, unsynced)
        }
    }

    /// The local day of an instant. A zone is asked once a day, not once a log-in.
    private func day(at instant: Int64, _ state: inout State) -> LocalDay {
        if state.day.from <= instant && instant < state.day.to { return state.day.day }
        let day = zone.day(at: instant)
        state.day = (zone.start(of: day), zone.start(of: LocalDay(number: day.number + 1)), day)
        return day
    }
}
