/// Replaces `%r`, `%a` and `%h` where an item allows them.
package struct PercentExpander: Sendable {
    /// What `%r` stands for: application-root.
    package let root: String
    /// What `%a` stands for: application-name.
    package let application: String
    /// What `%h` stands for: the host's name.
    package let host: String
    /// Where relative paths begin; `.` leaves them as they are.
    private let workingDirectory: String

    /// Makes an expander.
    package init(root: String, application: String, host: String, workingDirectory: String = ".") {
        self.root = root
        self.application = application
        self.host = host
        self.workingDirectory = workingDirectory
    }

    /// Says which letter is wrong.
    package struct Failure: Error {
        /// What was found and what would be accepted.
        package let message: String
    }

    /// Returns `text` with the letters of `definition` replaced, and a path from the root: the process may be elsewhere when
    /// the path is used.
    ///
    /// Throws: when a `%` is followed by something that the item does not allow.
    package func expand(_ text: String, for definition: ItemDefinition) throws(Failure) -> String {
        let expanded = try expandLetters(text, definition)
        guard definition.type == .path else { return expanded }
        return definition.beginsAtRoot ? Paths.join(root, expanded) : absolute(expanded)
    }

    /// The path from the root of one that may begin at the working directory.
    package func absolute(_ path: String) -> String { Paths.join(workingDirectory, path) }

    private func expandLetters(_ text: String, _ definition: ItemDefinition) throws(Failure) -> String {
        switch definition.percent {
        case .literal:
            if definition.type == .path { try check(text, letters: "", refused: "rah", name: definition.name) }
            return text
        case .template(let letters):
            try check(text, letters: letters, refused: nil, name: definition.name)
            return text
        case .expanded(let letters):
            try check(text, letters: letters, refused: nil, name: definition.name)
            return replace(text)
        }
    }

    private func replace(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let percent = rest.firstIndex(of: "%") {
            result += rest[..<percent]
            let next = rest.index(after: percent)
            switch next < rest.endIndex ? rest[next] : "%" {
            case "r": result += root
            case "a": result += application
            case "h": result += host
            default: result += "%"
            }
            rest = next < rest.endIndex ? rest[rest.index(after: next)...] : ""
        }
        return result + rest
    }

    /// Accepts `letters`; of the others only those in `refused` are wrong, all of them when it is nil.
    private func check(_ text: String, letters: String, refused: String?, name: String) throws(Failure) {
        var index = text.startIndex
        while let percent = text[index...].firstIndex(of: "%") {
            let next = text.index(after: percent)
            let letter = next < text.endIndex ? text[next] : nil
            let isAllowed = letter.map { letters.contains($0) || (refused == nil && $0 == "%") } ?? false
            let isRefused = refused.map { set in letter.map { set.contains($0) } ?? false } ?? true
            if !isAllowed && isRefused {
                throw Failure(message: Self.message(letter, letters: letters, name: name))
            }
            index = next < text.endIndex ? text.index(after: next) : next
        }
    }

    private static func message(_ letter: Character?, letters: String, name: String) -> String {
        let found = letter.map { "`%\($0)`" } ?? "`%` at the end"
        guard !letters.isEmpty else { return "\(found) is not accepted in `\(name)`: it is not expanded there" }
        let allowed = letters.map { "`%\($0)`" }.joined(separator: ", ")
        return "\(found) is not accepted in `\(name)`, which knows \(allowed) and `%%`"
    }
}
