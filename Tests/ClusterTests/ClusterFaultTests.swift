import Testing

@testable import Cluster

/// What a registry does at the worst moment, and what a member makes of it.
@Suite struct ClusterFaultTests {
    @Test func `a lease that runs out before the answer to attaching makes a host join again`() {
        let registry = ScriptedRegistry { $0.isolated = .end }
        registry.run(500)
        #expect(registry.state == "ready")
        registry.jump(3100)
        registry.lose(.command)
        registry.silent = ["attach"]
        registry.run(150)
        #expect(registry.count("attach") == 1)
        registry.jump(600)
        registry.silent = []
        registry.run(3000)
        #expect(registry.state == "ready", "\(registry.events)")
        #expect(registry.count("join") == 2)
    }

    @Test func `a session that ended with the lease is not registered afterwards`() {
        let registry = ScriptedRegistry { $0.isolated = .end }
        registry.run(500)
        registry.silent = ["register"]
        registry.adopt(1...1)
        #expect(registry.count("register") == 1)
        registry.jump(4000)
        registry.perform { $0.tick(at: $1) }
        #expect(registry.actions.contains(.endAll))
        registry.silent = []
        registry.run(3000)
        #expect(registry.state == "ready")
        #expect(registry.count("join") == 2)
        #expect(registry.count("register") == 1, "nobody has that session any more")
    }
}
