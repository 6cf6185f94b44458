import Foundation
import Testing

@testable import AuditTrail

/// Lines of a chained log, as a host writes them.
private struct WrittenLog {
    var chain: AuditChain
    var lines: [String] = []
    let json: Bool

    init(_ key: AuditKey, json: Bool = false, after head: ChainHead = .start, sink: Int = 1) {
        chain = AuditChain(key, sink: sink, after: head)
        self.json = json
        mark(.start)
    }

    mutating func add(_ facts: [(String, String)]) {
        let time = "2026/01/31-13:52:17.420123 +0000"
        let text =
            json
            ? "{\"time\":\"\(time)\",\"severity\":\"AUDIT\""
                + facts.map { ",\"\($0)\":\($0 == "sink" ? $1 : "\"\($1)\"")" }.joined() + "}"
            : "\(time): AUDIT:" + facts.map { " \($0)=\($1)" }.joined()
        lines.append(String(decoding: chain.seal(Array(text.utf8), json: json).dropLast(), as: UTF8.self))
    }

    mutating func mark(_ kind: AuditMark.Kind, next: AuditKey? = nil) {
        add(chain.mark(kind, next: next).map { ("\($0)", $1) })
    }

    mutating func decide(_ count: Int) {
        for number in 0..<count { add([("user", "u\(number)"), ("verdict", "allow")]) }
    }

    mutating func rotate(to key: AuditKey) {
        mark(.checkpoint, next: key)
        chain.rotate(to: key)
        mark(.start)
    }
}

/// A file that is there for a test.
private final class LogFile {
    let path = FileManager.default.temporaryDirectory.path + "/audit-\(UUID().uuidString)"

    init(_ lines: [String], torn: Bool = false) throws {
        try Data((lines.joined(separator: "\n") + (torn ? "" : "\n")).utf8).write(to: URL(filePath: path))
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

@Suite struct `A chained audit log` {
    private let key = AuditKey.random()

    private func verify(_ lines: [String]..., keys: [AuditKey]? = nil, against: [String] = [], torn: Bool = false)
        throws
        -> AuditFinding?
    {
        // With the part of the keys that cannot sign.
        let given = try (keys ?? [key]).map { try AuditKey(text: $0.text(forChecking: true)) }
        var verifier = AuditVerifier(keys: given)
        let other = try LogFile(against)
        try verifier.learn(from: other.path)
        for part in lines {
            let file = try LogFile(part, torn: torn)
            if let finding = try verifier.check(file.path) { return finding }
        }
        return verifier.finish()
    }

    private func log(json: Bool = false) -> WrittenLog {
        var log = WrittenLog(key, json: json)
        log.decide(20)
        log.mark(.checkpoint)
        log.decide(20)
        log.mark(.checkpoint)
        return log
    }

    @Test(arguments: [false, true]) func `is as it was where it was not touched`(json: Bool) throws {
        #expect(try verify(log(json: json).lines) == nil)
    }

    enum Tampering: String, CaseIterable {
        case `a value`, `a number`, `the end of a line`, `a signature`, `one line away`, `a copy`,
            `a line of a stranger`
        case `two neighbours`, `two that are far apart`, `the beginning away`

        var kind: AuditFinding.Kind {
            switch self {
            case .`a value`, .`a number`, .`the end of a line`, .`a signature`: .changed
            case .`one line away`: .dropped
            case .`a copy`, .`a line of a stranger`: .inserted
            case .`two neighbours`, .`two that are far apart`: .swapped
            case .`the beginning away`: .cut
            }
        }

        /// The line that is named, from 1.
        var line: Int {
            switch self {
            case .`a signature`: 22
            case .`a copy`: 12
            case .`the beginning away`: 1
            default: 11
            }
        }

        func apply(to lines: inout [String]) {
            switch self {
            case .`a value`: lines[10] = lines[10].replacing("allow", with: "denyy")
            case .`a number`: lines[10] = lines[10].replacing(/[ ]n=11|"n":11/) { String($0.output.dropLast(2)) + "77" }
            case .`the end of a line`: lines[10] = lines[10].replacing("chain", with: "chian")
            case .`a signature`:
                lines[21] = lines[21].replacing(/signature(=|":")[0-9a-f]{4}/) {
                    String($0.output.0.dropLast(4)) + "0000"
                }
            case .`one line away`: lines.remove(at: 10)
            case .`a copy`: lines.insert(lines[10], at: 11)
            case .`a line of a stranger`:
                lines.insert(lines[10].replacing("u9", with: "mallory"), at: 10)
            case .`two neighbours`: lines.swapAt(10, 11)
            case .`two that are far apart`: lines.swapAt(10, 35)
            case .`the beginning away`: lines.removeFirst(5)
            }
        }
    }

    @Test(arguments: Tampering.allCases, [false, true])
    func `names the first line that was changed`(_ tampering: Tampering, json: Bool) throws {
        var lines = log(json: json).lines
        tampering.apply(to: &lines)
        let finding = try #require(try verify(lines))
        #expect(finding.kind == tampering.kind && finding.line == tampering.line, "\(finding)")
    }

    @Test(arguments: [[], ["3:00000000000000000000000000000000"]])
    func `that was emptied is cut, whether or not anybody knows what was in it`(noted: [String]) throws {
        var verifier = AuditVerifier(keys: [key])
        for head in noted { verifier.learn(try #require(ChainHead(head))) }
        #expect(verifier.finish()?.kind == .cut)
        let finding = try #require(try verify([], torn: true))
        #expect(finding.kind == .cut, "\(finding)")
    }

    @Test func `has no place for a copy of itself, for another log, or for a mark that was moved or is another's`()
        throws
    {
        var log = log()
        let old = log.lines
        log.decide(5)
        log.mark(.checkpoint)
        let foreign = WrittenLog(AuditKey.random())
        let place = try #require(old.firstIndex { $0.contains("audit=checkpoint") })
        let (twice, stranger) = (
            old[...place] + old[place...], old[..<place] + [foreign.lines[0]] + old[(place + 1)...]
        )
        for (lines, kinds) in [
            ([log.lines, old], [AuditFinding.Kind.dropped]), ([old, log.lines], [.swapped, .dropped]),
            ([log.lines, foreign.lines], [.unsigned]), ([Array(twice)], [.inserted]), ([Array(stranger)], [.unsigned]),
        ] {
            var verifier = AuditVerifier(keys: [key])
            var finding: AuditFinding?
            for part in lines where finding == nil {
                let file = try LogFile(part)
                finding = try verifier.check(file.path)
            }
            #expect(kinds.contains(try #require(finding).kind), "\(String(describing: finding))")
        }
        // An older state of the whole file is found by a reader who knows of the later one.
        let head = try #require(AuditMark(.head, sink: 1, key: key.id, head: log.chain.head).facts(signedBy: key))
        let other = "AUDIT:" + head.map { " \($0.name)=\($0.value)" }.joined()
        #expect(try verify(old, against: [other])?.kind == .cut)
    }

    @Test func `has a cut end that another sink shows, and one that is torn`() throws {
        var log = log()
        let head = AuditMark(.head, sink: 1, key: key.id, head: log.chain.head)
        let facts = try #require(head.facts(signedBy: key)).map { " \($0.name)=\($0.value)" }.joined()
        let other = ["Jan 31 13:52:17 host authhost[7]: 2026/01/31-13:52:17.420123 +0000: AUDIT:\(facts)"]
        #expect(try verify(log.lines, against: other) == nil)
        let cut = try #require(try verify(Array(log.lines.dropLast(3)), against: other))
        #expect(cut.kind == .cut && cut.line == log.lines.count - 3, "\(cut)")
        let forged = [other[0].replacing("head=43", with: "head=99")]
        #expect(try verify(log.lines, against: forged) == nil)
        log.decide(1)
        let torn = try #require(
            try verify(log.lines.dropLast() + [String(log.lines.last?.dropLast(9) ?? "")], torn: true))
        #expect(torn.kind == .cut && torn.line == log.lines.count, "\(torn)")
    }

    @Test func `shows an end that was written anew by the owner of the key`() throws {
        let log = log()
        var forged = WrittenLog(key)
        forged.decide(42)
        let head = AuditMark(.head, sink: 1, key: key.id, head: log.chain.head)
        let facts = try #require(head.facts(signedBy: key)).map { " \($0.name)=\($0.value)" }.joined()
        let finding = try #require(try verify(forged.lines, against: ["x: AUDIT:\(facts)"]))
        #expect(finding.kind == .changed, "\(finding)")
    }

    @Test func `that somebody has sealed anew without the key that signs contradicts its marks`() throws {
        let log = log()
        var chain = AuditChain(key, sink: 1, after: .start)
        let forged = log.lines.enumerated().map { number, line in
            let bare = line.replacing(#/\ n=[0-9]+\ chain=[0-9a-f]+$/#, with: "")
            let text = number == 10 ? bare.replacing("allow", with: "deny") : bare
            return String(decoding: chain.seal(Array(text.utf8), json: false).dropLast(), as: UTF8.self)
        }
        let finding = try #require(try verify(forged))
        #expect(finding.kind == .changed && finding.line == 22, "\(finding)")
    }

    @Test func `cannot be both of two that were signed with one number`() throws {
        var (one, other) = (log(), log())
        one.decide(2)
        other.decide(1)
        other.add([("user", "mallory"), ("verdict", "allow")])
        let marks = try [one, other].map { log in
            let head = AuditMark(.head, sink: 1, key: key.id, head: log.chain.head)
            return "x: AUDIT:" + (try #require(head.facts(signedBy: key)).map { " \($0.name)=\($0.value)" }.joined())
        }
        for log in [one, other] {
            for against in [marks, marks.reversed()] {
                #expect(try #require(try verify(log.lines, against: against)).kind == .changed)
            }
        }
    }

    @Test func `goes on behind a restart, in another file, and with another key`() throws {
        var first = log()
        let head = try #require(ChainedLine.head(ofTail: Array((first.lines.joined(separator: "\n") + "\n").utf8)))
        #expect(head == first.chain.head)
        var second = WrittenLog(key, after: head)
        second.decide(5)
        #expect(try verify(first.lines + second.lines) == nil)
        #expect(try verify(first.lines, second.lines) == nil)
        #expect(try verify(second.lines) == nil)
        let missing = try #require(try verify(Array(first.lines.dropLast()), second.lines))
        #expect(missing.kind == .dropped && missing.line == 1, "\(missing)")
        let other = AuditKey.random()
        first.rotate(to: other)
        first.decide(5)
        #expect(try verify(first.lines, keys: [key, other]) == nil)
        let unknown = try #require(try verify(first.lines))
        #expect(unknown.kind == .unsigned && unknown.line == 45, "\(unknown)")
    }

    @Test func `is no chain of its host's where another one begins in the middle`() throws {
        let finding = try #require(try verify(log().lines + log().lines))
        #expect(finding.line == log().lines.count + 1, "\(finding)")
    }

    @Test func `has keys in files, and tells what is wrong with one`() throws {
        #expect(try AuditKey(text: key.text(forChecking: false)).id == key.id)
        #expect(try !AuditKey(text: key.text(forChecking: true)).signs)
        for (text, word) in [
            ("", "line 1"), ("authhost audit key\nchain 00\n", "line 2"), ("authhost audit key\n", "`chain`"),
            ("authhost audit key\nchain \(String(repeating: "0", count: 64))\n", "`sign`"),
        ] {
            let error = #expect(throws: AuditKeyError.self) { try AuditKey(text: text) }
            #expect(error?.description.contains(word) == true, "\(String(describing: error))")
        }
    }
}
