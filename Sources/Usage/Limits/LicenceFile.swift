/// What the licence file says of one application: `application NAME MAX-USERS MAX-LOGINS-PER-USER`.
public struct LicenceLine: Hashable, Sendable {
    /// The application id that clients give at log-in.
    public let application: String
    /// How many unique users it is licensed for; 0 for no limit.
    public let users: Int
    /// How many log-ins a user may have at once; 0 for no limit.
    public let loginsPerUser: Int
    /// The line of the file, counted from 1.
    public let line: Int
}

/// A licence file: one application a line.
///
/// Blank lines and lines that begin with `#` say nothing. A name with spaces stands in double quotes. A user limit of 0
/// is no limit, as with `max-user-limit`. A file without an application is an error.
public struct LicenceFile: Hashable, Sendable {
    /// The largest file that is read, in bytes.
    public static let sizeLimit = 1 << 20
    /// How many problems are kept of a broken file.
    public static let problemLimit = 20

    /// The applications in the order of the file, each once.
    public let applications: [LicenceLine]

    /// Returns what is said of an application; nil when it is not named.
    public func licence(of application: String) -> LicenceLine? {
        applications.first { $0.application.utf8.elementsEqual(application.utf8) }
    }

    /// Reads a licence file's bytes.
    ///
    /// - Parameter file: the path as it stands in messages.
    /// - Throws: ``LicenceFileError`` with every problem up to ``problemLimit``.
    public init(_ bytes: [UInt8], file: String) throws(LicenceFileError) {
        var reader = LicenceReader(file: file)
        reader.read(bytes)
        if reader.problems.isEmpty, reader.applications.isEmpty {
            // An interrupted copy or a full disk leaves such a file; it must not lift every limit.
            throw LicenceFileError(problems: [
                "\(file): no application is named: at least one line `application NAME MAX-USERS MAX-LOGINS-PER-USER` is "
                    + "needed; to set no limits, leave `licence-file` out"
            ])
        }
        guard reader.problems.isEmpty else { throw LicenceFileError(problems: reader.problems) }
        applications = reader.applications
    }
}

/// Everything that is wrong with a licence file, one `file:line:column: message` a line.
public struct LicenceFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The problems in the order of the lines; at least one.
    public let problems: [String]

    /// Spells the problems one a line.
    public var description: String { problems.joined(separator: "\n") }
}

/// Reads line by line, and goes on after a problem.
private struct LicenceReader {
    let file: String
    private(set) var applications: [LicenceLine] = []
    private(set) var problems: [String] = []
    private var lines: [[UInt8]: Int] = [:]
    private var line = 0

    init(file: String) { self.file = file }

    mutating func read(_ bytes: [UInt8]) {
        guard bytes.count <= LicenceFile.sizeLimit else {
            problems.append(
                "\(file): \(bytes.count) bytes are too many: a licence file has at most \(LicenceFile.sizeLimit)")
            return
        }
        for bytes in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            line += 1
            if problems.count == LicenceFile.problemLimit { return }
            guard let text = String(validating: bytes, as: UTF8.self) else {
                report(1, "the line is not UTF-8")
                continue
            }
            if let words = words(of: Array(text.unicodeScalars)), !words.isEmpty { readApplication(words) }
        }
    }

    private typealias Word = (text: String, column: Int)

    private mutating func readApplication(_ words: [Word]) {
        guard words[0].text == "application" else {
            return report(
                words[0].column,
                "`\(words[0].text)` is unknown: a line is `application NAME MAX-USERS MAX-LOGINS-PER-USER`")
        }
        guard words.count == 4 else {
            let column = words.count > 4 ? words[4].column : words[0].column
            return report(column, "`application` takes a name and two numbers, this line has \(words.count - 1) values")
        }
        let users = number(words[2], "users")
        let logins = number(words[3], "log-ins of a user")
        guard let users, let logins else { return }
        if let first = lines[Array(words[1].text.utf8)] {
            return report(words[1].column, "the application `\(words[1].text)` is licensed already on line \(first)")
        }
        guard !words[1].text.isEmpty else { return report(words[1].column, "an application needs a name") }
        lines[Array(words[1].text.utf8)] = line
        applications.append(
            LicenceLine(
                application: words[1].text, users: users, loginsPerUser: logins, line: line))
    }

    private mutating func number(_ word: Word, _ what: String) -> Int? {
        if word.text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(word.text),
            number <= Int(Int32.max)
        {
            return number
        }
        report(
            word.column, "`\(word.text)` is no number of \(what): 0 for no limit, or a whole number up to \(Int32.max)")
        return nil
    }

    /// Splits a line at spaces and tabs; nil when a quote is wrong.
    private mutating func words(of scalars: [Unicode.Scalar]) -> [Word]? {
        var words: [Word] = []
        var position = 0
        while position < scalars.count {
            if [" ", "\t", "\r"].contains(scalars[position]) {
                position += 1
            } else if scalars[position] == "#" && words.isEmpty {
                return []
            } else {
                guard let word = word(of: scalars, &position) else { return nil }
                words.append(word)
            }
        }
        return words
    }

    private mutating func word(of scalars: [Unicode.Scalar], _ position: inout Int) -> Word? {
        let start = position
        var text = String.UnicodeScalarView()
        let isQuoted = scalars[position] == "\""
        if isQuoted { position += 1 }
        let ends: [Unicode.Scalar] = isQuoted ? ["\""] : [" ", "\t", "\r"]
        while position < scalars.count, !ends.contains(scalars[position]) {
            guard scalars[position].value >= 0x20, scalars[position].value != 0x7F else {
                report(position + 1, "a control character")
                return nil
            }
            text.append(scalars[position])
            position += 1
        }
        if isQuoted {
            guard position < scalars.count else {
                report(start + 1, "the quote is not closed")
                return nil
            }
            position += 1
        }
        return (String(text), start + 1)
    }

    private mutating func report(_ column: Int, _ message: String) {
        problems.append("\(file):\(line):\(column): \(message)")
    }
}
