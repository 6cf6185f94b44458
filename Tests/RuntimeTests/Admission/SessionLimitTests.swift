import AuthCore
import Foundation
import ModuleHost
import Synchronization
import Testing

@testable import Runtime

extension TestHost {
    func login(in user: String, _ application: String = "") throws -> Answer {
        ask(.login(try login(user, application: application)))
    }
}

@Suite struct `A log-in over a limit` {
    @Test func `is refused with the limit's name and a verdict of its own, and holds no place`() throws {
        let test = try TestHost("good9") {
            $0.limits.sessions = 2
            $0.limits.applications["app"] = ApplicationLicence(users: 1, loginsPerUser: 1)
        }
        #expect(try test.login(in: "alice", "app").verdict == .allow)
        for (user, reason) in [("alice", Reason.applicationLoginsLimit), ("bob", .applicationUsersLimit)] {
            let answer = try test.login(in: user, "app")
            #expect(answer.verdict == .overLimit)
            #expect(answer.reason == reason)
        }
        #expect(try test.login(in: "bob").verdict == .allow)
        #expect(try test.login(in: "carol").reason == .siteLimit)
        #expect(test.host.sessionCount == 2)
        #expect(test.lines.wait(for: "free_user 5"))
    }

    @Test func `ejects the oldest of its user, tells module, log and watchers, and the client is told so`() throws {
        let test = try TestHost("good9") {
            $0.limits.sessions = 2
            $0.limits.ejects = true
        }
        let first = try #require(try test.login(in: "alice", "x").session)
        let second = try #require(try test.login(in: "alice", "y").session)
        let watched = Mutex<[SessionEnd]>([])
        #expect(test.host.whenEnded(second) { end in watched.withLock { $0.append(end) } })
        #expect(try test.login(in: "bob").reason == .siteLimit)
        #expect(try test.login(in: "alice", "y").verdict == .allow)
        #expect(watched.withLock { $0 } == [.ejected])
        #expect(TestHost.wait(try test.check(second, .read, "/a")).verdict == .ejected)
        #expect(TestHost.wait(try test.check(first, .read, "/a")).verdict == .allow)
        #expect(test.ask(.logout(second)).verdict == .ejected)
        #expect(test.lines.wait(for: "free_user 2"))
        #expect(test.lines.all.contains { $0.contains("Ejected session") && $0.contains("<alice>") })
        #expect(!test.lines.all.contains { $0.contains(second.hexadecimal) })
        #expect(!test.host.whenEnded(second) { _ in })
    }

    @Test func `a watch for the end of a session costs nothing once it is let go`() throws {
        let test = try TestHost("good9")
        let session = try #require(try test.login(in: "alice", "x").session)
        let told = Mutex<[SessionEnd]>([])
        let kept = test.host.watchEnd(of: session) { end in told.withLock { $0.append(end) } }
        for _ in 0..<1000 {
            var watch = test.host.watchEnd(of: session) { _ in told.withLock { $0.append(.stop) } }
            #expect(watch != nil)
            watch = nil
        }
        #expect(test.host.sessions.observers.count == 1)
        #expect(test.ask(.logout(session)).verdict == .allow)
        #expect(told.withLock { $0 } == [.logout])
        #expect(test.host.sessions.observers.count == 0)
        #expect(test.host.watchEnd(of: session) { _ in } == nil)
        withExtendedLifetime(kept) {}
    }

    @Test func `that the module refuses ejects no session`() throws {
        let test = try TestHost("good9") {
            $0.limits.sessions = 1
            $0.limits.ejects = true
        }
        let session = try test.session("badpass-is-another-user")
        #expect(try test.login(in: "badpass").verdict == .wrongCredentials)
        #expect(test.host.describe(session) != nil)
    }

    @Test func `is let in after a change of the limits`() throws {
        let test = try TestHost("good9") { $0.limits.sessions = 1 }
        _ = try test.session("alice")
        #expect(try test.login(in: "bob").verdict == .overLimit)
        test.host.sessions.places.setLimits(SessionLimits())
        #expect(try test.login(in: "bob").verdict == .allow)
    }

    @Test func `is not refused because of log-ins that are kept no more`() throws {
        let test = try TestHost("good9") { $0.limits.sessions = 1 }
        let login = try test.login("alice")
        let first = test.ask(.authenticate(login))
        test.clock.advance(.seconds(61))
        let second = test.ask(.authenticate(login))
        #expect(second.verdict == .allow, "\(second)")
        // The old one still answers the questions that have it, and can still be ejected.
        #expect(TestHost.wait(try test.check(try #require(first.session), .read, "/a")).verdict == .allow)
        #expect(test.services.eject(user: "alice", count: nil, applicationID: nil, machineID: nil) == 2)
    }

    @Test func `is not refused because of a session that was idle for too long`() throws {
        let test = try TestHost("good9") {
            $0.limits.sessions = 1
            $0.inactivityPeriods["app"] = .seconds(10)
        }
        #expect(try test.login(in: "alice", "app").verdict == .allow)
        test.clock.advance(.seconds(9))
        #expect(try test.login(in: "bob").verdict == .overLimit)
        test.clock.advance(.milliseconds(1100))
        #expect(try test.login(in: "bob").verdict == .allow)
    }
}

@Suite struct `The inactivity period` {
    @Test func `ends a session that is asked nothing, and only then`() throws {
        let test = try TestHost("good9") { $0.inactivityPeriods["app"] = .seconds(10) }
        let session = try #require(try test.login(in: "alice", "app").session)
        let other = try #require(try test.login(in: "alice", "other").session)
        for _ in 0..<5 {
            test.clock.advance(.seconds(9))
            test.host.expireDeadlines()
            #expect(TestHost.wait(try test.check(session, .read, "/a")).verdict == .allow)
        }
        test.clock.advance(.seconds(9))
        #expect(test.host.describe(session)?.user == "alice")
        test.clock.advance(.seconds(1))
        // Being described was no use of it.
        #expect(TestHost.wait(try test.check(session, .read, "/a")).reason == .unknownSession)
        #expect(test.host.describe(other) != nil)
        #expect(test.host.sessionCount == 1)
    }

    @Test func `ends it without a question too`() throws {
        let test = try TestHost("good9") { $0.inactivityPeriods["app"] = .seconds(10) }
        _ = try test.login(in: "alice", "app")
        test.clock.advance(.milliseconds(9900))
        test.host.expireDeadlines()
        #expect(test.host.sessionCount == 1)
        test.clock.advance(.milliseconds(200))
        test.host.expireDeadlines()
        #expect(test.host.sessionCount == 0)
    }
}

@Suite struct `An ejected session` {
    @Test(arguments: [("good9", Int64(3599)), ("expires", 0)])
    func `is told so until its own expiry, and for an hour at most`(_ fixture: String, _ seconds: Int64) throws {
        let test = try TestHost(fixture)
        let session = try test.session()
        #expect(test.services.eject(user: "alice", count: nil, applicationID: nil, machineID: nil) == 1)
        test.clock.advance(.seconds(seconds))
        #expect(TestHost.wait(try test.check(session, .read, "/a")).verdict == .ejected)
        test.clock.advance(.seconds(1))
        #expect(TestHost.wait(try test.check(session, .read, "/a")).reason == .unknownSession)
    }
}

@Suite struct `The number of sessions` {
    @Test func `that reaches the warning is told once, and once that it is over`() throws {
        let test = try TestHost("good9") { $0.limits.warning = WarningLevels(warn: 3, ok: 2) }
        let sessions = try (0..<4).map { try test.session("user\($0)") }
        _ = test.ask(.logout(sessions[0]))
        _ = try test.session("again")
        let warning = "warning: 3 sessions have reached max-user-warn (3)"
        #expect(test.lines.all.count { $0 == warning } == 1, "\(test.lines.all)")
        for session in sessions { _ = test.ask(.logout(session)) }
        #expect(test.lines.all.count { $0 == "notice: 1 session is again below max-user-ok (2)" } == 1)
        #expect(test.lines.all.count { $0 == warning } == 1)
    }
}
