import AuthCore
import ModuleHost
import Testing

@testable import Runtime

/// A module in Swift, through the real loader: `Tests/Fixtures/extends-swift`.
@Suite struct `A module of the kit` {
    private let test: TestHost

    init() throws { test = try TestHost("../libextends-fixture") }

    @Test func `finds abilities of its host, and gives its own`() {
        #expect(test.lines.wait(for: "info: extends_swift: host authhost, record there, others 0"), "\(test.lines.all)")
        #expect(test.lines.wait(for: "info: extends_swift: is a directory client 2.6"), "\(test.lines.all)")
    }

    @Test func `may block in its log-ins while its checks run on the thread that asks`() throws {
        let session = try test.session()
        guard case .decided(let answer) = try test.check(session, .read, "/a") else {
            Issue.record("the check was asked elsewhere")
            return
        }
        #expect(answer.verdict == .allow)
        #expect(test.lines.wait(for: "log-in on <auth-blocking>"))
        #expect(test.lines.all.contains { $0.contains("check on <") && !$0.contains("auth-blocking") })
    }
}
