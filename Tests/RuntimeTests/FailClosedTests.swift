import AuthCore
import Foundation
import ModuleHost
import Testing

/// A status code as the C header names it.
struct NamedStatus {
    let name: String
    let status: Status

    /// Reads the first group of `include/authhost/status.h`, the codes that an entry point returns.
    static func all() throws -> [NamedStatus] {
        let header = try String(contentsOf: Repository.file("include/authhost/status.h"), encoding: .utf8)
        let codes = header.components(separatedBy: "// Severities")[0]
        return codes.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ", omittingEmptySubsequences: true)
            guard words.count >= 3, words[0] == "#define", let number = Int32(words[2]) else { return nil }
            return NamedStatus(name: String(words[1]), status: Status(rawValue: number))
        }
    }
}

enum Repository {
    /// A file of this checkout, by its path from the root.
    static func file(_ path: String) -> URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: path)
    }

    /// The lines between `<!-- NAME -->` and `<!-- /NAME -->` of a document.
    static func block(_ name: String, of path: String) throws -> String {
        let text = try String(contentsOf: file(path), encoding: .utf8)
        let start = try #require(text.range(of: "<!-- \(name) -->\n"), "\(path) has no block \(name)")
        let end = try #require(text.range(of: "<!-- /\(name) -->"), "\(path) does not end its block \(name)")
        return String(text[start.upperBound..<end.lowerBound])
    }
}

/// Renders ``Answer/closed(_:to:)`` as the table that the documentation shows.
enum FailClosedTable {
    static func text(_ codes: [NamedStatus]) -> String {
        var rows = ["| status | number | asked for | verdict | reason |", "|---|---|---|---|---|"]
        for code in codes {
            // The one number that each generation has of its own.
            let number = code.status == .ok ? "1; 0x59455321 in generation 9" : "\(code.status.rawValue)"
            rows += lines("`\(code.name)`", number, code.status)
        }
        rows += lines("any other", "", Status(rawValue: 999))
        return rows.joined(separator: "\n") + "\n"
    }

    private static func lines(_ name: String, _ number: String, _ status: Status) -> [String] {
        var groups: [(answer: String, kinds: [String])] = []
        for kind in QuestionKind.allCases {
            let answer = Answer.closed(status, to: kind)
            let text = "\(answer.verdict.rawValue) | \(answer.reason.rawValue)"
            if let index = groups.firstIndex(where: { $0.answer == text }) {
                groups[index].kinds.append(kind.rawValue)
            } else {
                groups.append((text, [kind.rawValue]))
            }
        }
        return groups.map { group in
            let every = group.kinds.count == QuestionKind.allCases.count
            return
                "| \(name) | \(number) | \(every ? "anything" : group.kinds.joined(separator: ", ")) | \(group.answer) |"
        }
    }
}

@Suite struct FailClosedTests {
    @Test func `does what the table in the documentation says`() throws {
        let documented = try Repository.block("statuses", of: "docs/fail-closed.md")
        #expect(FailClosedTable.text(try NamedStatus.all()) == documented)
    }

    @Test func `explains every reason in the documentation once`() throws {
        let documented = try Repository.block("reasons", of: "docs/fail-closed.md")
        let words = documented.split(separator: "\n").dropFirst(2).compactMap {
            $0.split(separator: "`").dropFirst().first
        }
        #expect(words.map(String.init).sorted() == Reason.allCases.map(\.rawValue).sorted())
    }

    @Test(arguments: QuestionKind.allCases)
    func `allows nothing but OK, and an unmapped name`(kind: QuestionKind) {
        let allowing = (Int32(-1_000)...1_000).filter {
            Answer.closed(Status(rawValue: $0), to: kind).verdict == .allow
        }
        #expect(allowing == (kind == .map ? [1, 4] : [1]))
    }

    @Test(arguments: [Int32.min, -1, 0, 6, 13, 31, 37, 63, 67, 256, 257, Int32.max], QuestionKind.allCases)
    func `could not decide when the number means nothing`(number: Int32, kind: QuestionKind) {
        let answer = Answer.closed(Status(rawValue: number), to: kind)
        #expect(answer.verdict == .undecided)
        #expect(answer.reason == .unknownStatus)
        #expect(answer.logText == "status \(number)")
    }

    @Test(arguments: 1...5)
    func `keeps the number of a user code for the log`(number: Int) {
        let answer = Answer.closed(Status(rawValue: Int32(31 + number)), to: .write)
        #expect(answer.verdict == .deny)
        #expect(answer.logText == "AUTH_USER\(number)")
    }

    @Test(arguments: [7, 8, 9, 10, 11, 12], [QuestionKind.map, .read, .write, .create])
    func `could not decide when an object is answered with a code for logins`(number: Int32, kind: QuestionKind) {
        #expect(Answer.closed(Status(rawValue: number), to: kind).reason == .unknownStatus)
    }

    @Test func `gives the codes of the header the numbers of the header`() throws {
        let codes = Dictionary(uniqueKeysWithValues: try NamedStatus.all().map { ($0.name, $0.status) })
        let mine: [String: Status] = [
            "AUTH_NONE": .none, "AUTH_OK": .ok, "AUTH_DENY": .deny, "AUTH_ERROR": .error, "AUTH_FALSE": .notMapped,
            "AUTH_AGAIN": .again, "AUTH_DELAYED": .delayed, "AUTH_INVALID_USER": .invalidUser,
            "AUTH_INVALID_PASS": .invalidPassword, "AUTH_INVALID_ADDR": .invalidAddress,
            "AUTH_ACCT_EXPIRED": .accountExpired, "AUTH_USER_LC_EXCEEDED": .userLimitExceeded,
            "AUTH_SITE_LC_EXCEEDED": .siteLimitExceeded, "AUTH_NO_ENTRY": .noEntry,
            "AUTH_ASK_ALONE": .askAlone,
        ]
        for (name, status) in mine { #expect(codes[name] == status, "\(name)") }
        #expect(codes.count == mine.count + Status.userCodes.count + Status.reserved.count)
    }
}
