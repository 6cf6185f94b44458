import Testing

@testable import Usage

struct UsageMemoryTests {
    private let january = UsageMonth(year: 2026, number: 1)

    @Test func `a user is one user however many applications and days there are`() {
        var month = MonthlyUsers(january, UsageLimits())
        #expect(month.see(user: "ann", application: "web", day: 1) == .month(application: "web", users: 1))
        #expect(month.see(user: "ann", application: "web", day: 1) == .none)
        #expect(month.see(user: "ann", application: "web", day: 2) == .day)
        #expect(month.see(user: "ann", application: "trader", day: 2) == .month(application: "trader", users: 1))
        #expect(month.see(user: "bob", application: "web", day: 2) == .month(application: "web", users: 2))
        #expect(month.userCount == 2)
        #expect(month.applicationCounts.map(\.users) == [2, 1])
    }

    @Test func `what could not be written is given back once, with what came meanwhile`() {
        var month = MonthlyUsers(january, UsageLimits())
        _ = month.see(user: "ann", application: "web", day: 1)
        let taken = month.takeUnsynced()
        _ = month.see(user: "ann", application: "web", day: 2)
        for row in taken { month.giveBack(row) }
        let again = month.takeUnsynced()
        #expect(again.count == 1)
        #expect(again[0].days == [DayMask(day: 1), DayMask(day: 2)])
        #expect(month.takeUnsynced().isEmpty)
    }

    @Test func `users beyond the limit find no room, and known ones are still counted`() {
        var month = MonthlyUsers(january, UsageLimits(pairs: 2))
        _ = month.see(user: "ann", application: "web", day: 1)
        _ = month.see(user: "bob", application: "web", day: 1)
        #expect(month.see(user: "cid", application: "web", day: 1) == .noRoom)
        #expect(month.see(user: "ann", application: "web", day: 2) == .day)
        #expect(month.userCount == 2)
    }

    @Test func `a client that makes up applications cannot fill the memory`() {
        var month = MonthlyUsers(january, UsageLimits(applications: 3, applicationNameSize: 8))
        for number in 0..<1000 { _ = month.see(user: "ann", application: "app-\(number)", day: 1) }
        _ = month.see(user: "ann", application: String(repeating: "x", count: 9), day: 1)
        #expect(month.unsyncedCount == 4)
        #expect(month.applicationCounts.last?.application == "app-2" || month.applicationCounts.count == 4)
        #expect(month.applicationCounts.map(\.application).contains(UsageLimits.furtherApplications))
    }

    @Test func `no room is said once a month`() throws {
        let run = ServiceRun(UsageSettings(path: nil, limits: UsageLimits(pairs: 1)), at: "2026-01-31 12:00")
        try run.start()
        for user in ["ann", "bob", "cid"] { run.service.record(user: user, application: "web") }
        let said = "error: usage statistics: further users are not counted this month: 1 are kept"
        #expect(run.log.lines == [said])
        #expect(run.service.status.withoutRoom == 2)
    }

    @Test func `a hundred thousand users take less than 40 MB, and further days of theirs nothing`() async {
        // In a process of its own, where no other test takes memory.
        await #expect(processExitsWith: .success) {
            let january = UsageMonth(year: 2026, number: 1)
            let names = (0..<100_000).map { "user-\($0)@example.com" }
            let before = residentBytes()
            var month = MonthlyUsers(january, UsageLimits())
            for name in names { _ = month.see(user: name, application: "SLJS:CaplinTrader", day: 1) }
            _ = month.takeUnsynced()
            let first = residentBytes()
            for day in 2...31 {
                for name in names.prefix(1000) { _ = month.see(user: name, application: "SLJS:CaplinTrader", day: day) }
                _ = month.takeUnsynced()
            }
            #expect(month.userCount == 100_000)
            #expect(first - before < 40_000_000)
            #expect(residentBytes() - first < 1_000_000)
        }
    }
}

private func residentBytes() -> Int {
    let text = String(decoding: contents("/proc/self/statm") ?? [], as: UTF8.self)
    return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
}
