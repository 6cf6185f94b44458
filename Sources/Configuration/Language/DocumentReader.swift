/// Reads a configuration file, and the files it includes, into one tree of statements.
///
/// Goes on after a mistake, so that one run names them all. What it reads may be hostile: sizes, nesting, the number of
/// files and the text that variables expand to are bounded.
package struct DocumentReader {
    /// How deep files may include each other.
    static let includeDepthLimit = 16
    /// How many files one configuration may read; a file included twice counts twice.
    static let fileLimit = 256
    /// How many bytes all files together may have.
    static let byteLimit = 64 << 20
    /// How many words all files together may have.
    static let wordLimit = 500_000

    /// What holds while one file is read.
    struct OpenFile {
        let path: String
        let identity: String
        /// The number of blocks open where the file was included; the file may not close them.
        let blockFloor: Int
        var conditionals = Conditionals()

        var directory: String { Paths.directory(of: path) }
        /// The number of blocks that may not be closed here.
        var floor: Int { conditionals.blockDepth ?? blockFloor }
    }

    let files: ConfigurationFiles
    /// The variables, and what is doubtful about them.
    package internal(set) var expander: VariableExpander
    /// What is wrong.
    package internal(set) var problems = ProblemList()
    /// What the files say.
    package internal(set) var blocks = BlockBuilder()
    private var open: [OpenFile] = []
    private var fileCount = 0
    private var byteCount = 0
    private var wordCount = 0
    private var isRefused = false
    private var isOverfull: Bool { wordCount > Self.wordLimit }
    /// The command line has set application-name: the file's value does not change `${APP_NAME}`.
    let isApplicationNameFixed: Bool

    /// Makes a reader that has read nothing.
    package init(files: ConfigurationFiles, variables: Variables, isApplicationNameFixed: Bool) {
        self.files = files
        self.isApplicationNameFixed = isApplicationNameFixed
        expander = VariableExpander(variables: variables)
    }

    /// Reads `path`; `source` is the place that asks for it, for messages about the file itself.
    package mutating func read(_ path: String, at source: SettingSource) {
        guard let content = content(of: path, at: source) else { return }
        var file = OpenFile(path: path, identity: content.identity, blockFloor: blocks.depth)
        open.append(file)
        problems.enter(file: path)
        defer { open.removeLast() }
        var lines = LineReader(content.bytes, file: path)
        while true {
            do throws(LexerError) {
                guard !isOverfull, let words = try lines.next() else { break }
                wordCount += words.count
                if !words.isEmpty && !isOverfull { process(words, in: &file) }
            } catch {
                problems.add(.syntax, at: .file(error.position), error.message)
            }
        }
        if isOverfull { return refuseOverfull(path, line: lines.line) }
        for position in file.conditionals.open {
            problems.add(
                .condition, at: .file(position), "`if` is not closed: `endif` is expected before the end of `\(path)`")
        }
        report(blocks.unwind(to: file.blockFloor, before: "the end of `\(path)`"))
    }

    private mutating func refuseOverfull(_ path: String, line: Int) {
        guard !isRefused else { return }
        isRefused = true
        problems.add(
            .limit, at: .file(SourcePosition(file: path, line: line, column: 1)),
            "the configuration is too long: at most \(Self.wordLimit) words in all files")
    }

    mutating func report(_ found: [ConfigurationProblem]) {
        for problem in found { problems.add(problem) }
    }

    private mutating func content(of path: String, at source: SettingSource) -> ConfigurationFiles.Content? {
        fileCount += 1
        guard fileCount <= Self.fileLimit, open.count < Self.includeDepthLimit else {
            let message = "`\(path)` is not read: at most \(Self.fileLimit) files, \(Self.includeDepthLimit) deep"
            problems.add(.limit, at: source, message)
            return nil
        }
        switch files.read(path) {
        case .failure(let failure):
            problems.add(.unreadable, at: source, "cannot read `\(path)`: \(failure.reason)")
            return nil
        case .success(let content):
            byteCount += content.bytes.count
            guard byteCount <= Self.byteLimit else {
                problems.add(.limit, at: source, "`\(path)` is not read: at most \(Self.byteLimit) bytes in all files")
                return nil
            }
            return isCycle(path, content.identity, at: source) ? nil : content
        }
    }

    private mutating func isCycle(_ path: String, _ identity: String, at source: SettingSource) -> Bool {
        guard let first = open.firstIndex(where: { $0.identity == identity }) else { return false }
        let cycle = (open[first...].map(\.path) + [path]).map { "`\($0)`" }.joined(separator: " → ")
        problems.add(.file, at: source, "files include each other: \(cycle)")
        return true
    }
}
