import Basics

// The report for people: what matters first, bars for the shape, then every number.
extension UsageReport {
    /// The report as text that fits a width.
    ///
    /// - Parameters:
    ///   - width: columns of the terminal; fewer than 40 count as 40.
    ///   - style: what bars are made of.
    public func text(width: Int, style: BarStyle) -> String {
        let width = max(40, width)
        var lines = ["Unique users in \(month.name) \(month.year)", ""]
        guard all.month > 0 else {
            return (lines + [noUsers]).joined(separator: "\n") + "\n"
        }
        lines += summary
        lines += ["", "By day"] + chart(zip(dayNames, all.byDay).map { ($0, $1) }, width, style)
        let counts = applications.map { (TerminalText($0.application).cut(to: width / 3), $0.month) }
        lines += ["", "By application, whole month"] + chart(counts, width, style)
        if applications.count > 1 { lines += ["", "By day and application"] + table(width) }
        return lines.joined(separator: "\n") + "\n"
    }

    private var dayNames: [TerminalText] {
        (0..<days).map { index in
            let day = LocalDay(number: month.firstDay.number + Int64(index))
            return TerminalText("\(day.weekdayName) \(index < 9 ? " " : "")\(index + 1)")
        }
    }

    private var noUsers: String {
        let months = knownMonths.map(\.description).joined(separator: ", ")
        return "No users were recorded." + (months.isEmpty ? "" : " Months with users: \(months).")
    }

    private var summary: [String] {
        let most = all.byDay.max() ?? 0
        let day = all.byDay.firstIndex(of: most).map { dayNames[$0].text.replacingEach("  ", with: " ") } ?? ""
        let users = all.month == 1 ? "1 user" : "\(all.month) users"
        let programs = applications.count == 1 ? "1 application" : "\(applications.count) applications"
        let lines =
            origins.map { "Counted: \(TerminalText($0).text)." } + [
                "\(users) of \(programs).", "Most on one day: \(most), on \(day).",
            ]
        return isClosed ? lines : lines + ["The month is not closed: more may come."]
    }

    /// One line for each count, with a bar as long as its part of the largest.
    private func chart(_ counts: [(name: TerminalText, users: Int)], _ width: Int, _ style: BarStyle) -> [String] {
        let nameWidth = counts.map(\.name.width).max() ?? 0
        let largest = counts.map(\.users).max() ?? 0
        let digits = String(largest).count
        let room = width - nameWidth - digits - 6
        return counts.map { name, users in
            let bar = style.bar(users, of: largest, width: room)
            return "  \(name.padded(to: nameWidth))  \(right("\(users)", digits))" + (bar.isEmpty ? "" : "  \(bar)")
        }
    }

    /// Days down, applications across, in as many tables as the width needs.
    private func table(_ width: Int) -> [String] {
        let label = 6
        var rest = applications[...]
        var lines: [String] = []
        while !rest.isEmpty {
            var columns: [(name: TerminalText, count: Count, width: Int)] = []
            var used = 2 + label
            while let count = rest.first {
                let name = TerminalText(count.application).cut(to: 20)
                let column = max(name.width, String(count.month).count) + 2
                guard columns.isEmpty || used + column <= width else { break }
                columns.append((name, count, column))
                used += column
                rest.removeFirst()
            }
            if !lines.isEmpty { lines.append("") }
            lines.append(line("", columns.map { $0.name.padded(to: $0.width, toTheRight: true) }))
            for (index, name) in dayNames.enumerated() {
                lines.append(
                    line(
                        name.text,
                        columns.map { right($0.count.byDay[index] == 0 ? "." : "\($0.count.byDay[index])", $0.width) }))
            }
            lines.append(line("month", columns.map { right("\($0.count.month)", $0.width) }))
        }
        return lines
    }

    private func line(_ label: String, _ cells: [String]) -> String {
        "  " + label + String(repeating: " ", count: 6 - label.count) + cells.joined()
    }

    private func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}

/// What bars are made of.
public enum BarStyle: Hashable, Sendable {
    /// Block elements of Unicode, to an eighth of a column.
    case blocks
    /// `#`, for terminals that have nothing else.
    case ascii

    /// A bar that has as much of the width as the number has of the largest; anything above 0 can be seen.
    func bar(_ number: Int, of largest: Int, width: Int) -> String {
        guard number > 0, largest > 0 else { return "" }
        switch self {
        case .ascii: return String(repeating: "#", count: max(1, number * width / largest))
        case .blocks:
            let eighths = max(1, number * width * 8 / largest)
            let part = eighths % 8 == 0 ? "" : ["▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8 - 1]
            return String(repeating: "█", count: eighths / 8) + part
        }
    }
}
