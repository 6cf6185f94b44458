import AuthCore
import Basics

/// One line of the audit log, in the form of the event log: facts as `name=value`, or as members of a JSON object.
struct AuditLine {
    private(set) var facts: [(name: StaticString, value: String)] = []
    /// The user who logs in; nil for what is no log-in.
    var typed: String?
    /// The place in a trace that the request has told (W3C Trace Context); nil for none.
    var trace: String?

    init() {}

    /// A line of these facts.
    init(facts: [(name: StaticString, value: String)]) { self.facts = facts }

    /// A line about decisions that were not given.
    init(refused: Int) {
        add("question", "none")
        add("verdict", Verdict.undecided.rawValue)
        add("reason", Reason.auditFailed.rawValue)
        let what =
            refused == 0
            ? "nothing could be recorded for a while"
            : "\(refused) decisions before this line were not given, since they could not be recorded"
        add("module", what)
    }

    /// A line about lines that are missing.
    init(lost: Int) {
        add("question", "none")
        add("reason", Reason.auditFailed.rawValue)
        add("module", "\(lost) lines before this one were lost: more waited to be written than is kept")
    }

    /// Adds a fact; one without a value is left out.
    mutating func add(_ name: StaticString, _ value: String?) {
        if let value, !value.isEmpty { facts.append((name, value)) }
    }

    /// The line without an end.
    func bytes(json: Bool, time: LogTime = LogTime()) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(320)
        json ? appendJSON(to: &bytes, time.rfc3339) : appendText(to: &bytes, time.text)
        return bytes
    }

    private func appendText(to bytes: inout [UInt8], _ time: String) {
        bytes += time.utf8
        bytes += ": AUDIT:".utf8
        for (name, value) in facts {
            bytes.append(UInt8(ascii: " "))
            Self.append(name, to: &bytes)
            bytes.append(UInt8(ascii: "="))
            if value.unicodeScalars.allSatisfy(Self.isPlain) {
                bytes += value.utf8
            } else {
                bytes.appendJSONQuoted(value)
            }
        }
    }

    private func appendJSON(to bytes: inout [UInt8], _ time: String) {
        bytes += "{\"time\":\"\(time)\",\"severity\":\"AUDIT\"".utf8
        for (name, value) in facts {
            bytes += ",\"".utf8
            Self.append(name, to: &bytes)
            bytes += "\":".utf8
            if Self.isNumber(name) { bytes += value.utf8 } else { bytes.appendJSONQuoted(value) }
        }
        bytes.append(UInt8(ascii: "}"))
    }

    /// Whether a fact is a number, which JSON has without quotation marks: the sink that a mark is about.
    private static func isNumber(_ name: StaticString) -> Bool {
        name.utf8CodeUnitCount == 4 && name.description == "sink"
    }

    private static func append(_ name: StaticString, to bytes: inout [UInt8]) {
        name.withUTF8Buffer { bytes += $0 }
    }

    /// What a value may hold to stand without quotation marks: all printed characters but spaces, `"`, `=` and `\`.
    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\"", "=", "\\", " ": false
        case _ where scalar.isASCII: !scalar.cannotBeSeen
        default: !scalar.cannotBeSeen && !scalar.properties.isWhitespace
        }
    }
}
