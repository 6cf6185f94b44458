import Accounts
import Rules
import Testing

@testable import XMLAuthCore

/// One row of the table in the manual page: what it says becomes a users file and a question.
struct DecisionRow: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let rules: [String]
    let question: String
    let answer: String

    /// Reads the rows under `## DECISIONS` of xmlauth.7.md.
    static let all: [DecisionRow] = {
        let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let bytes = readFile("/\(folder)/Plugins/xmlauth/xmlauth.7.md") ?? []
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        let section = lines.drop { $0 != "## DECISIONS" }.dropFirst().prefix { !$0.hasPrefix("## ") }
        return section.filter { $0.hasPrefix("| ") }.dropFirst().map { line in
            let cells = line.split(separator: "|").map { $0.trimmed }
            return DecisionRow(
                testDescription: String(line), rules: cells[0].split(separator: ", ").map(String.init),
                question: cells[1], answer: String(cells[2].prefix { $0 != ":" }))
        }
    }()

    /// The rules as a users file.
    var file: String {
        var elements: [String: String] = [:]
        for rule in rules {
            var words = Words(rule)
            let effect = words.next() ?? ""
            var actions: [String] = []
            while let word = words.peek, ["read", "write", "create"].contains(word) {
                actions.append(words.next() ?? "")
            }
            if actions.isEmpty { actions = ["read", "write", "create"] }
            let object = words.next() ?? ""
            var subject = "everybody"
            var conditions = ""
            while let word = words.next() {
                switch word {
                case "for": subject = words.next() ?? ""
                case "when":
                    let (field, kind, value) = (words.next() ?? "", words.next() ?? "", words.next() ?? "")
                    conditions += "<when field=\"\(field)\" \(kind)=\"\(value)\"/>"
                default: Issue.record("`\(word)` in the rule `\(rule)`")
                }
            }
            elements[subject, default: ""] +=
                "<\(effect) actions=\"\(actions.joined(separator: " "))\" object=\"\(object)\">\(conditions)</\(effect)>"
        }
        return """
            <authhost-users version="1">
            <user name="alice" groups="desk">\(elements["alice"] ?? "")</user><user name="bob"/>
            <group name="desk" groups="bank" roles="dealing">\(elements["desk"] ?? "")</group>
            <group name="bank">\(elements["bank"] ?? "")</group>
            <role name="dealing">\(elements["dealing"] ?? "")</role>
            <everybody>\(elements["everybody"] ?? "")</everybody></authhost-users>
            """
    }
}

extension Substring {
    fileprivate var trimmed: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}

/// The words of a cell, without their back-ticks.
private struct Words {
    private var rest: [String]

    init(_ text: String) { rest = text.split(separator: " ").map { $0.filter { $0 != "`" } } }

    var peek: String? { rest.first }

    mutating func next() -> String? { rest.isEmpty ? nil : rest.removeFirst() }
}

/// No row is about tokens.
private struct NoSignatures: SignatureChecking {
    func check(key: String, token: Span<UInt8>, user: Span<UInt8>) -> SignatureVerdict { .failed(reason: "no key") }
}

@Suite struct DecisionTableTests {
    @Test func `the table is there`() { #expect(DecisionRow.all.count >= 25) }

    @Test(arguments: DecisionRow.all)
    func `decides as the manual page says`(row: DecisionRow) throws {
        let text = Array(row.file.utf8)
        let authority = try AccountAuthority(
            options: AccountOptions(hashThreads: 1), processors: 1, clock: WallClock(now: { 0 }),
            signatures: NoSignatures()
        ) { try UsersReader.read(text, name: "table", allowsPlain: false) }
        defer { authority.close() }
        var words = Words(row.question)
        var action = ObjectAction.read
        if let word = words.peek,
            let named = ["read": .read, "write": .write, "create": .create][word] as ObjectAction?
        {
            action = named
            _ = words.next()
        }
        let name = Array((words.next() ?? "").utf8)
        var user = "alice"
        var fields: [(String, String)] = []
        while let word = words.next() {
            if word == "by" {
                user = words.next() ?? ""
            } else {
                let field = word == "with" ? words.next() ?? "" : word
                fields.append((field, words.next() ?? ""))
            }
        }
        let outcome = authority.check(user: Array(user.utf8).span, action: action, name: name.span) { lend in
            for (field, value) in fields { lend(Array(field.utf8).span, Array(value.utf8).span) }
        }
        let answer =
            switch outcome {
            case .allowed: "allowed"
            case .denied, .noMatch: "denied"
            case .undetermined: "again"
            case .unknownUser: "unknown user"
            }
        #expect(answer == row.answer, "\(outcome) for \(row.file)")
    }

    @Test func `the file in the page can be read`() throws {
        let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let page = String(decoding: try #require(readFile("/\(folder)/Plugins/xmlauth/xmlauth.7.md")), as: UTF8.self)
        let begin = try #require(page.firstRange(of: "```xml\n")).upperBound
        let end = try #require(page[begin...].firstRange(of: "```")).lowerBound
        let hash = "$y$j9T$Xf2mVq7rTzLp0aWcYdKe1.$PvAmqbgQeoIjr6wXSHIjUkjh.LnqK7R8XufKCfVBIk2"
        let text = page[begin..<end].replacing("$y$j9T$…", with: hash)
        _ = try UsersReader.read(Array(text.utf8), name: "xmlauth.7.md", allowsPlain: false)
        #expect(UsersCheck.findings(String(text), name: "xmlauth.7.md", now: 0).isEmpty)
    }
}
