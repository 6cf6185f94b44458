import AuthCore
import Basics
import Glibc
import ModuleHost
import Synchronization
import Testing

@testable import Runtime

/// A host whose destinations have the fixture as their authenticator.
private struct Scene {
    let test: TestHost
    let broker: CredentialBroker

    init(_ destinations: [(name: String, how: String, life: Int)]) throws {
        let here = String(cString: getcwd(nil, 0))
        let folder = TestHost.fixtures.hasPrefix("/") ? TestHost.fixtures : "\(here)/\(TestHost.fixtures)"
        test = try TestHost("good9") { configuration in
            configuration.credentialTimeout = .seconds(10)
            configuration.destinations = destinations.map { destination in
                CredentialDestination(
                    Destination(name: destination.name, address: "127.0.0.1:4000"),
                    authenticator: LoadRequest(
                        module: "\(folder)/gives_credentials.so",
                        search: ModuleSearch(applicationRoot: here, applicationName: "tests"),
                        settings: [
                            OptionSetting(name: "how", value: destination.how, source: "test:1:1"),
                            OptionSetting(name: "life", value: "\(destination.life)", source: "test:2:1"),
                        ], initTimeout: .seconds(20)), source: "test:1:1")
            }
        }
        try test.host.loadAuthenticators()
        broker = try #require(test.host.broker)
    }

    func secret(_ name: String, challenge: String? = nil) throws -> String {
        try broker.credential(for: name, challenge: challenge.map { Secret($0) }).get().text
    }

    func calls(_ what: String) -> Int { test.lines.all.filter { $0.contains(": \(what) ") }.count }
}

extension HeldCredential {
    fileprivate var text: String {
        user + "/" + secret.withTerminatedBytes { String(decoding: $0.dropLast(), as: UTF8.self) }
    }
}

@Suite struct CredentialBrokerTests {
    @Test(arguments: ["at-once", "later"])
    func `gives what the authenticator gave, and keeps it until its end`(how: String) throws {
        let scene = try Scene([("partner", how, 3600), ("other", how, 0)])
        #expect(try scene.secret("partner") == "gateway/secret-1")
        #expect(try scene.secret("partner") == "gateway/secret-1")
        #expect(try scene.secret("other") == "gateway/secret-1")
        #expect(try scene.secret("other") == "gateway/secret-2", "what has no end is not kept")
        #expect(
            scene.test.lines.all.contains { $0.contains("authenticate partner at 127.0.0.1:4000, call 1, round 0") })
        #expect(!scene.test.lines.all.contains { $0.contains("secret-") })
    }

    @Test func `answers a challenge without keeping the answer`() throws {
        let scene = try Scene([("partner", "at-once", 3600)])
        #expect(try scene.secret("partner", challenge: "nonce") == "gateway/nonce-1")
        #expect(try scene.secret("partner") == "gateway/secret-2")
        #expect(scene.calls("gives_credentials: retry") == 1)
    }

    @Test(arguments: [
        ("fails", "sealed", "the vault is sealed"), ("denies", "sealed", "the vault is sealed"),
        ("nothing", "broken-answer", "the authenticator gave no secret, or one of more than 65536 bytes"),
    ])
    func `says why there are none, and waits before it asks again`(how: String, kind: String, says: String) throws {
        let scene = try Scene([("partner", how, 0)])
        for _ in 0..<3 {
            guard case .failure(let failure) = scene.broker.credential(for: "partner") else {
                Issue.record("credentials were given")
                return
            }
            #expect(failure.kind == kind)
            #expect(failure.description.hasPrefix(says))
        }
        #expect(scene.calls("gives_credentials: authenticate") == 1)
        #expect(scene.test.lines.all.contains { $0.contains("destination `partner`: no credentials: \(says)") })
    }

    @Test func `a destination that does not answer keeps no other waiting`() throws {
        var destinations = (0..<99).map { (name: "d\($0)", how: "later", life: 0) }
        destinations.append((name: "hung", how: "never", life: 0))
        let scene = try Scene(destinations)
        let hung = Awaited<CredentialOutcome>()
        scene.broker.ask("hung", hung.put)
        for number in 0..<99 { #expect(try scene.secret("d\(number)") == "gateway/secret-1") }
        scene.test.clock.advance(.seconds(11))
        scene.broker.expireDeadlines()
        guard case .failure(let failure) = hung.wait() else {
            Issue.record("credentials were given")
            return
        }
        #expect(
            failure.description
                == "authenticator `gives_credentials` has not answered in auth_authenticate within 10.0 seconds")
    }

    @Test func `asks the authenticator once for a thousand who ask at once`() throws {
        let scene = try Scene([("partner", "never", 0)])
        let last = ThreadSemaphore()
        let count = FailureCount(last, 1000)
        for _ in 0..<1000 { scene.broker.ask("partner") { count.take($0) } }
        scene.test.clock.advance(.seconds(11))
        scene.broker.expireDeadlines()
        #expect(last.wait(for: .seconds(60)))
        #expect(scene.calls("gives_credentials: authenticate") == 1)
    }

    @Test func `a refusal is told to the authenticator, and the next credentials are new`() throws {
        let scene = try Scene([("partner", "at-once", 3600)])
        let first = try scene.broker.credential(for: "partner").get()
        scene.broker.completed("partner", serial: first.serial, accepted: false)
        #expect(try scene.secret("partner") == "gateway/secret-2")
        #expect(scene.test.lines.wait(for: "completed partner, serial \(first.serial), with 2"))
    }

    @Test func `a destination that is not configured is refused by name`() throws {
        let scene = try Scene([("partner", "at-once", 0)])
        guard case .failure(let failure) = scene.broker.credential(for: "partnr") else {
            Issue.record("credentials were given")
            return
        }
        #expect(failure.description == "there is no destination `partnr`; there are `partner`")
    }

    @Test func `an authenticator is no auth module, and an auth module no authenticator`() throws {
        let error = #expect(throws: ModuleError.self) { try TestHost("gives_credentials") }
        #expect(
            "\(try #require(error))".contains("it lacks `auth_new_user`: it gives credentials for outgoing connections")
        )
    }
}

/// Counts failures, and signals at the last.
private final class FailureCount: Sendable {
    private let count = Atomic<Int>(0)
    private let last: ThreadSemaphore
    private let expected: Int

    init(_ last: ThreadSemaphore, _ expected: Int) {
        self.last = last
        self.expected = expected
    }

    func take(_ outcome: CredentialOutcome) {
        guard case .failure = outcome else { return }
        if count.wrappingAdd(1, ordering: .relaxed).newValue == expected { last.signal() }
    }
}
