import AuthCore
import Basics
import Logging
import ModuleHost
import Testing

@testable import Runtime

/// A host with a shadow, each with a scripted decider.
struct TestShadow {
    let clock = ManualClock()
    let lines = LogLines()
    let counts = CountingFactory()
    let module: ScriptedDecider
    let second: ScriptedDecider
    let host: Host
    let secondHost: Host
    let shadow: Shadow

    init(
        _ module: ScriptedDecider = ScriptedDecider(), beside second: ScriptedDecider, limit: Int = 100,
        follows: Bool = true, host given: Host? = nil, configure: (inout HostConfiguration) -> Void = { _ in }
    ) {
        (self.module, self.second) = (module, second)
        var configuration = HostConfiguration()
        configure(&configuration)
        let log = Logger(label: "test") { [lines] _ in LineHandler(lines: lines) }
        host = Host(configuration, log: log, clock: clock)
        host.tries(module)
        secondHost = given ?? Host(configuration.aside, log: log, clock: clock)
        if given == nil { secondHost.tries(second) }
        shadow = Shadow(
            secondHost, beside: host.sessions, configuration.deadlines, limit: limit, log: log, clock: clock,
            figures: ShadowFigures(counts))
        if follows { host.follow(shadow) }
    }

    func logIn(_ user: String = "alice", password: String = "secret") throws -> Answer {
        TestHost.wait(host.ask(.login(try Login(user: user, password: Secret(password), door: "test"))))
    }

    func session(_ user: String = "alice") throws -> SessionID { try #require(try logIn(user).session) }

    func read(_ session: SessionID, _ name: String) throws -> Answer {
        TestHost.wait(host.ask(.check(session, Check(.read, try ObjectName(name)))))
    }

    /// What was found, once so many questions have become something.
    func report(of count: Int) -> ShadowReport {
        #expect(Patience.wait { shadow.report.findings.values.reduce(0, +) >= count && shadow.report.waiting == 0 })
        return shadow.report
    }

    func stop() {
        host.stop()
        shadow.stop()
    }
}
