import Rules

/// A line of `object-map` that was read.
public struct ObjectMap: Hashable, Sendable {
    /// What it renames, and to what.
    public let mapping: ObjectMapping
    /// Where its pattern stands.
    public let source: SettingSource
}

/// Reads the lines of `object-map`, and refuses those that lead back to where they began.
enum ObjectMapReader {
    static func read(_ setting: Setting?, _ problems: inout ProblemList) -> [ObjectMap] {
        guard let setting, let rows = setting.value?.rows else { return [] }
        let words = zip(rows.flatMap { $0 }, setting.elementSources).map { (text: $0, source: $1) }
        let starts = stride(from: 0, to: words.count, by: 2)
        let maps = starts.compactMap { read(pattern: words[$0], replacement: words[$0 + 1], &problems) }
        // Numbers of a list with gaps would name the wrong lines.
        if maps.count == starts.underestimatedCount { refuseLoop(maps, &problems) }
        return maps
    }

    private static func read(
        pattern: (text: String, source: SettingSource), replacement: (text: String, source: SettingSource),
        _ problems: inout ProblemList
    ) -> ObjectMap? {
        do throws(ObjectMapping.Fault) {
            let mapping = try ObjectMapping(from: Array(pattern.text.utf8), to: Array(replacement.text.utf8))
            return ObjectMap(mapping: mapping, source: pattern.source)
        } catch {
            let (half, word) = error.isReplacement ? ("replacement", replacement) : ("pattern", pattern)
            problems.add(
                .badValue, at: word.source,
                "`object-map` has the \(half) `\(word.text.clipped)`: \(error.error) (at byte \(error.error.offset + 1))"
            )
            return nil
        }
    }

    private static func refuseLoop(_ maps: [ObjectMap], _ problems: inout ProblemList) {
        guard let loop = ObjectMapping.loop(in: maps.map(\.mapping)), let first = loop.first else { return }
        let others = loop.dropFirst().map { ", then that at \(maps[$0].source)" }.joined()
        problems.add(
            .badValue, at: maps[first].source,
            "`object-map` loops: this mapping\(others) leads back to the name that it began with")
    }
}
