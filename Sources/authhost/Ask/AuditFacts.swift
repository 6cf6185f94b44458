import Basics
import JSONReading

/// The facts of a line of an audit log, in their order: `docs/audit-log.md` has their names.
struct AuditFacts {
    /// Why a line cannot be read.
    struct Fault: Error {
        let text: String
    }

    /// When, first, as the line spells it.
    private(set) var all: [(name: String, value: String)] = []

    /// The value of a fact; nil for one that is left out.
    subscript(_ name: String) -> String? { all.first { $0.name == name }?.value }

    /// Nanoseconds since 1970; nil for what is not a time.
    var time: Int64? { self["time"].flatMap(LogTime.nanoseconds) }

    /// Reads a line of text or of JSON.
    init(_ line: ArraySlice<UInt8>) throws(Fault) {
        guard line.count <= Self.longest else {
            throw Fault(text: "it has \(line.count) bytes; at most \(Self.longest) are accepted")
        }
        if line.first == UInt8(ascii: "{") { try readJSON(line) } else { try readText(line) }
    }

    /// The longest line, in bytes: nothing that a host writes comes near it.
    private static let longest = 1 << 20
    private static let mark = Array(": AUDIT:".utf8)
    /// Bytes of a time as the host spells it.
    private static let timeLength = 32

    /// Reads `TIME: AUDIT: name=value …`, whatever a log service has written before the time.
    private mutating func readText(_ line: ArraySlice<UInt8>) throws(Fault) {
        guard let start = Self.place(of: Self.mark, in: line) else {
            throw Fault(text: "it has no `: AUDIT:` behind its time")
        }
        let before = line[..<start]
        let hasPrefix = before.count > Self.timeLength && before.dropLast(Self.timeLength).last == UInt8(ascii: " ")
        let time = hasPrefix ? before.suffix(Self.timeLength) : before
        all.append(("time", String(decoding: time, as: UTF8.self)))
        let mark = Self.mark
        var rest = line[(start + mark.count)...]
        while let first = rest.first {
            guard first == UInt8(ascii: " "), let equals = rest.firstIndex(of: UInt8(ascii: "=")) else {
                throw Fault(text: "it is not a list of `name=value`")
            }
            let name = String(decoding: rest[(rest.startIndex + 1)..<equals], as: UTF8.self)
            let (value, end) = try Self.value(rest[(equals + 1)...])
            all.append((name, value))
            rest = rest[end...]
        }
    }

    /// Reads `{"time": …, "severity": "AUDIT", …}`.
    private mutating func readJSON(_ line: ArraySlice<UInt8>) throws(Fault) {
        do {
            all = try JSONReader.decode(Texts.self, line, as: "line").all
        } catch {
            throw Fault(text: "it is not a JSON object of facts")
        }
        guard self["severity"] == "AUDIT" else { throw Fault(text: "its `severity` is not `AUDIT`") }
        all.removeAll { $0.name == "severity" }
    }

    private static func place(of mark: [UInt8], in line: ArraySlice<UInt8>) -> Int? {
        var place = line.startIndex
        while let found = line[place...].firstIndex(of: mark[0]) {
            if line[found...].starts(with: mark) { return found }
            place = found + 1
        }
        return nil
    }

    /// A value, plain or quoted as in JSON, and where it ends.
    private static func value(_ bytes: ArraySlice<UInt8>) throws(Fault) -> (String, Int) {
        guard bytes.first == UInt8(ascii: "\"") else {
            let end = bytes.firstIndex(of: UInt8(ascii: " ")) ?? bytes.endIndex
            return (String(decoding: bytes[..<end], as: UTF8.self), end)
        }
        var end = bytes.startIndex + 1
        var isEscaped = false
        while end < bytes.endIndex, bytes[end] != UInt8(ascii: "\"") {
            if bytes[end] == UInt8(ascii: "\\") {
                isEscaped = true
                end += 1
            }
            end += 1
        }
        guard end < bytes.endIndex else { throw Fault(text: "a quoted value has no end") }
        if !isEscaped { return (String(decoding: bytes[(bytes.startIndex + 1)..<end], as: UTF8.self), end + 1) }
        let quoted = [UInt8(ascii: "[")] + bytes[...end] + [UInt8(ascii: "]")]
        guard let values = try? JSONReader.decode([String].self, quoted, as: "value"), values.count == 1 else {
            throw Fault(text: "a quoted value is not a string of JSON")
        }
        return (values[0], end + 1)
    }

    /// The members of an object that are texts; others, such as numbers of the chain, are no facts.
    private struct Texts: Decodable {
        private struct Name: CodingKey {
            let stringValue: String
            var intValue: Int? { nil }
            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        var all: [(name: String, value: String)] = []

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Name.self)
            for name in container.allKeys {
                if let text = try? container.decode(String.self, forKey: name) { all.append((name.stringValue, text)) }
            }
        }
    }
}
