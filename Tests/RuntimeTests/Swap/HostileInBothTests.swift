import AuthCore
import Basics
import Foundation
import Logging
import ModuleHost
import Testing

@testable import Runtime

/// Every module of `Tests/Fixtures/modules` that is loaded and then wrong, in this process and in a helper process: what is said of each is in
/// the suites of what it does wrong.
@Suite struct `A hostile module in both isolations` {
    /// These do to the process what no test of this process survives or undoes; the suites that have them start a process for each.
    private static let endsProcesses = ["ends_its_process", "changes_the_process", "never_returns", "keeps_the_loop"]

    /// By the first lines of the files.
    private static let fixtures: [String] = {
        let folder = Repository.file("Tests/Fixtures/modules").path
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.filter { $0.hasSuffix(".c") }.sorted().compactMap { file in
            let text = (try? String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)) ?? ""
            let head = text.split(separator: "\n").prefix(4).joined(separator: " ")
            let isHostile = head.hasPrefix("// Fault") || head.hasPrefix("// Hostile")
            let name = String(file.dropLast(2))
            return isHostile && !head.contains("Expected: refused") && !endsProcesses.contains(name) ? name : nil
        }
    }()

    /// The texts that its code compares users and names with.
    private static func words(of fixture: String) throws -> [String] {
        let text = try String(
            contentsOf: Repository.file("Tests/Fixtures/modules/\(fixture).c"), encoding: .utf8)
        let found = text.matches(of: /(?:is|begins|strcmp|strncmp)\([^"\n]*"([^"\n\\]+)"/).map { String($0.output.1) }
        return Set(found).sorted()
    }

    private func host(_ fixture: String, isolation: ModuleIsolation?) throws -> Runtime.Host {
        var configuration = HostConfiguration()
        configuration.deadlines = Deadlines(
            login: .seconds(2), map: .seconds(2), read: .seconds(2), write: .seconds(2))
        configuration.exitTimeout = .seconds(1)
        let lines = LogLines()
        let host = Runtime.Host(configuration, log: Logger(label: "test") { _ in LineHandler(lines: lines) })
        var request = TestHost.request(fixture)
        request.initTimeout = .seconds(60)
        request.isolation = isolation
        try host.load(request)
        host.keepThreadFree()
        return host
    }

    /// What it says to log-ins and questions, by what was asked.
    private func answers(_ host: Runtime.Host, _ words: [String]) throws -> [String: Answer] {
        var answers: [String: Answer] = [:]
        func ask(_ what: String, _ question: Question) -> Answer {
            let answer = TestHost.wait(host.ask(question))
            answers[what] = answer
            return answer
        }
        for user in ["alice", "bob"] + words {
            guard let login = try? Login(user: user, password: Secret("secret"), door: "test") else { continue }
            if let session = ask("log-in of \(user)", .login(login)).session, user != "alice" {
                _ = TestHost.wait(host.ask(.logout(session)))
            }
        }
        let login = try Login(user: "alice", password: Secret("secret"), door: "test")
        guard let session = TestHost.wait(host.ask(.login(login))).session else { return answers }
        for word in ["/a", "/deny/a"] + words {
            guard let name = try? ObjectName(word.hasPrefix("/") ? word : "/" + word) else { continue }
            for action in [Check.Action.read, .write, .create] {
                _ = ask("\(action) \(name.text)", .check(session, Check(action, name)))
            }
            _ = ask("map \(name.text)", .map(session, name))
        }
        let rows = try ["/a", "/deny/a", "/b"].map { SessionCheck(session, Check(.read, try ObjectName($0))) }
        for (row, outcome) in host.ask(rows).enumerated() { answers["row \(row)"] = TestHost.wait(outcome) }
        _ = ask("log-out", .logout(session))
        return answers
    }

    @Test func `there are many`() { #expect(Self.fixtures.count >= 35, "\(Self.fixtures)") }

    @Test(arguments: fixtures)
    func `lets in and allows the same, whichever process runs it`(_ fixture: String) throws {
        let words = try Self.words(of: fixture)
        let here = try host(fixture, isolation: nil)
        let expected = try answers(here, words)
        here.stop(awaitsLateCalls: false)
        var isolation = ModuleIsolation(program: HelperHost.program)
        isolation.crashLimit = 1_000_000
        isolation.firstDelay = .milliseconds(1)
        isolation.crashWindow = .zero
        let there = try host(fixture, isolation: isolation)
        let found = try answers(there, words)
        there.stop(awaitsLateCalls: false)
        #expect(!expected.isEmpty)
        for (what, answer) in expected {
            let other = found[what]
            // A busy machine makes an answer late, and no allow of it.
            let isLate = [answer, other].contains { $0?.reason == .deadline || $0?.reason == .queueFull }
            #expect(isLate || answer.verdict == other?.verdict, "\(what): here \(answer), there \(other as Answer?)")
        }
    }
}
