import AuthCore
import Synchronization
import Testing

@testable import Runtime

/// One destination's state, and what those who asked were told.
private final class Scene {
    var state = CredentialState()
    var now = CredentialState.Moment(monotonic: 0, wall: 1_000_000)
    let told = Told()

    final class Told: Sendable {
        private let serials = Mutex<[UInt32?]>([])
        var all: [UInt32?] { serials.withLock { $0 } }
        func add(_ outcome: CredentialOutcome) { serials.withLock { $0.append(try? outcome.get().serial) } }
    }

    /// Asks; gives what the step is called, with the serial number of what was answered.
    func ask() -> String {
        switch state.ask(at: now, { [told] in told.add($0) }) {
        case .answer(.success(let credential)): return "kept \(credential.serial)"
        case .answer(.failure(let failure)): return "failed: \(failure)"
        case .answerAndFetch(let credential): return "kept \(credential.serial), fetch"
        case .fetch: return "fetch"
        case .wait: return "wait"
        }
    }

    /// Answers for the module, with credentials that live for `life` seconds.
    func fetched(life: Int64?) {
        let expiry = life.map { now.wall + $0 }
        tell(state.fetched(.success((user: "gateway", secret: Secret("x"), expiry: expiry)), at: now, jitter: 1))
    }

    func failed(_ failure: CredentialFailure = CredentialFailure("sealed", "the vault is sealed")) {
        tell(state.fetched(.failure(failure), at: now, jitter: 1))
    }

    func rejected(_ serial: UInt32) -> Bool { state.rejected(serial, at: now, jitter: 1) }

    func pass(_ seconds: Int64) {
        now = CredentialState.Moment(monotonic: now.monotonic + seconds * 1_000_000_000, wall: now.wall + seconds)
    }

    private func tell(_ result: (outcome: CredentialOutcome, waiters: [CredentialState.Waiter])) {
        for waiter in result.waiters { waiter(result.outcome) }
    }
}

@Suite struct CredentialStateTests {
    @Test func `a thousand who ask at once share one answer`() {
        let scene = Scene()
        #expect(scene.ask() == "fetch")
        for _ in 1..<1000 { #expect(scene.ask() == "wait") }
        scene.fetched(life: nil)
        #expect(scene.told.all == Array(repeating: 1, count: 1000))
        #expect(scene.ask() == "fetch", "what has no end is not kept")
    }

    @Test(arguments: [(life: 3600, refresh: 3540), (100, 90), (10, 9), (5, 5), (1, 1)])
    func `is replaced a minute or a tenth of its life before its end`(life: Int64, refresh: Int64) {
        let scene = Scene()
        #expect(scene.ask() == "fetch")
        scene.fetched(life: life)
        scene.pass(refresh - 1)
        #expect(scene.ask() == "kept 1")
        scene.pass(1)
        if refresh == life {
            #expect(scene.ask() == "fetch")
        } else {
            #expect(scene.ask() == "kept 1, fetch")
            #expect(scene.ask() == "kept 1", "one at a time")
            scene.fetched(life: life)
            #expect(scene.ask() == "kept 2")
        }
    }

    @Test func `a failure of the early replacement leaves the kept one in use`() {
        let scene = Scene()
        _ = scene.ask()
        scene.fetched(life: 100)
        scene.pass(90)
        #expect(scene.ask() == "kept 1, fetch")
        scene.failed()
        #expect(scene.ask() == "kept 1", "the pause is not over")
        scene.pass(1)
        #expect(scene.ask() == "kept 1, fetch")
        scene.failed()
        scene.pass(9)
        #expect(scene.ask() == "fetch", "it has ended, and the pause is over")
    }

    @Test func `waits longer after each failure, and a minute at most`() {
        let scene = Scene()
        for pause: Int64 in [1, 2, 4, 8, 16, 32, 60, 60] {
            #expect(scene.ask() == "fetch")
            scene.failed()
            #expect(scene.ask() == "failed: the vault is sealed (the next try is due in \(pause) s)")
            scene.pass(pause)
        }
        #expect(scene.ask() == "fetch")
        scene.fetched(life: nil)
        #expect(scene.ask() == "fetch")
        scene.failed()
        scene.pass(1)
        #expect(scene.ask() == "fetch", "a success begins anew")
    }

    @Test func `waits a minute when only another configuration helps`() {
        let scene = Scene()
        _ = scene.ask()
        scene.failed(CredentialFailure("denied", "there are none", isLasting: true))
        #expect(scene.ask() == "failed: there are none (the next try is due in 60 s)")
    }

    @Test func `asks afresh once after a refusal, however many tell of it`() {
        let scene = Scene()
        _ = scene.ask()
        scene.fetched(life: 3600)
        var news = 0
        for _ in 0..<1000 where scene.rejected(1) { news += 1 }
        #expect(news == 1)
        #expect(scene.ask() == "fetch")
        scene.fetched(life: 3600)
        #expect(!scene.rejected(1), "that one was done with")
        #expect(scene.ask() == "kept 2")
        #expect(scene.rejected(2))
        #expect(
            scene.ask() == "failed: the remote server refused the credentials twice (the next try is due in 1 s)")
        scene.pass(1)
        #expect(scene.ask() == "fetch")
        scene.fetched(life: 3600)
        scene.state.accepted(3)
        #expect(scene.rejected(3))
        #expect(scene.ask() == "fetch", "a refusal after an acceptance has its fresh try again")
    }
}
