import AuthCore
import Basics
import Foundation
import ModuleHost
import Runtime
import Synchronization
import Testing

@Suite struct `A place that is given late` {
    private func host(_ box: AdmissionBox, configure: (inout HostConfiguration) -> Void) throws -> TestHost {
        try TestHost("good9") {
            $0.admission = { box.wrap($0) }
            configure(&$0)
        }
    }

    private func delayed(_ test: TestHost, _ user: String) throws -> Ticket {
        guard case .delayed(let ticket) = test.host.ask(.login(try test.login(user))) else {
            throw LoginError.decided
        }
        return ticket
    }

    private enum LoginError: Error { case decided }

    @Test func `opens the session when it comes`() throws {
        let box = AdmissionBox()
        let test = try host(box) { $0.limits.sessions = 1 }
        let ticket = try delayed(test, "alice")
        #expect(test.host.sessionCount == 0)
        try box.admission.answerAll()
        #expect(TestHost.wait(.delayed(ticket)).verdict == .allow)
        #expect(test.host.sessionCount == 1)
    }

    @Test(arguments: [0, 1])
    func `to a client that has gone is given back, and no session was ejected`(_ steps: Int) throws {
        let box = AdmissionBox()
        let test = try host(box) {
            $0.limits.sessions = 1
            $0.limits.ejects = true
        }
        let first = try delayed(test, "alice")
        try box.admission.answerAll()
        let session = try #require(TestHost.wait(.delayed(first)).session)
        let second = try delayed(test, "alice")
        second.abandon()
        #expect(TestHost.wait(.delayed(second)).reason == .cancelled)
        try box.admission.answerAll()
        #expect(test.host.describe(session) != nil)
        #expect(test.host.sessionCount == 1)
        #expect(test.lines.wait(for: "free_user 5"))
    }

    @Test func `after the deadline is given back, and no session was ejected`() throws {
        let box = AdmissionBox()
        let test = try host(box) {
            $0.limits.sessions = 1
            $0.limits.ejects = true
        }
        let first = try delayed(test, "alice")
        try box.admission.answerAll()
        let session = try #require(TestHost.wait(.delayed(first)).session)
        let second = try delayed(test, "alice")
        test.clock.advance(.seconds(29))
        test.host.expireDeadlines()
        #expect(second.takeAnswer() == nil)
        test.clock.advance(.seconds(2))
        test.host.expireDeadlines()
        #expect(second.takeAnswer()?.reason == .deadline)
        try box.admission.answerAll()
        #expect(test.host.describe(session) != nil)
        #expect(test.host.sessionCount == 1)
        // The place was given back: another log-in finds it as it was.
        let third = try delayed(test, "alice")
        try box.admission.answerAll()
        #expect(TestHost.wait(.delayed(third)).verdict == .allow)
        #expect(test.host.describe(session) == nil)
    }

    @Test func `to a client that goes while it is exchanged leaves no session`() throws {
        let box = AdmissionBox()
        let test = try host(box) { $0.limits.sessions = 1 }
        let ticket = try delayed(test, "alice")
        try box.admission.answer(0)
        ticket.abandon()
        #expect(TestHost.wait(.delayed(ticket)).reason == .cancelled)
        try box.admission.answerAll()
        #expect(test.host.sessionCount == 0)
        let next = try delayed(test, "bob")
        try box.admission.answerAll()
        #expect(TestHost.wait(.delayed(next)).verdict == .allow)
    }

    /// 1,000 interleavings of log-ins, answers in any order, clients that go away, deadlines, log-outs.
    @Test func `never lets two in for the last, whatever the order of answers`() throws {
        let environment = ProcessInfo.processInfo.environment["AUTHHOST_SEED"]
        let seed = environment.flatMap { UInt64($0) } ?? .random(in: 0...9_999_999)
        print("admission interleavings: seed \(seed) (AUTHHOST_SEED repeats it)")
        var generator = Interleaving(seed: seed)
        let box = AdmissionBox()
        let test = try host(box) {
            $0.limits.sessions = 3
            $0.limits.ejects = true
            $0.limits.applications[""] = ApplicationLicence(users: 2, loginsPerUser: 2)
        }
        let admission = try box.admission
        var sessions: [SessionID: String] = [:]
        for round in 0..<1000 {
            var tickets: [(user: String, ticket: Ticket)] = []
            for _ in 0..<Int.random(in: 2...30, using: &generator) {
                switch Int.random(in: 0..<8, using: &generator) {
                case 0...2:
                    let user = ["a", "b", "c"].randomElement(using: &generator)!
                    tickets.append((user, try delayed(test, user)))
                case 3: tickets.randomElement(using: &generator)?.ticket.abandon()
                case 4: if let id = sessions.keys.randomElement(using: &generator) { _ = test.ask(.logout(id)) }
                default:
                    if admission.waiting > 0 { admission.answer(.random(in: 0..<admission.waiting, using: &generator)) }
                }
                for (user, ticket) in tickets {
                    if let answer = ticket.takeAnswer(), let id = answer.session { sessions[id] = user }
                }
                sessions = sessions.filter { test.host.describe($0.key) != nil }
                let users = Dictionary(grouping: sessions.values) { $0 }
                guard test.host.sessionCount <= 3, users.count <= 2, users.allSatisfy({ $0.value.count <= 2 }) else {
                    Issue.record("round \(round) of seed \(seed): \(users)")
                    return
                }
            }
            while admission.waiting > 0 { admission.answer(.random(in: 0..<admission.waiting, using: &generator)) }
            for (user, ticket) in tickets {
                if let answer = ticket.takeAnswer(), let id = answer.session { sessions[id] = user }
            }
            sessions = sessions.filter { test.host.describe($0.key) != nil }
            // Only those who were told so hold a place.
            #expect(test.host.sessionCount == sessions.count, "round \(round) of seed \(seed)")
        }
    }

    @Test func `is one of one when many threads want it at once`() throws {
        let test = try TestHost("good9") { $0.limits.sessions = 1 }
        for round in 0..<50 {
            let answers = Mutex<[Answer]>([])
            let done = ThreadSemaphore()
            let logins = try (0..<4).map { try test.login("user\($0)") }
            for login in logins {
                _ = PosixThread.start(name: "race") {
                    let answer = TestHost.wait(test.host.ask(.login(login)))
                    answers.withLock { $0.append(answer) }
                    done.signal()
                }
            }
            for _ in logins { #expect(done.wait(for: .seconds(60))) }
            let admitted = answers.withLock { $0 }.compactMap(\.session)
            #expect(admitted.count == 1, "round \(round)")
            #expect(answers.withLock { $0 }.count { $0.reason == .siteLimit } == 3)
            for id in admitted { #expect(test.ask(.logout(id)).verdict == .allow) }
        }
    }
}

/// Numbers from a seed (SplitMix64).
private struct Interleaving: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}
