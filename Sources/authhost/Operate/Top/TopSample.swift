import DoorProtocols

/// What a running host has counted up to one moment.
struct TopSample {
    /// A line of the exposition of metrics.
    struct Series {
        let name: String
        let labels: [String: String]
        let value: Double
    }

    /// Nanoseconds on the monotonic clock.
    let time: Int64
    let status: ControlReply.Status
    let series: [String: [Series]]

    init(time: Int64, status: ControlReply.Status, metrics: String) {
        self.time = time
        self.status = status
        series = Dictionary(
            grouping: metrics.split(separator: "\n").compactMap(Self.read), by: \.name)
    }

    /// The value of a series without labels, or of the first that has those that are given; 0 without one.
    func value(_ name: String, _ labels: [String: String] = [:]) -> Double {
        series[name]?.first { $0.labels.matches(labels) }?.value ?? 0
    }

    /// Reads `name{label="value",…} number`; nil for any other line.
    static func read(_ line: Substring) -> Series? {
        guard !line.hasPrefix("#"), let space = line.lastIndex(of: " "),
            let value = Double(line[line.index(after: space)...])
        else { return nil }
        let head = line[..<space]
        guard let brace = head.firstIndex(of: "{") else { return Series(name: String(head), labels: [:], value: value) }
        var labels: [String: String] = [:]
        var (name, text, isQuoted, isEscaped) = ("", "", false, false)
        for character in head[head.index(after: brace)...] {
            if isEscaped {
                text.append(character == "n" ? "\n" : character)
                isEscaped = false
            } else if isQuoted {
                switch character {
                case "\\": isEscaped = true
                case "\"":
                    labels[name] = text
                    (name, text, isQuoted) = ("", "", false)
                default: text.append(character)
                }
            } else if character == "\"" {
                isQuoted = true
            } else if character != "=", character != ",", character != "}" {
                name.append(character)
            }
        }
        return Series(name: String(head[..<brace]), labels: labels, value: value)
    }
}

extension [String: String] {
    /// Whether it has all that another one has.
    func matches(_ wanted: [String: String]) -> Bool { wanted.allSatisfy { self[$0] == $1 } }
}
