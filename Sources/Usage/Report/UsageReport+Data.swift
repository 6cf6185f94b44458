import Basics

// The report for programs.
extension UsageReport {
    /// The report as JSON: `{"month", "closed", "users", "applications": [...], "days": [...]}`, ended by a newline.
    ///
    /// Applications without users on a day are left out of the day.
    public var json: String {
        let applications = applications.map { "    " + Self.member($0.application, $0.month) }
        return """
            {
              "month": "\(month)",
              "closed": \(isClosed),\(jsonOrigins)
              "users": \(all.month),
              "applications": [\(Self.lines(applications))
              ],
              "days": [\(Self.lines((0..<days).map(jsonDay)))
              ]
            }

            """
    }

    /// The report as CSV (RFC 4180, with lines that end as Unix has them): `period,scope,application,users`, days
    /// first, then the month. A name that begins with `=`, `+`, `-` or `@` has an apostrophe before it.
    ///
    /// The scope is `application`, or `all` for the users of any application; a period is `2026-01-31` or `2026-01`.
    public var csv: String {
        var rows = ["period,scope,application,users"]
        for day in 0..<days {
            let period = "\(LocalDay(number: month.firstDay.number + Int64(day)))"
            rows.append("\(period),all,,\(all.byDay[day])")
            for count in applications { rows.append(Self.csvRow(period, count.application, count.byDay[day])) }
        }
        rows.append("\(month),all,,\(all.month)")
        for count in applications { rows.append(Self.csvRow("\(month)", count.application, count.month)) }
        return rows.joined(separator: "\n") + "\n"
    }

    private var jsonOrigins: String {
        origins.isEmpty ? "" : "\n  \"counted\": [\(origins.map(\.jsonQuoted).joined(separator: ", "))],"
    }

    private func jsonDay(_ index: Int) -> String {
        let day = LocalDay(number: month.firstDay.number + Int64(index))
        let used = applications.filter { $0.byDay[index] > 0 }.map { Self.member($0.application, $0.byDay[index]) }
            .joined(separator: ", ")
        return "    {\"day\": \"\(day)\", \"users\": \(all.byDay[index]), \"applications\": [\(used)]}"
    }

    private static func lines(_ items: [String]) -> String { items.map { "\n" + $0 }.joined(separator: ",") }

    private static func member(_ application: String, _ users: Int) -> String {
        "{\"application\": \(application.jsonQuoted), \"users\": \(users)}"
    }

    private static func csvRow(_ period: String, _ application: String, _ users: Int) -> String {
        // A spreadsheet would take these for the beginning of a formula, and the name is a client's word.
        let isFormula = application.utf8.first.map { "=+-@".utf8.contains($0) } ?? false
        let application = (isFormula ? "'" : "") + application
        let needsQuotes = application.utf8.contains { [0x22, 0x2C, 0x0D, 0x0A].contains($0) }
        let name = needsQuotes ? "\"" + application.replacingEach("\"", with: "\"\"") + "\"" : application
        return "\(period),application,\(name),\(users)"
    }
}
