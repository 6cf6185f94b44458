import AuthCore
import ModuleHost
import Synchronization
import Testing

@testable import Runtime

@Suite struct `What a module may ask of its host` {
    private let parts: TestParts
    private let rules: RulesInForce

    init() {
        var limits = ObjectLimits()
        limits.isOpen = true
        parts = TestParts(objectLimits: limits)
        rules = RulesInForce(
            StaleRules(), decider: parts.asked, invalidations: parts.invalidations, clock: parts.clock, log: parts.log)
    }

    private func services(_ configuration: HostConfiguration = HostConfiguration()) -> HostServices {
        HostServices(
            configuration, parts.sessions, parts.invalidations, parts.objects, parts.operators,
            rules, log: parts.log)
    }

    @Test func `are what it knows of a session, and that it ends`() throws {
        let session = try parts.session(application: "app")
        let services = services()
        #expect(services.attribute(.user, ofSession: session.handle) == "alice")
        #expect(services.attribute(.applicationID, ofSession: session.handle) == "app")
        #expect(services.attribute(.door, ofSession: session.handle) == "test")
        #expect(services.eject(sessionHandle: session.handle))
        #expect(!services.eject(sessionHandle: session.handle))
        #expect(services.attribute(.user, ofSession: session.handle) == nil)
        #expect(parts.decider.told == ["free ejected"])
    }

    @Test func `are ejections by what sessions have in common`() throws {
        let sessions = [try parts.session(application: "a"), try parts.session(application: "b")]
        #expect(services().eject(user: nil, count: nil, applicationID: "b", machineID: nil) == 1)
        #expect(sessions.map(\.isOpen) == [true, false])
        #expect(services().eject(user: "alice", count: 0, applicationID: nil, machineID: nil) == 0)
    }

    @Test func `are the content of objects, and the state of its rules`() throws {
        try parts.objects.setContent(ObjectContent(fields: [Field("price", "7")]), of: try ObjectName("/a"))
        #expect(services().value(of: "price", ofObject: "/a") == "7")
        #expect(services().value(of: "price", ofObject: "no path") == nil)
        services().noteRules(.wrong("line 3"), module: "scripted")
        parts.clock.advance(.seconds(60))
        #expect(rules.fault?.contains("module `scripted`") == true)
    }

    @Test func `are checks of signed tokens, after which no answer for the user is kept`() throws {
        guard case .failed = services().checkSignature(key: "k", token: "t", user: "alice") else {
            Issue.record("a token was checked without a key")
            return
        }
        var configuration = HostConfiguration()
        configuration.signatureCheck = { key, token, user in
            key == "k" && token == "t" && user == "alice" ? .valid : .failed(reason: "none of it")
        }
        let key = parts.cache.keys.key(of: try parts.login(), realm: "")
        guard case .first(let asking) = parts.cache.look(up: key, at: 0) else {
            Issue.record("the cache knows it already")
            return
        }
        #expect(services(configuration).checkSignature(key: "k", token: "t", user: "alice") == .valid)
        let answer = Answer(.allow, .granted, session: try parts.session().id)
        #expect(parts.cache.settle(key, asking, answer, user: "alice", owner: "alice", at: 1))
        #expect(parts.cache.count == 0)
    }

    @Test func `are completions of what was asked, and none without a module`() {
        let instance = InstanceServices(services(), .inForce)
        #expect(instance.complete(token: 7, ModuleAnswer(.ok)) == .unknown)
        instance.decider.set(parts.decider)
        #expect(instance.complete(token: 7, ModuleAnswer(.ok)) == .taken)
        #expect(parts.decider.state.withLock { $0.completed } == [7])
    }

    @Test func `move nothing while an instance is tried, and once it is replaced`() throws {
        let session = try parts.session()
        let instance = InstanceServices(services(), .trial)
        instance.noteRules(.wrong("line 3"), module: "scripted")
        #expect(!instance.eject(sessionHandle: session.handle))
        #expect(instance.eject(user: "alice", count: nil, applicationID: nil, machineID: nil) == 0)
        parts.clock.advance(.seconds(60))
        #expect(rules.fault == nil && instance.rulesInTrial == .wrong("line 3"))
        instance.advance(to: .inForce, module: "scripted")
        parts.clock.advance(.seconds(60))
        #expect(rules.fault?.contains("module `scripted`") == true)
        instance.advance(to: .leaving, module: "scripted")
        #expect(!instance.eject(sessionHandle: session.handle) && session.isOpen)
        #expect(instance.attribute(.user, ofSession: session.handle) == "alice")
    }

    @Test func `are credentials, where there is a destination`() {
        let answer = services().credential(for: "db", challenge: nil)
        #expect(answer.status == .error && answer.logText == "no destination is configured")
    }
}
