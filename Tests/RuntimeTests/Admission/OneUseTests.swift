import AuthCore
import Basics
import ModuleHost
import Synchronization
import Testing

@testable import Runtime

/// A signed token is good once: no door may keep or share what it let in.
@Suite struct OneUseTests {
    /// Finds a token good the first time, and waits in the checking when it is told to.
    private final class Signatures: Sendable {
        let used = Mutex<Set<String>>([])
        let entered = ThreadSemaphore()
        let release = ThreadSemaphore()
        let waits: Bool

        init(waits: Bool) { self.waits = waits }

        func check(_ token: String) -> SignatureOutcome {
            if waits {
                entered.signal()
                guard release.wait(for: .seconds(60)) else { return .failed(reason: "the test has gone") }
            }
            return used.withLock { $0.insert(token).inserted } ? .valid : .refused(reason: "used")
        }
    }

    private func host(_ signatures: Signatures, _ module: String = "signed_tokens") throws -> TestHost {
        try TestHost(module) { $0.signatureCheck = { _, token, _ in signatures.check(token) } }
    }

    @Test func `a token that let somebody in is asked about again, and its session is for one question`() throws {
        let test = try host(Signatures(waits: false))
        let login = try test.login("alice", password: "token")
        let first = test.ask(.authenticate(login))
        #expect(first.verdict == .allow && first.isOneUse, "\(first)")
        let second = test.ask(.authenticate(login))
        #expect(second.verdict == .wrongCredentials, "\(second)")
    }

    @Test(arguments: ["ann@alias", "typed@alias", "third@alias", "later@alias", "ann"])
    func `a token lets one in, whichever name it was checked for`(_ user: String) throws {
        let test = try host(Signatures(waits: false), "alias_tokens")
        let login = try test.login(user, password: user.hasPrefix("third") ? "token:t" : "t")
        let answers = (0..<3).map { _ in test.ask(.authenticate(login)) }
        #expect(answers.map(\.verdict) == [.allow, .wrongCredentials, .wrongCredentials], "\(answers)")
        #expect(answers[0].isOneUse)
    }

    @Test func `of two that bring one token at the same time, one gets in`() throws {
        let signatures = Signatures(waits: true)
        let test = try host(signatures)
        let login = try test.login("alice", password: "token")
        let first = test.host.ask(.authenticate(login))
        #expect(signatures.entered.wait(for: .seconds(60)))
        let second = test.host.ask(.authenticate(login))
        signatures.release.signal()
        let answers = [first, second].map(TestHost.wait)
        #expect(answers.map(\.verdict) == [.allow, .wrongCredentials], "\(answers)")
    }
}
