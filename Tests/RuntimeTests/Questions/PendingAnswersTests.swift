import AuthCore
import Basics
import Glibc
import ModuleHost
import Runtime
import Synchronization
import Testing

@Suite struct `Tens of thousands of delayed answers` {
    private static let count = 20_000

    @Test func `are pending without a thread or a timer each, and all end at their deadline`() throws {
        let test = try TestHost("never_answers")
        let session = try test.session()
        let before = ProcessResources.now
        let answers = Answers()
        for number in 0..<Self.count {
            try answers.expect(test.host.ask(.login(test.login("never"))))
            try answers.expect(test.check(session, .read, "/never/\(number)"))
        }
        #expect(test.host.openQuestions == 2 * Self.count)
        #expect(answers.counts.isEmpty)
        expectNoneEach(before)

        test.clock.advance(.seconds(29))
        test.host.expireDeadlines()
        #expect(answers.counts.isEmpty)
        test.clock.advance(.seconds(2))
        test.host.expireDeadlines()
        #expect(answers.counts == [Reason.deadline: 2 * Self.count])
        #expect(test.host.openQuestions == 0)
        #expect(test.host.sessionCount == 1)
    }

    @Test func `given by one thread after random delays each count once`() throws {
        let test = try TestHost("answers_after_random_delay")
        let before = ProcessResources.now
        let logins = Answers()
        for number in 0..<Self.count { try logins.expect(test.host.ask(.login(test.login("user\(number)")))) }
        expectNoneEach(before)
        #expect(logins.waitForAll())
        #expect(logins.counts == [.granted: Self.count])
        #expect(test.host.sessionCount == Self.count)

        let reads = Answers()
        for (number, session) in logins.sessions.enumerated() {
            try reads.expect(test.check(session, .read, "/later/\(number)"))
        }
        expectNoneEach(before)
        #expect(reads.waitForAll())
        #expect(reads.counts == [.granted: Self.count])
        #expect(test.host.openQuestions == 0)
    }

    /// Other tests of the process begin threads and open connections meanwhile, some two thousand: far fewer than there are questions.
    private func expectNoneEach(_ before: ProcessResources, location: SourceLocation = #_sourceLocation) {
        let after = ProcessResources.now
        #expect(after.threads - before.threads < Self.count / 4, sourceLocation: location)
        #expect(after.timers - before.timers < Self.count / 4, sourceLocation: location)
        #expect(after.descriptors - before.descriptors < Self.count / 4, sourceLocation: location)
    }
}

/// Counts answers by their reason as they come, on any thread.
private final class Answers: Sendable {
    private struct State {
        var expected = 0
        var counts: [Reason: Int] = [:]
        var sessions: [SessionID] = []
    }

    private let state = Mutex(State())
    private let came = ThreadSemaphore()

    var counts: [Reason: Int] { state.withLock { $0.counts } }
    var sessions: [SessionID] { state.withLock { $0.sessions } }

    /// Waits for the answer of a question; one whose answer came while it was asked has it already.
    func expect(_ outcome: Outcome) throws {
        state.withLock { $0.expected += 1 }
        switch outcome {
        case .decided(let answer): count(answer)
        case .delayed(let ticket): ticket.whenDecided { [self] in count($0) }
        }
    }

    private func count(_ answer: Answer) {
        state.withLock { state in
            state.counts[answer.reason, default: 0] += 1
            if let session = answer.session { state.sessions.append(session) }
        }
        came.signal()
    }

    /// Waits until every question has its answer; false when a minute passes without one.
    func waitForAll() -> Bool {
        let expected = state.withLock { $0.expected }
        for _ in 0..<expected where !came.wait(for: .seconds(60)) { return false }
        return true
    }
}

/// What of the system's a thread or a timer would take.
private struct ProcessResources {
    let threads: Int
    /// POSIX timers, timer_create(2).
    let timers: Int
    /// Open files, those of timerfd_create(2) among them.
    let descriptors: Int

    static var now: ProcessResources {
        ProcessResources(
            threads: entries("/proc/self/task"), timers: lines("/proc/self/timers"),
            descriptors: entries("/proc/self/fd"))
    }

    private static func entries(_ folder: String) -> Int {
        guard let stream = opendir(folder) else { return 0 }
        defer { closedir(stream) }
        var count = 0
        while readdir(stream) != nil { count += 1 }
        return count
    }

    private static func lines(_ file: String) -> Int {
        guard let stream = fopen(file, "r") else { return 0 }
        defer { fclose(stream) }
        var count = 0
        while case let byte = fgetc(stream), byte != EOF { if byte == 10 { count += 1 } }
        return count
    }
}
