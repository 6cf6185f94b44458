import Foundation
import Testing

/// Every module of `Tests/Fixtures/modules` that is loaded and then wrong, in the process of a command and in a helper process: what is
/// said of each is in the suites of what it does wrong.
@Suite struct `A hostile module in both isolations` {
    /// These do not come back, which the suites that have them wait for.
    private static let endless = ["never_returns", "keeps_the_loop"]

    private static let deadlines = ["login", "map", "checkread", "checkwrite"].flatMap {
        ["--auth-\($0)-timeout", "2"]
    }

    /// By the first lines of the files.
    private static let fixtures: [String] = Place.moduleSources.compactMap { name, text in
        let head = text.split(separator: "\n").prefix(4).joined(separator: " ")
        let isHostile = head.hasPrefix("// Fault") || head.hasPrefix("// Hostile")
        return isHostile && !head.contains("Expected: refused") && !endless.contains(name) ? name : nil
    }

    /// The texts that its code compares users and names with.
    private static func words(of fixture: String) throws -> [String] {
        let text = try #require(Place.moduleSources.first { $0.name == fixture }).text
        let found = text.matches(of: /(?:is|begins|strcmp|strncmp)\([^"\n]*"([^"\n\\]+)"/).map { String($0.output.1) }
        return Set(found).sorted()
    }

    /// Questions that no module answers as is expected, so that the command prints what it did answer.
    private static func cases(_ words: [String]) -> String {
        let expected = #""password": "secret", "verdict": "over-limit"}"#
        let logins = (["alice", "bob"] + words).map { #"{"user": "\#($0)", "login": true, \#(expected)"# }
        // What has a slash at its end is the beginning of names.
        let questions = (["/a", "/deny/a"] + words.map { "/" + $0.split(separator: "/").joined(separator: "/") })
            .flatMap { name in
                ["read", "write", "create", "map"].map { #"{"user": "alice", "\#($0)": "\#(name)", \#(expected)"# }
            }
        return (logins + questions).joined(separator: "\n") + "\n"
    }

    /// What was answered, by the number of the case; a command that its module has ended has said less.
    private func answers(_ fixture: String, _ isolation: String, _ cases: String) throws -> [String: String] {
        let ending = try AuthHost.run(
            [
                "test", "--config", "none", "--module", Place.fixture(fixture), "--auth-module-isolation", isolation,
            ] + Self.deadlines + ["-"], input: cases)
        #expect(ending.status != 0, "\(ending)")
        let lines = ending.output.matches(of: /(?m)^[^:\n]*:([0-9]+): .*, found ([a-z-]+)/)
        return Dictionary(lines.map { (String($0.output.1), String($0.output.2)) }) { first, _ in first }
    }

    @Test func `there are many`() { #expect(Self.fixtures.count >= 35, "\(Self.fixtures)") }

    @Test(arguments: fixtures)
    func `lets in and allows the same, whichever process runs it`(_ fixture: String) throws {
        let cases = Self.cases(try Self.words(of: fixture))
        let here = try answers(fixture, "none", cases)
        let there = try answers(fixture, "process", cases)
        #expect(!there.isEmpty)
        for (number, verdict) in here {
            // A crash, an end or a late answer is not a verdict of the module's.
            guard let other = there[number], verdict != "undecided", other != "undecided" else { continue }
            #expect(verdict == other, "case \(number) of \(cases)")
        }
    }
}
