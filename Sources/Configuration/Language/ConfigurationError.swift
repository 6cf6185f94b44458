import Basics

/// One thing that is wrong with a configuration, or only doubtful when it is a warning.
public struct ConfigurationProblem: Hashable, Sendable, CustomStringConvertible {
    /// Tells kinds of problems apart; new kinds may come.
    public typealias Code = ErrorCode<ConfigurationProblem>

    /// The kind of problem.
    public let code: Code
    /// Where it is.
    public let source: SettingSource
    /// What was found and what would be accepted: lower case, no final full stop, no secrets.
    public let message: String

    /// Makes a problem.
    public init(_ code: Code, at source: SettingSource, _ message: String) {
        self.code = code
        self.source = source
        self.message = message
    }

    /// Spells the problem on one line: `etc/authhost.conf:12:1: message`.
    public var description: String { "\(source): \(message)" }
}

/// Everything that is wrong with a configuration, up to twenty problems.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// How many problems are kept; further ones are counted.
    public static let limit = 20
    /// The problems in the order of the files and their lines; at least one, at most ``limit``.
    public let problems: [ConfigurationProblem]
    /// How many more there were.
    public let omitted: Int

    /// Makes an error of problems that a reader of ``ItemFile`` found in its values: at most ``limit`` are kept.
    package init(_ problems: [ConfigurationProblem]) {
        self.init(
            problems: Array(problems.prefix(Self.limit)), omitted: max(0, problems.count - Self.limit))
    }

    /// Whether a file could not be read, so that what it says is not known.
    public var isUnreadable: Bool { problems.contains { $0.code == .unreadable } }

    /// Makes an error of problems that are few enough, and the number of those that are left out.
    package init(problems: [ConfigurationProblem], omitted: Int) {
        self.problems = problems
        self.omitted = omitted
    }

    /// Spells the problems one a line.
    public var description: String {
        let more = omitted > 0 ? ["\(omitted) more problem\(omitted == 1 ? "" : "s") not shown"] : []
        return (problems.map(\.description) + more).joined(separator: "\n")
    }
}

/// Collects problems and keeps memory bounded however broken a file is.
package struct ProblemList: Sendable {
    /// Those that are kept, in the order in which they were added.
    package private(set) var problems: [ConfigurationProblem] = []
    /// How many more there were.
    package private(set) var omitted = 0
    /// The files in the order in which they were first read.
    private var files: [String: Int] = [:]

    /// Makes an empty list.
    package init() {}

    /// Whether further problems are only counted: their messages need not be made.
    package var isFull: Bool { problems.count >= ConfigurationError.limit }

    /// Whether nothing is wrong.
    package var isEmpty: Bool { problems.isEmpty }

    /// Adds a problem.
    package mutating func add(_ code: ConfigurationProblem.Code, at source: SettingSource, _ message: String) {
        add(ConfigurationProblem(code, at: source, message))
    }

    /// Adds a problem.
    package mutating func add(_ problem: ConfigurationProblem) {
        if problems.count < ConfigurationError.limit { problems.append(problem) } else { omitted += 1 }
    }

    /// Notes that a file is read now, which says where its problems stand among the others.
    package mutating func enter(file: String) {
        if files[file] == nil { files[file] = files.count }
    }

    /// Adds what another list holds, which has read its files after this one.
    package mutating func add(contentsOf other: ProblemList) {
        files.merge(other.files) { first, _ in first }
        for problem in other.problems { add(problem) }
        omitted += other.omitted
    }

    /// The files that were entered, in the order in which they were first read.
    var filesInOrder: [String] { files.sorted { $0.value < $1.value }.map(\.key) }

    /// Orders the problems as a reader meets them: by file, line and column, then those of the command line.
    package var error: ConfigurationError {
        func key(_ problem: ConfigurationProblem) -> (Int, Int, Int) {
            guard case .file(let position) = problem.source else { return (.max, 0, 0) }
            return (files[position.file] ?? .max, position.line, position.column)
        }
        let sorted = problems.enumerated().sorted { left, right in
            let (first, second) = (key(left.element), key(right.element))
            return first == second ? left.offset < right.offset : first < second
        }
        return ConfigurationError(problems: sorted.map(\.element), omitted: omitted)
    }
}

extension ErrorCode<ConfigurationProblem> {
    /// A line cannot be split into words.
    public static var syntax: Self { "syntax" }
    /// A file is too large, included too often, or expands to too much.
    public static var limit: Self { "limit" }
    /// A file cannot be read, or is not to be trusted.
    public static var unreadable: Self { "unreadable" }
    /// A file includes itself.
    public static var file: Self { "file" }
    /// Blocks do not balance.
    public static var block: Self { "block" }
    /// `if`, `else` and `endif` do not balance, or a condition cannot be read.
    public static var condition: Self { "condition" }
    /// `define` or `undefine` is wrong, or a variable is not defined.
    public static var variable: Self { "variable" }
    /// No item has this name.
    public static var unknownItem: Self { "unknown-item" }
    /// A value is missing, superfluous, or not of the item's type.
    public static var badValue: Self { "bad-value" }
    /// An item that takes one value is set twice.
    public static var duplicate: Self { "duplicate" }
    /// A block lacks an option that it needs.
    public static var missing: Self { "missing" }
    /// An item is accepted and has no effect yet.
    public static var noEffect: Self { "no-effect" }
}
