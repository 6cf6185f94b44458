import AuthCore
import Basics

/// What a replay has found, counted.
struct ReplayReport {
    /// A flip, how often it was met, and where first.
    struct Row {
        let flip: Replay.Flip
        var times = 0
        let first: (file: String, line: Int)
    }

    /// Lines that were read, decisions that were asked again, and those whose answer is the same.
    private(set) var lines = 0, asked = 0, same = 0
    private(set) var apart: [Replay.Apart: Int] = [:]
    /// Lines of what no module was asked, such as ends of sessions.
    private(set) var others = 0
    /// Lines that cannot be read, and what is wrong with the first of them.
    private(set) var damaged = 0
    private(set) var firstDamage: String?
    private var flips: [Replay.Flip: Row] = [:]
    /// Flips of kinds that came when no more kinds were kept.
    private(set) var uncounted = 0
    private static let mostKinds = 100_000

    /// Whether an answer is another one, or a line could not be read.
    var hasFindings: Bool { !flips.isEmpty || damaged > 0 }

    /// The flips, those that were met most often first.
    var rows: [Row] {
        flips.values.sorted {
            $0.times != $1.times
                ? $0.times > $1.times : ($0.first.file, $0.first.line) < ($1.first.file, $1.first.line)
        }
    }

    mutating func noteOther() {
        lines += 1
        others += 1
    }

    mutating func note(damaged text: String, at place: (file: String, line: Int)) {
        lines += 1
        damaged += 1
        if firstDamage == nil { firstDamage = "\(place.file):\(place.line): \(text)" }
    }

    mutating func note(_ judgement: Replay.Judgement, at place: (file: String, line: Int)) {
        lines += 1
        switch judgement {
        case .same:
            asked += 1
            same += 1
        case .apart(let why): apart[why, default: 0] += 1
        case .impossible(let why):
            lines -= 1
            note(damaged: why, at: place)
        case .flip(let flip):
            asked += 1
            if flips[flip] == nil, flips.count >= Self.mostKinds {
                uncounted += 1
                return
            }
            flips[flip, default: Row(flip: flip, first: place)].times += 1
        }
    }

    private var flipped: Int { asked - same }

    /// For people: at most `limit` kinds of flips, each with both rules.
    func text(limit: Int) -> String {
        var text =
            "\(lines) \(lines == 1 ? "line" : "lines"): \(asked) asked again, \(same) the same, "
            + "\(flipped) \(flipped == 1 ? "flip" : "flips")\n"
        for why in Replay.Apart.allCases where apart[why] != nil {
            text += "\(apart[why] ?? 0) not compared: \(why.text)\n"
        }
        if others > 0 { text += "\(others) of what no module decides, such as ends of sessions\n" }
        if let firstDamage { text += "\(damaged) cannot be read; the first: \(firstDamage)\n" }
        let rows = rows
        for row in rows.prefix(limit) {
            let (flip, object) = (row.flip, row.flip.object.isEmpty ? "" : " \(row.flip.object.controlsEscaped)")
            text += """

                \(flip.user.controlsEscaped) \(flip.question)\(object): \(flip.was.rawValue) → \(flip.now.rawValue), \(row.times == 1 ? "once" : "\(row.times) times"), \
                first at \(row.first.file):\(row.first.line)
                  was: \(flip.oldRule.controlsEscaped)
                  now: \(flip.newRule.controlsEscaped)

                """
        }
        if rows.count > limit { text += "\n\(rows.count - limit) more kinds of flips; --limit shows more\n" }
        if uncounted > 0 { text += "\(uncounted) flips of kinds that were not kept\n" }
        return text
    }

    /// For programs: one object.
    func json(limit: Int) -> String {
        let members: [(String, JSONText.Element?)] = [
            ("lines", .integer(Int64(lines))), ("asked", .integer(Int64(asked))), ("same", .integer(Int64(same))),
            ("flipped", .integer(Int64(flipped))), ("damaged", .integer(Int64(damaged))),
            ("first_damage", firstDamage.map { .text($0) }),
            ("not_compared", .object(Replay.Apart.allCases.map { ($0.rawValue, .integer(Int64(apart[$0] ?? 0))) })),
            ("others", .integer(Int64(others))), ("not_kept", .integer(Int64(uncounted))),
            ("flips", .list(rows.prefix(limit).map(Self.json))),
        ]
        return JSONText.object(members) + "\n"
    }

    private static func json(_ row: Row) -> JSONText.Element {
        .object([
            ("user", .text(row.flip.user)), ("question", .text(row.flip.question)),
            ("object", row.flip.object.isEmpty ? nil : .text(row.flip.object)),
            ("was", .text(row.flip.was.rawValue)), ("now", .text(row.flip.now.rawValue)),
            ("old_rule", .text(row.flip.oldRule)), ("new_rule", .text(row.flip.newRule)),
            ("times", .integer(Int64(row.times))), ("first_file", .text(row.first.file)),
            ("first_line", .integer(Int64(row.first.line))),
        ])
    }
}
