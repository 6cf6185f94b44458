import Basics
import JSONReading

/// A line of the event log, as its reader has it.
struct EventLine {
    /// RFC 3339.
    let time: String
    /// A word such as `NOTIFY`.
    let severity: String
    /// What happened.
    let message: String

    /// Takes apart a line of text or of JSON; one of neither form is all message.
    init(_ line: String) {
        if let members = try? JSONReader.decode([String: String].self, line.utf8, as: "line"),
            let time = members["time"], let severity = members["severity"], let message = members["message"]
        {
            (self.time, self.severity, self.message) = (time, severity, message)
            return
        }
        let parts = line.split(separator: ": ", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else {
            (time, severity, message) = ("", "", line)
            return
        }
        (time, severity, message) = (LogTime.rfc3339(parts[0]), String(parts[1]), String(parts[2]))
    }

    /// One JSON object.
    ///
    /// - Parameter missed: how many lines before it were lost; nil for none.
    func json(missed: UInt64?) -> String {
        JSONText.object([
            ("time", time.isEmpty ? nil : .text(time)), ("severity", severity.isEmpty ? nil : .text(severity)),
            ("message", .text(message)), ("missed", missed.map { .integer(Int64(clamping: $0)) }),
        ])
    }
}
