/// Builds the tree from lines and the `add-X … end-X` around them.
package struct BlockBuilder: Sendable {
    /// How deep blocks may nest.
    static let depthLimit = 32

    private struct Frame {
        let name: Word
        let values: [Word]
        var statements: [Statement] = []
    }

    /// The lines and blocks outside of all blocks.
    package private(set) var statements: [Statement] = []
    private var frames: [Frame] = []

    /// The number of open blocks.
    var depth: Int { frames.count }

    /// Adds a plain line to the innermost block.
    mutating func add(_ statement: Statement) {
        if frames.isEmpty {
            statements.append(statement)
        } else {
            frames[frames.count - 1].statements.append(statement)
        }
    }

    /// Opens a block.
    mutating func open(_ name: Word, _ values: [Word]) -> ConfigurationProblem? {
        guard depth < Self.depthLimit else {
            return ConfigurationProblem(
                .limit, at: name.source, "`\(name.text)` is nested too deep: at most \(Self.depthLimit) blocks")
        }
        frames.append(Frame(name: name, values: values))
        return nil
    }

    /// Closes the block that `end` names, which must have been opened above `floor`; blocks still open inside it are
    /// problems and are dropped.
    mutating func close(_ end: Word, floor: Int) -> [ConfigurationProblem] {
        let opening = "add-" + end.text.dropFirst(4)
        guard let index = frames[floor...].lastIndex(where: { $0.name.text == opening }) else {
            let inner =
                frames.count > floor ? frames.last.map { ": `\(Self.closing($0.name))` is expected first" } : nil
            return [
                ConfigurationProblem(
                    .block, at: end.source, "`\(end.text)` closes nothing, no `\(opening)` is open here\(inner ?? "")")
            ]
        }
        let problems = unwind(to: index + 1, before: "`\(end.text)` at \(end.source)")
        let frame = frames.removeLast()
        add(Statement(name: frame.name, values: frame.values, block: frame.statements))
        return problems
    }

    /// Drops the blocks opened above `depth`: a problem each, since something else ends before they do.
    mutating func unwind(to depth: Int, before what: String) -> [ConfigurationProblem] {
        let open = frames[min(depth, frames.count)...]
        frames.removeLast(open.count)
        return open.map { frame in
            ConfigurationProblem(
                .block, at: frame.name.source,
                "`\(frame.name.text)` is not closed: `\(Self.closing(frame.name))` is expected before \(what)")
        }
    }

    private static func closing(_ name: Word) -> String { "end-" + name.text.dropFirst(4) }
}
