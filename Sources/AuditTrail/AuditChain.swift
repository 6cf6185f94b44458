/// The chain of one sink, as the host that writes it has it: gives each line its number and its value.
package struct AuditChain: Sendable {
    /// Where it stands.
    package private(set) var head: ChainHead
    /// The key that makes the values.
    package private(set) var key: AuditKey
    /// Which sink it is of, from 1.
    package let sink: Int
    private var code: ChainCode

    /// Goes on behind a place.
    ///
    /// - Parameter key: one that signs.
    package init(_ key: AuditKey, sink: Int, after head: ChainHead) {
        self.key = key
        self.sink = sink
        self.head = head
        code = ChainCode(key: key.chain)
    }

    /// Ends a line with its number, its value and a line feed.
    ///
    /// - Parameter line: one line of facts without its end; with `json` an object.
    package mutating func seal(_ line: some Collection<UInt8>, json: Bool) -> [UInt8] {
        let number = head.number + 1
        var bytes = [UInt8]()
        bytes.reserveCapacity(line.count + 64)
        bytes += json ? Array(line.dropLast()) : Array(line)
        bytes += (json ? ",\"n\":\(number)" : " n=\(number)").utf8
        let value = bytes.withUnsafeBytes { code.value(behind: head.value, $0) }
        bytes += (json ? ",\"chain\":\"\(value.text)\"}\n" : " chain=\(value.text)\n").utf8
        head = ChainHead(number: number, value: value)
        return bytes
    }

    /// The facts of a line that says, signed, where the chain stands.
    package func mark(_ kind: AuditMark.Kind, next: AuditKey? = nil) -> [(name: StaticString, value: String)] {
        AuditMark(kind, sink: sink, key: key.id, head: head, next: next?.id ?? "").facts(signedBy: key) ?? []
    }

    /// Goes on with another key.
    package mutating func rotate(to key: AuditKey) {
        self.key = key
        code = ChainCode(key: key.chain)
    }
}

/// A line of a chained log, taken apart.
package struct ChainedLine {
    /// What its value is made of: the line up to it.
    let covered: Range<Int>
    /// The number and the value that it ends with.
    package let head: ChainHead

    private static let text = Array(" chain=".utf8)
    private static let json = Array(",\"chain\":\"".utf8)

    /// Reads a line without its line feed; nil for one that has no number or no value where they belong.
    package init?(_ line: UnsafeRawBufferPointer) {
        let isJSON = line.last == UInt8(ascii: "}")
        let end = line.count - (isJSON ? 2 : 0)
        let word = isJSON ? Self.json : Self.text
        let start = end - 32 - word.count
        guard start > 0, !isJSON || line[end] == UInt8(ascii: "\""),
            line[start..<start + word.count].elementsEqual(word),
            let value = ChainValue(line[(end - 32)..<end]), let number = Self.number(line, before: start, isJSON)
        else { return nil }
        covered = 0..<start
        head = ChainHead(number: number, value: value)
    }

    private static let textNumber = Array(" n=".utf8)
    private static let jsonNumber = Array(",\"n\":".utf8)

    /// Reads `n=NUMBER` or `"n":NUMBER` backwards from its end.
    private static func number(_ line: UnsafeRawBufferPointer, before end: Int, _ isJSON: Bool) -> UInt64? {
        var (place, number, scale) = (end - 1, UInt64(0), UInt64(1))
        while place >= 0, end - place < 20, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(line[place]) {
            number += UInt64(line[place] - UInt8(ascii: "0")) * scale
            scale *= 10
            place -= 1
        }
        let word = isJSON ? jsonNumber : textNumber
        let start = place + 1 - word.count
        guard scale > 1, start >= 0, line[start...place].elementsEqual(word) else { return nil }
        return number
    }

    /// Where the chain of a file stands that a host wrote before; nil where its last whole line is none of a chain.
    ///
    /// - Parameter tail: the last bytes of the file.
    package static func head(ofTail tail: [UInt8]) -> ChainHead? {
        let whole = tail.lastIndex(of: UInt8(ascii: "\n")).map { tail[..<$0] } ?? []
        let start = whole.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        guard start < whole.endIndex else { return nil }
        return whole[start...].withUnsafeBytes { ChainedLine($0)?.head }
    }
}
