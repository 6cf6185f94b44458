import Glibc
import Testing

@testable import Usage

/// A service over a file of its own, driven by hand.
final class ServiceRun {
    let folder: Folder
    let clock: HandClock
    let sessions = Sessions()
    let log = LogLines()
    let service: UsageService

    init(
        _ settings: UsageSettings? = nil, at start: String = "2026-01-14 13:52", folder: Folder = Folder(),
        zone: LocalTimeZone = .berlin
    ) {
        self.folder = folder
        clock = HandClock(zone.at(start))
        service = UsageService(
            settings ?? UsageSettings(path: folder.file("uupp.db")), clock: clock, zone: zone
        ) { [log] in log.append($0, $1) }
    }

    func start() throws { try service.start(source: sessions, drivesItself: false) }

    /// Lets time pass in steps as long as the service asks for.
    func pass(_ seconds: Int64) {
        var left = seconds
        while left > 0 {
            let step = min(left, service.tick())
            clock.pass(step)
            left -= step
        }
        service.tick()
    }

    /// What the database holds of a month, as `user application days`.
    func stored(_ month: String) throws -> [String] {
        try UsageDatabase(path: folder.file("uupp.db")).rows(of: try #require(UsageMonth(month))).map { row in
            "\(row.user) \(row.application) \((1...31).filter(row.days.contains(day:)))"
        }.sorted()
    }
}

struct UsageServiceTests {
    @Test func `who logs in and out between samples is counted`() throws {
        let run = ServiceRun()
        try run.start()
        run.service.record(user: "ann", application: "web")
        run.pass(60)
        #expect(try run.stored("2026-01") == ["ann web [14]"])
    }

    @Test func `who stays logged in is counted with every sample`() throws {
        let run = ServiceRun()
        run.sessions.logIn("ann", "web")
        run.sessions.logIn("ann", "trader")
        try run.start()
        run.pass(2 * 86_400)
        run.sessions.logOut("ann")
        run.pass(86_400)
        #expect(run.service.status.samples == 73)
        #expect(try run.stored("2026-01") == ["ann trader [14, 15, 16]", "ann web [14, 15, 16]"])
    }

    @Test func `samples are taken when write-users-time and write-users-period say so`() throws {
        let folder = Folder()
        let settings = UsageSettings(path: folder.file("uupp.db"), start: .week(minutes: 20), period: 86_400)
        let run = ServiceRun(settings, at: "2026-01-16 12:00", folder: folder)
        run.sessions.logIn("ann", "web")
        try run.start()
        run.pass(5 * 86_400)
        #expect(try run.stored("2026-01") == ["ann web [19, 20, 21]"])
    }

    @Test func `nothing is written before uupp-sync-time, and everything after it`() throws {
        let run = ServiceRun()
        try run.start()
        run.service.record(user: "ann", application: "web")
        run.pass(59)
        #expect(run.service.status.unsynced == 1)
        #expect(try run.stored("2026-01") == [])
        run.pass(1)
        #expect(run.service.status.unsynced == 0)
        #expect(run.service.status.lastSync == run.clock.seconds)
        #expect(try run.stored("2026-01") == ["ann web [14]"])
    }

    @Test func `a stop writes what is left, and leaves one file`() throws {
        let run = ServiceRun()
        try run.start()
        run.service.record(user: "ann", application: "web")
        run.service.stop()
        #expect(contents(run.folder.file("uupp.db-wal")) == nil)
        #expect(try run.stored("2026-01") == ["ann web [14]"])
        #expect(run.service.tick() >= 1)
    }

    @Test func `a start after the stop counts again, in the same file`() throws {
        let run = ServiceRun()
        try run.start()
        run.service.record(user: "ann", application: "web")
        run.service.stop()
        try run.start()
        run.service.record(user: "bob", application: "web")
        run.pass(60)
        #expect(try run.stored("2026-01") == ["ann web [14]", "bob web [14]"])
        run.service.stop()
        #expect(contents(run.folder.file("uupp.db-wal")) == nil)
    }

    @Test func `a start reads the month back and says how many users it has`() throws {
        let first = ServiceRun()
        try first.start()
        for user in ["ann", "bob"] { first.service.record(user: user, application: "web") }
        first.service.record(user: "bob", application: "trader")
        first.service.stop()
        let second = ServiceRun(at: "2026-01-20 08:00", folder: first.folder)
        try second.start()
        #expect(
            second.log.lines == [
                "info: Read in 2 unique users from database",
                "info: Next cycle of UUPP database (\(first.folder.file("uupp.db"))) scheduled for Sat Jan 31 23:59:59 2026",
            ])
        #expect(second.service.status.users == 2)
        #expect(second.service.status.applications.map(\.application) == ["web", "trader"])
        second.service.record(user: "bob", application: "web")
        second.service.stop()
        #expect(try second.stored("2026-01") == ["ann web [14]", "bob trader [14]", "bob web [14, 20]"])
    }

    @Test func `a month ends with its last local day`() throws {
        let run = ServiceRun(at: "2026-03-31 23:59:58")
        try run.start()
        run.service.record(user: "ann", application: "web")
        run.clock.pass(1)
        run.service.record(user: "bob", application: "web")
        #expect(run.service.tick() == 1)
        run.clock.pass(1)
        run.service.record(user: "cid", application: "web")
        run.service.tick()
        run.service.record(user: "ann", application: "web")
        let path = run.folder.file("uupp.db")
        #expect(
            run.log.lines == [
                "info: Read in 0 unique users from database",
                "info: Next cycle of UUPP database (\(path)) scheduled for Tue Mar 31 23:59:59 2026",
                "notice: usage statistics: 2026-03 had 2 unique users",
                "notice: UUPP database (\(path)): 2026-03 is complete and closed",
                "info: Next cycle of UUPP database (\(path)) scheduled for Thu Apr 30 23:59:59 2026",
            ])
        #expect(run.service.status.users == 2)
        run.service.stop()
        #expect(try run.stored("2026-03") == ["ann web [31]", "bob web [31]"])
        #expect(try run.stored("2026-04") == ["ann web [1]", "cid web [1]"])
    }

    @Test func `a month that ended while nothing ran is closed at the next start`() throws {
        let first = ServiceRun()
        try first.start()
        first.service.record(user: "ann", application: "web")
        first.service.stop()
        let second = ServiceRun(at: "2026-03-02 08:00", folder: first.folder)
        try second.start()
        #expect(second.log.lines.contains { $0.hasSuffix("2026-01 is complete and closed") })
        #expect(second.service.status.users == 0)
    }

    @Test func `a clock that is put back into the month before loses no user`() throws {
        let run = ServiceRun(at: "2026-02-01 00:00:10")
        try run.start()
        run.service.record(user: "ann", application: "web")
        run.clock.set(LocalTimeZone.berlin.at("2026-01-31 23:59:30"))
        run.service.record(user: "bob", application: "web")
        run.service.tick()
        run.service.record(user: "cid", application: "web")
        run.pass(60)
        #expect(run.service.status.users == 1)
        run.service.stop()
        #expect(try run.stored("2026-01") == ["bob web [31]", "cid web [31]"])
        #expect(try run.stored("2026-02") == ["ann web [1]"])
    }

    @Test func `samples go on after the clock was put back`() throws {
        let run = ServiceRun(at: "2026-01-14 13:52")
        run.sessions.logIn("ann", "web")
        try run.start()
        run.pass(3600)
        #expect(run.service.status.samples == 2)
        run.clock.set(LocalTimeZone.berlin.at("2026-01-13 00:00"))
        run.pass(86_400)
        #expect(run.service.status.samples == 26)
        run.clock.set(LocalTimeZone.berlin.at("2026-01-14 14:53"))
        run.pass(7200)
        #expect(run.service.status.samples == 29)
    }

    @Test func `a clock that is put back a little changes no sample`() throws {
        let run = ServiceRun(at: "2026-01-14 13:52")
        try run.start()
        run.pass(1800)
        run.clock.set(run.clock.seconds - 5)
        run.pass(1804)
        #expect(run.service.status.samples == 1)
        run.pass(1)
        #expect(run.service.status.samples == 2)
    }

    @Test func `a file that cannot be written is said once, and no user is lost when it can be again`() throws {
        let folder = Folder()
        write([], to: folder.file("users"))
        let path = folder.file("users/uupp.db")
        let run = ServiceRun(UsageSettings(path: path), at: "2026-01-31 12:00", folder: folder)
        try run.start()
        run.service.record(user: "ann", application: "web")
        run.pass(86_400)
        run.service.record(user: "bob", application: "web")
        #expect(run.log.lines.filter { $0.hasPrefix("error") }.count == 1)
        #expect(
            run.log.lines[0] == "error: usage database `\(path)`: cannot be opened for writing: not a directory; "
                + "the statistics are kept in memory, and writing is tried again")
        #expect(run.service.status.failure?.code == .unavailable)
        unlink(folder.file("users"))
        run.pass(60)
        #expect(run.log.lines.contains("notice: UUPP database (\(path)) is written again"))
        #expect(run.service.status.failure == nil)
        let database = try UsageDatabase(path: path)
        #expect(try database.rows(of: UsageMonth(year: 2026, number: 1)).map(\.user) == ["ann"])
        #expect(try database.rows(of: UsageMonth(year: 2026, number: 2)).map(\.user) == ["bob"])
    }

    @Test func `a full disk is said once, and no user is lost when there is room again`() async {
        await #expect(processExitsWith: .success) {
            let run = ServiceRun()
            try run.start()
            run.service.record(user: "ann", application: "web")
            run.pass(60)
            // A write that would make any file larger than this fails from here on.
            signal(SIGXFSZ, SIG_IGN)
            var room = rlimit(rlim_cur: 40_000, rlim_max: rlim_t.max)
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &room)
            for number in 0..<5000 { run.service.record(user: "user-\(number)", application: "web") }
            run.pass(600)
            #expect(run.log.lines.filter { $0.hasPrefix("error") }.count == 1)
            #expect(run.service.status.unsynced == 5000)
            #expect(run.service.status.failure != nil)
            room.rlim_cur = rlim_t.max
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &room)
            run.pass(60)
            #expect(run.service.status.unsynced == 0)
            #expect(try run.stored("2026-01").count == 5001)
        }
    }

    @Test func `a file that was moved away is made again with all of the month`() throws {
        let run = ServiceRun()
        try run.start()
        run.service.record(user: "ann", application: "web")
        run.pass(60)
        rename(run.folder.file("uupp.db"), run.folder.file("moved.db"))
        run.service.record(user: "bob", application: "web")
        run.pass(60)
        #expect(try run.stored("2026-01") == ["ann web [14]", "bob web [14]"])
    }

    @Test func `a file that is not a usage database ends the start, and is left as it is`() throws {
        let run = ServiceRun()
        write(Array("precious".utf8), to: run.folder.file("uupp.db"))
        let error = #expect(throws: UsageDatabaseError.self) { try run.start() }
        #expect(error?.code == .foreign)
        #expect(run.log.lines.isEmpty)
        #expect(contents(run.folder.file("uupp.db")) == Array("precious".utf8))
    }

    @Test func `without a file the statistics are kept in memory`() throws {
        let run = ServiceRun(UsageSettings(path: nil))
        try run.start()
        run.service.record(user: "ann", application: "web")
        run.pass(3600)
        run.service.stop()
        #expect(run.service.status.users == 1)
        #expect(run.log.lines.isEmpty)
    }

    @Test func `a running service takes samples and writes by itself`() throws {
        let folder = Folder()
        let sessions = Sessions([("ann", "web")])
        let service = UsageService(
            UsageSettings(path: folder.file("uupp.db"), period: 1, syncTime: 1), zone: .utc
        ) { _, _ in }
        try service.start(source: sessions)
        while service.status.samples < 2 || service.status.unsynced > 0 { sched_yield() }
        service.stop()
        #expect(service.status.users == 1)
    }
}
