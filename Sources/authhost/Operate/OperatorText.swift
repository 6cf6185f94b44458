import AuthCore
import Basics
import DoorProtocols
import Glibc
import Runtime

/// Lays out what operators are shown.
enum OperatorText {
    /// A table of sessions for a width in columns; columns that are too wide are cut, and an ellipsis says so.
    ///
    /// - Parameter now: seconds since 1970.
    static func sessions(_ sessions: [ControlReply.Session], now: Int64, width: Int) -> String {
        var rows = [["SESSION", "USER", "APPLICATION", "MACHINE", "ADDRESS", "DOOR", "AGE", "IDLE"]]
        rows += sessions.map {
            [
                $0.session, $0.user, $0.application, $0.machine, $0.address, $0.door, span(now - $0.connected.seconds),
                span(now - $0.lastUse.seconds),
            ].map { $0.isEmpty ? "-" : $0.controlsEscaped }
        }
        // Nothing to say about machines or doors: no column for them.
        let shown = rows[0].indices.filter { column in
            ![2, 3, 5].contains(column) || rows.dropFirst().contains { $0[column] != "-" }
        }
        rows = rows.map { row in shown.map { row[$0] } }
        let widths = fitted(rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }, to: width)
        return rows.map { row in
            let cells = zip(row, widths).map { cell, width in
                cell.count > width
                    ? cell.prefix(max(0, width - 1)) + "…" : cell + String(repeating: " ", count: width - cell.count)
            }
            return String(cells.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
        }.joined(separator: "\n")
    }

    /// Takes columns from the widest until all fit, with two between neighbours; none gets narrower than 8.
    private static func fitted(_ widths: [Int], to total: Int) -> [Int] {
        var widths = widths
        while widths.reduce(2 * (widths.count - 1), +) > total {
            // The id and the times keep their width.
            let shrinkable = widths.indices.dropFirst().filter { widths[$0] > 8 }
            guard let widest = shrinkable.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
        }
        return widths
    }

    /// Labels and values below each other.
    static func facts(_ facts: [(String, String)]) -> String {
        let width = facts.map(\.0.count).max() ?? 0
        return facts.map { label, value in
            label + String(repeating: " ", count: width - label.count + 2)
                + (value.isEmpty ? "-" : value.controlsEscaped)
        }.joined(separator: "\n")
    }

    /// A table of destinations; nothing in it is secret.
    static func destinations(_ destinations: [ControlReply.Destination]) -> String {
        let now = SystemClock().wall / 1_000_000_000
        var rows = [["DESTINATION", "ADDRESS", "AUTHENTICATOR", "AGE", "REFRESH", "EXPIRES", "LAST FAILURE"]]
        rows += destinations.map { destination in
            [
                destination.name, destination.address, destination.authenticator,
                destination.fetched.map { span(now - $0.seconds) } ?? "",
                destination.refresh.map { span($0.seconds - now) } ?? "",
                destination.expires.map { span($0.seconds - now) } ?? "", destination.failure ?? "",
            ].map { $0.isEmpty ? "-" : $0.controlsEscaped }
        }
        return table(rows)
    }

    /// Rows of equal length below each other, each column as wide as its widest cell.
    static func table(_ rows: [[String]]) -> String {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            return String(cells.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
        }.joined(separator: "\n")
    }

    /// A span of seconds with its two largest units.
    static func span(_ seconds: Int64) -> String {
        let seconds = max(0, seconds)
        return switch seconds {
        case ..<60: "\(seconds)s"
        case ..<3600: "\(seconds / 60)m\(seconds % 60)s"
        case ..<86_400: "\(seconds / 3600)h\(seconds % 3600 / 60)m"
        default: "\(seconds / 86_400)d\(seconds % 86_400 / 3600)h"
        }
    }

    /// A moment, in seconds since 1970, in local time.
    static func time(_ seconds: Int64) -> String {
        var time = time_t(seconds)
        var local = tm()
        localtime_r(&time, &local)
        var text = [CChar](repeating: 0, count: 64)
        strftime(&text, text.count, "%Y-%m-%d %H:%M:%S %z", &local)
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
