import Basics

/// The first thing that is wrong with a chained log.
package struct AuditFinding: Sendable, Equatable {
    /// What was done to it.
    package enum Kind: String, Sendable, CaseIterable {
        case changed, dropped, inserted, swapped, cut
        /// It was signed with a key that was not given.
        case unsigned
    }

    /// What was done.
    package let kind: Kind
    /// In which file, and on which line of it, from 1.
    package let file: String
    package let line: Int
    /// What was expected and what was found.
    package let detail: String
}

/// Checks chained logs, line by line and file by file in the order in which they were written.
package struct AuditVerifier {
    private let keys: [String: AuditKey]
    /// What is known of chains from elsewhere: by number, for each sink. Two values for one number are of two logs, and a log fits one.
    private var known: [Int: [UInt64: Set<ChainValue>]] = [:]
    /// Heads that somebody has noted by hand, whichever sink they are of.
    private var noted: [ChainHead] = []
    /// How far some chain was at least.
    private var least: UInt64 = 0
    private var chain: (code: ChainCode, head: ChainHead, sink: Int)?
    /// Where the last line stands.
    private var last: (file: String, line: Int) = ("", 0)
    /// Lines that were read, and signed marks among them.
    package private(set) var lines = 0
    package private(set) var marks = 0

    /// - Parameter keys: those that the logs were written with, for checking.
    package init(keys: [AuditKey]) { self.keys = Dictionary(keys.map { ($0.id, $0) }) { first, _ in first } }

    /// Where the chain stands behind what was read.
    package var head: ChainHead? { chain?.head }

    /// Takes the marks of another sink, whatever else is in it.
    ///
    /// - Throws: ``SystemError`` where it cannot be read.
    package mutating func learn(from file: String) throws(SystemError) {
        let lines = try LineFile(file)
        while let line = try lines.next() {
            guard let mark = AuditMark(line: line), mark.isSigned(in: line, by: keys) else { continue }
            learn(mark.head, ofSink: mark.sink)
        }
    }

    /// Takes a head that was noted elsewhere, as metrics have it.
    package mutating func learn(_ head: ChainHead) { noted.append(head) }

    /// Takes where a sink's chain stands, as the host that writes it says.
    package mutating func learn(_ head: ChainHead, ofSink sink: Int) {
        known[sink, default: [:]][head.number, default: []].insert(head.value)
    }

    /// Takes how far a chain was at least, where the value was not noted.
    package mutating func learn(_ number: UInt64) { least = max(least, number) }

    /// Checks a file; nil where everything in it is as it was written.
    ///
    /// - Throws: ``SystemError`` where it cannot be read.
    package mutating func check(_ file: String) throws(SystemError) -> AuditFinding? {
        let lines = try LineFile(file)
        last = (file, 0)
        while let line = try lines.next() {
            last.line += 1
            self.lines += 1
            let found = line.withUnsafeBytes { check($0, isTorn: lines.isTorn) }
            guard let found else { continue }
            let odd = line.withUnsafeBytes { ChainedLine($0)?.head }
            return AuditFinding(
                kind: try refined(found.kind, odd, lines), file: file, line: last.line, detail: found.detail)
        }
        return nil
    }

    /// Says what is missing behind the last file; nil where nothing is known to be. Files without any line are a log that was
    /// emptied: a host begins each with a line of its own.
    package func finish() -> AuditFinding? {
        guard let chain else {
            return cut("no line is there, not even `audit=start`, with which a log begins: all of it is missing")
        }
        let furthest = (known[chain.sink] ?? [:]).keys.max() ?? 0
        let most = max(furthest, least, noted.map(\.number).max() ?? 0)
        guard most > chain.head.number else { return nil }
        return cut("the log ends with number \(chain.head.number), and \(most) was written: what follows is missing")
    }

    private func cut(_ detail: String) -> AuditFinding {
        AuditFinding(kind: .cut, file: last.file, line: last.line, detail: detail)
    }

    private typealias Fault = (kind: AuditFinding.Kind, detail: String)

    private mutating func check(_ line: UnsafeRawBufferPointer, isTorn: Bool) -> Fault? {
        guard let read = ChainedLine(line) else {
            return isTorn
                ? (.cut, "the last line has no end")
                : (.inserted, "the line ends with no number and value of the chain")
        }
        if isMark(line), let fault = begin(line, read) { return fault }
        guard let (_, head, sink) = chain, var code = chain?.code else {
            return (.cut, "the log does not begin with a line `audit=start`: what was before it is missing")
        }
        let expected = head.number + 1
        if read.head.number < expected { return (.inserted, "number \(read.head.number) is there a second time") }
        if read.head.number > expected {
            return (.dropped, "number \(expected) is expected, and \(read.head.number) is found")
        }
        let value = code.value(behind: head.value, UnsafeRawBufferPointer(rebasing: line[read.covered]))
        guard value == read.head.value else {
            return (.changed, "the line is not the one that was written as number \(expected)")
        }
        chain = (code, read.head, sink)
        if !known.isEmpty || !noted.isEmpty,
            (known[sink]?[expected] ?? []).contains(where: { $0 != value })
                || noted.contains(where: { $0.number == expected && $0.value != value })
        {
            return (
                .changed, "number \(expected) is another line than the one that was written, as is known from elsewhere"
            )
        }
        return nil
    }

    /// Whether a line says where the chain stands: such a line has no user, and no other line begins so.
    private func isMark(_ line: UnsafeRawBufferPointer) -> Bool {
        let isJSON = line.first == UInt8(ascii: "{")
        let word = isJSON ? Self.json : Self.text
        return (isJSON ? 35..<56 : 32..<33).contains { place in
            place + word.count <= line.count && line[place..<place + word.count].elementsEqual(word)
        }
    }

    // Behind the time, which always has as many characters.
    private static let text = Array(": AUDIT: audit=".utf8)
    private static let json = Array("\"severity\":\"AUDIT\",\"audit\":\"".utf8)

    /// Checks a mark's signature, and goes on with the key of one that begins.
    private mutating func begin(_ line: UnsafeRawBufferPointer, _ read: ChainedLine) -> Fault? {
        guard let mark = AuditMark(line: line), mark.kind != .head else { return nil }
        guard let key = keys[mark.key] else {
            return (.unsigned, "its key \(mark.key) is not one of those that were given")
        }
        guard mark.isSigned(in: line, by: keys) else {
            return (.changed, "the line is not the one that was written: key \(mark.key) has not signed it")
        }
        marks += 1
        guard let (code, head, _) = chain else {
            guard mark.kind == .start else { return nil }
            chain = (ChainCode(key: key.chain), mark.head, mark.sink)
            return nil
        }
        // A line in the place of another is told of as such.
        guard read.head.number == mark.head.number + 1 else { return nil }
        if mark.kind == .start, mark.head == .start, read.head.number == 1, head != .start {
            return (.dropped, "a new chain begins behind number \(head.number): the one before could not be continued")
        }
        if mark.head == head {
            chain = (mark.kind == .start ? ChainCode(key: key.chain) : code, head, mark.sink)
        } else if mark.head.number == head.number {
            // The values of the chain need no more than what checks it; the signature does.
            return (
                .changed, "number \(head.number) is another line than the one behind which key \(mark.key) has signed"
            )
        }
        return nil
    }

    /// Tells apart, from the lines that follow, what one line cannot tell.
    ///
    /// - Parameter odd: the number and the value of the line that is wrong, where it has them.
    private func refined(
        _ kind: AuditFinding.Kind, _ odd: ChainHead?, _ lines: LineFile
    ) throws(SystemError) -> AuditFinding.Kind {
        guard let (_, head, _) = chain, var code = chain?.code, [.changed, .dropped, .inserted].contains(kind) else {
            return kind
        }
        let expected = head.number + 1
        var isNext = true
        while let line = try lines.next() {
            let found = line.withUnsafeBytes { bytes -> AuditFinding.Kind? in
                guard let read = ChainedLine(bytes), read.head.number >= expected else { return nil }
                let isRight =
                    read.head.number == expected
                    && code.value(behind: head.value, UnsafeRawBufferPointer(rebasing: bytes[read.covered]))
                        == read.head.value
                // The line that belongs here comes later: what stands in its place is another one that was moved, or one of a stranger.
                if isRight { return kind == .dropped ? .swapped : .inserted }
                // The line behind fits the value that is still there: its own number was changed.
                if isNext, let odd, odd.number != expected, read.head.number == expected + 1,
                    code.value(behind: odd.value, UnsafeRawBufferPointer(rebasing: bytes[read.covered]))
                        == read.head.value
                {
                    return .changed
                }
                // A line without a value in the place of one is that line, changed.
                return isNext && kind == .inserted && read.head.number > expected ? .changed : nil
            }
            if let found { return found }
            isNext = false
            if kind != .dropped { break }
        }
        return kind
    }
}
