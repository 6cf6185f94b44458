import AuthCore
import Basics

/// One line of the audit log, in the form of the event log: facts as `name=value`, or as members of a JSON object.
struct AuditLine {
    private(set) var facts: [(name: StaticString, value: String)] = []
    /// Who logs in; nil for what is no log-in.
    var typed: String?
    /// The place in a trace that the request has told (W3C Trace Context); nil for none.
    var trace: String?

    /// Adds a fact; one without a value is left out.
    mutating func add(_ name: StaticString, _ value: String?) {
        if let value, !value.isEmpty { facts.append((name, value)) }
    }

    /// Appends the line with its end.
    func append(to bytes: inout [UInt8], time: String, json: Bool) {
        json ? appendJSON(to: &bytes, time) : appendText(to: &bytes, time)
        bytes.append(UInt8(ascii: "\n"))
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
            bytes.appendJSONQuoted(value)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    private static func append(_ name: StaticString, to bytes: inout [UInt8]) {
        name.withUTF8Buffer { bytes += $0 }
    }

    /// What a value may hold to stand without quotation marks: whatever is printed, but spaces, `"`, `=` and `\`.
    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\"", "=", "\\", " ": false
        case _ where scalar.isASCII: !scalar.cannotBeSeen
        default: !scalar.cannotBeSeen && !scalar.properties.isWhitespace
        }
    }
}
