import AuthCore
import Basics
import ModuleHost
import Testing

@testable import Runtime

/// The cache alone, without a host or a module: what it is told is all that it knows.
@Suite struct `A log-in cache` {
    private let cache = LoginCache(limit: 2, time: .seconds(60), grace: .seconds(10))

    private func key(_ user: String = "alice", password: String = "secret", door: String = "a") throws -> LoginKey {
        cache.keys.key(of: try Login(user: user, password: Secret(password), door: door), realm: "authhost")
    }

    private func allowed(_ session: SessionID) -> Answer { Answer(.allow, .granted, session: session) }

    /// Lets the module allow a log-in, and returns its session.
    @discardableResult
    private func keep(_ key: LoginKey, at now: Int64 = 0) throws -> SessionID {
        guard case .first(let asking) = cache.look(up: key, at: now) else { throw Unexpected() }
        let session = SessionID.random()
        #expect(!cache.settle(key, asking, allowed(session), user: "alice", owner: "alice", at: now))
        return session
    }

    private func known(_ key: LoginKey, at now: Int64 = 0) -> SessionID? {
        if case .known(let id) = cache.look(up: key, at: now) { id } else { nil }
    }

    private struct Unexpected: Error {}

    @Test func `hands out a session until its time is over, and ends it after its grace`() throws {
        let session = try keep(key())
        #expect(try known(key(), at: 59_999_999_999) == session)
        #expect(cache.sweep(at: 60_000_000_000).isEmpty)
        #expect(cache.takeReplaced() == [session])
        #expect(cache.count == 0)
        #expect(cache.sweep(at: 69_999_999_999).isEmpty)
        #expect(cache.sweep(at: 70_000_000_000) == [session])
    }

    @Test func `knows a log-in by password and door as well`() throws {
        try keep(key())
        #expect(try known(key(password: "other")) == nil)
        #expect(try known(key(door: "b")) == nil)
    }

    @Test(arguments: DoorAttribute.allCases)
    func `knows a log-in by all that a module may decide by`(_ attribute: DoorAttribute) throws {
        func key(_ value: String) throws -> LoginKey {
            var login = try Login(user: "alice", password: Secret("secret"), door: "a")
            login.attributes = [Field(attribute.rawValue, value)]
            return cache.keys.key(of: login, realm: "authhost")
        }
        let isOfOneRequest = [.traceParent, .requestID, .decisionID].contains(attribute)
        #expect(try (key("one") == key("two")) == isOfOneRequest)
    }

    @Test func `shares one answer among equal log-ins`() throws {
        guard case .first(let asking) = cache.look(up: try key(), at: 0),
            case .shared(let ticket) = cache.look(up: try key(), at: 0)
        else { throw Unexpected() }
        let session = SessionID.random()
        _ = cache.settle(try key(), asking, allowed(session), user: "alice", owner: "alice", at: 0)
        #expect(ticket.takeAnswer()?.session == session)
    }

    @Test func `neither keeps nor shares what was asked before an invalidation`() throws {
        guard case .first(let asking) = cache.look(up: try key(), at: 0) else { throw Unexpected() }
        cache.noteInvalidation()
        guard case .first(let later) = cache.look(up: try key(), at: 0) else { throw Unexpected() }
        let (old, new) = (SessionID.random(), SessionID.random())
        _ = cache.settle(try key(), asking, allowed(old), user: "alice", owner: "alice", at: 0)
        #expect(cache.count == 0)
        _ = cache.settle(try key(), later, allowed(new), user: "alice", owner: "alice", at: 0)
        #expect(try known(key()) == new)
        #expect(cache.takeReplaced() == [old])
    }

    @Test func `keeps no answer that a signed token may have given`() throws {
        guard case .first(let asking) = cache.look(up: try key(), at: 5),
            case .shared(let ticket) = cache.look(up: try key(), at: 6)
        else { throw Unexpected() }
        cache.noteSignature("token", of: "alice", session: nil, at: 7)
        #expect(cache.settle(try key(), asking, allowed(.random()), user: "alice", owner: "alice", at: 8))
        #expect(cache.count == 0)
        #expect(ticket.takeAnswer()?.reason == .invalidPassword)
    }

    @Test(
        arguments: [
            (.user(ExactText("ann")), true), (.user(ExactText("bob")), false), (.session(7), true),
            (.session(8), false),
        ] as [(UsedSignatures.Mark, Bool)])
    func `keeps none that has a mark of a signed token, whichever user was typed`(
        _ mark: UsedSignatures.Mark, _ rests: Bool
    )
        throws
    {
        guard case .first(let asking) = cache.look(up: try key(), at: 5) else { throw Unexpected() }
        #expect(!cache.hasSignatures)
        cache.noteSignature("token", of: "ann", session: 7, at: 7)
        #expect(cache.hasSignatures)
        #expect(
            cache.settle(try key(), asking, allowed(.random()), user: "x", owner: "x", marks: [mark], at: 8) == rests)
    }

    @Test func `knows a signed token that is the whole password`() {
        #expect(cache.keys.mark(of: "token") == cache.keys.mark(of: Secret("token")))
        #expect(cache.keys.mark(of: "token") != cache.keys.mark(of: Secret("token2")))
    }

    @Test(arguments: ["ann@alias", "ann", "bob"])
    func `forgets by who was typed, and by whose the session is`(_ user: String) throws {
        guard case .first(let asking) = cache.look(up: try key(), at: 0) else { throw Unexpected() }
        let session = SessionID.random()
        _ = cache.settle(try key(), asking, allowed(session), user: "ann@alias", owner: "ann", at: 0)
        #expect(cache.forget(user: user) == (user == "bob" ? [] : [session]))
    }

    @Test func `says once that a session was ejected`() throws {
        cache.eject(try keep(key()), at: 1)
        guard case .ejected = cache.look(up: try key(), at: 2) else { throw Unexpected() }
        guard case .first = cache.look(up: try key(), at: 3) else { throw Unexpected() }
    }

    @Test func `gives up the oldest for the newest, which holds its place to the end`() throws {
        let first = try keep(key("a"))
        try keep(key("b"))
        try keep(key("c"))
        #expect(cache.count == 2)
        #expect(try known(key("a")) == nil)
        #expect(cache.takeReplaced().isEmpty)
        #expect(cache.sweep(at: 10_000_000_000) == [first])
    }

    @Test func `is asked anew after every reload that the module made`() throws {
        let test = try TestHost("good9")
        let login = try test.login("alice")
        let kept = try #require(test.ask(.authenticate(login)).session)
        #expect(test.ask(.authenticate(login)).session == kept)
        let done = ThreadSemaphore()
        test.host.rules.reload {
            #expect($0 == true)
            done.signal()
        }
        #expect(done.wait(for: .seconds(60)))
        let fresh = test.ask(.authenticate(login)).session
        #expect(fresh != nil && fresh != kept)
        #expect(test.ask(.authenticate(login)).session == fresh)
    }
}
