/// Names a place in a file that a person wrote.
public struct SourcePosition: Hashable, Sendable, CustomStringConvertible {
    /// The file's path, as the operator or the including file wrote it.
    public let file: String
    /// The line, counted from 1.
    public let line: Int
    /// The column, counted from 1 in Unicode scalars (a tab counts as one).
    public let column: Int

    /// Makes a position; `line` and `column` count from 1.
    public init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }

    /// Spells the position the way compilers do: `etc/authhost.conf:12:1`.
    public var description: String { "\(file):\(line):\(column)" }
}

/// Says where a value came from.
public enum SettingSource: Hashable, Sendable, CustomStringConvertible {
    /// A place in a configuration file.
    case file(SourcePosition)
    /// An option of the command line, spelled as it was given (`--module`), or another argument.
    case commandLine(option: String)
    /// An option of a module that was set elsewhere: the place is not known here.
    case moduleOption(String)
    /// The item is not set: its default holds.
    case builtIn

    /// Spells the source for messages and for `config show`.
    public var description: String {
        switch self {
        case .file(let position): position.description
        case .commandLine(let option): "command line: \(option)"
        case .moduleOption(let name): "option `\(name)`"
        case .builtIn: "default"
        }
    }
}
