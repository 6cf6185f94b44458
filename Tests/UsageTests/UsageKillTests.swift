import Glibc
import Testing

@testable import Usage

/// A process that writes is killed at random moments, fifty times over the same database.
struct UsageKillTests {
    @Test func `a kill at any moment loses nothing that was synced and corrupts nothing`() async throws {
        let folder = Folder()
        let january = UsageMonth(year: 2026, number: 1)
        var random = SystemRandomNumberGenerator()
        var reported: Set<String> = []
        for round in 0..<50 {
            // Half of them while the database is opened and after it, half in the middle of writing.
            let isWriting = round % 2 == 1
            let delay = UInt32.random(in: 0...(isWriting ? 20_000 : 60_000), using: &random)
            let (path, reports) = (folder.file("uupp.db"), folder.file("reports"))
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [
                    path = path as String, reports = reports as String, round = round as Int, delay = delay as UInt32,
                    isWriting = isWriting as Bool
                ] in
                writeUntilKilled(path, reports: reports, round: round, after: delay, ofWriting: isWriting)
            }
            let text = String(decoding: contents(reports) ?? [], as: UTF8.self)
            reported = Set(text.split(separator: "\n").map(String.init))
            // Opening checks the integrity of the whole file.
            let database = try UsageDatabase(path: path)
            let stored = Set(try database.rows(of: january).map(\.user))
            #expect(reported.subtracting(stored).isEmpty, "round \(round), killed after \(delay) microseconds")
        }
        #expect(reported.count >= 25 * 20, "the process was killed before it wrote anything")
    }
}

/// Records users, syncs, and reports those of a sync that has returned, until a thread ends the process with SIGKILL.
private func writeUntilKilled(_ path: String, reports: String, round: Int, after delay: UInt32, ofWriting: Bool) {
    let clock = HandClock(LocalTimeZone.utc.at("2026-01-14 12:00"))
    let service = UsageService(UsageSettings(path: path), clock: clock, zone: .utc) { _, _ in }
    let report = open(reports, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    if !ofWriting { killThisProcess(after: delay) }
    for number in 0... {
        let users = (0..<20).map { "user-\(round)-\(number)-\($0)" }
        for user in users { service.record(user: user, application: "web") }
        guard service.sync() == nil else { continue }
        let text = users.joined(separator: "\n") + "\n"
        _ = text.withCString { Glibc.write(report, $0, strlen($0)) }
        if ofWriting && number == 0 { killThisProcess(after: delay) }
    }
}

private func killThisProcess(after microseconds: UInt32) {
    var thread = pthread_t()
    pthread_create(
        &thread, nil,
        { microseconds in
            usleep(UInt32(UInt(bitPattern: microseconds)) - 1)
            kill(getpid(), SIGKILL)
            return nil
        }, UnsafeMutableRawPointer(bitPattern: UInt(microseconds) + 1))
}
