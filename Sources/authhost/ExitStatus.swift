import AuthConfiguration
import AuthCore
import Basics
import Glibc
import ModuleHost

/// What the command ends with.
enum ExitStatus: Int32 {
    case ok = 0
    case undecided = 1
    case denied = 2
    case badConfiguration = 3
    case moduleUnusable = 4
    case overLimit = 5
    case ejected = 6
    /// Of a check that was told to be strict.
    case findings = 7

    init(_ verdict: Verdict) {
        self =
            switch verdict {
            case .allow: .ok
            case .deny, .wrongCredentials: .denied
            case .overLimit: .overLimit
            case .ejected: .ejected
            case .undecided: .undecided
            }
    }
}

/// A failure with the exit status that belongs to it.
struct Failure: Error {
    let status: ExitStatus
    /// What is wrong, each with its place where that is known; at least one.
    let problems: [Problem]
    /// Whether something could not be read, so that trying again may help.
    let isUnreadable: Bool

    /// One thing that is wrong.
    struct Problem {
        /// Where it was written; nil for what no file or argument says.
        let place: SettingSource?
        let message: String

        var text: String { place.map { "\($0): \(message)" } ?? message }

        /// Takes a message, and its place.
        init(place: SettingSource?, message: String) {
            (self.place, self.message) = (place, message)
        }

        /// Takes a line that other code spelled: `FILE:LINE:COLUMN: message` where it knew the place.
        init(line: Substring) {
            if let (position, rest) = Self.placed(line) {
                (place, message) = (.file(position), String(rest))
            } else {
                (place, message) = (nil, String(line))
            }
        }

        /// Parts a line at the first two numbers between colons.
        private static func placed(_ line: Substring) -> (SourcePosition, Substring)? {
            let parts = line.split(separator: ":", omittingEmptySubsequences: false)
            for index in parts.indices.dropFirst().dropLast(2) where parts[index + 2].hasPrefix(" ") {
                let file = line[..<parts[index].startIndex].dropLast()
                let rest = line[parts[index + 2].startIndex...].dropFirst()
                guard let number = ordinal(parts[index]), let column = ordinal(parts[index + 1]), !file.isEmpty,
                    !rest.isEmpty
                else { continue }
                return (SourcePosition(file: String(file), line: number, column: column), rest)
            }
            return nil
        }

        private static func ordinal(_ digits: Substring) -> Int? {
            digits.allSatisfy { $0.isASCII && $0.isNumber } ? Int(digits) : nil
        }
    }

    /// The problems, one a line.
    var text: String { problems.map(\.text).joined(separator: "\n") }

    /// Makes a failure of causes that were spelled, one a line.
    init(_ status: ExitStatus, _ text: String, isUnreadable: Bool = false) {
        self.init(status, text.split(separator: "\n").map { Problem(line: $0) }, isUnreadable: isUnreadable)
    }

    /// Makes a failure with one cause.
    ///
    /// - Parameter place: where what failed was written; nil where it was not written.
    init(_ status: ExitStatus, at place: SettingSource?, _ text: String, isUnreadable: Bool = false) {
        self.init(status, [Problem(place: place, message: text)], isUnreadable: isUnreadable)
    }

    /// Makes a failure with several causes.
    init(_ status: ExitStatus, _ problems: [Problem], isUnreadable: Bool = false) {
        self.status = status
        self.problems = problems
        self.isUnreadable = isUnreadable
    }

    /// Makes a failure of what is wrong with a configuration.
    init(_ error: ConfigurationError) {
        let more =
            error.omitted > 0
            ? [Problem(place: nil, message: "\(error.omitted) more problem\(error.omitted == 1 ? "" : "s") not shown")]
            : []
        self.init(
            .badConfiguration, error.problems.map { Problem(place: $0.source, message: $0.message) } + more,
            isUnreadable: error.isUnreadable)
    }

    func printAndExit() -> Never {
        if !text.isEmpty { Terminal.write("authhost: \(text)", toStandardError: true) }
        HostProcess.end(status.rawValue)
    }
}

/// Standard output and error, line by line.
enum Terminal {
    /// - Parameter endsLine: whether a text without a line end gets one.
    static func write(_ text: String, toStandardError: Bool = false, endsLine: Bool = true) {
        let bytes = Array((!endsLine || text.hasSuffix("\n") ? text : text + "\n").utf8)
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes {
                Glibc.write(toStandardError ? STDERR_FILENO : HostProcess.outputDescriptor, $0.baseAddress, $0.count)
            }
            if count < 0 && errno == EINTR { continue }
            // A status alone would be a yes that was never printed: a module has closed what the answers go to.
            if count < 0, errno == EBADF, !toStandardError, HostProcess.keepsOutput {
                ProcessLoss.report("the descriptor of standard output is gone (write: \(SystemError(EBADF)))")
            }
            if count <= 0 { return }
            done += count
        }
    }

    /// Reads a secret from standard input: typed without an echo at a terminal, else the first line. ``LineEnd`` ends it.
    static func readSecret(prompt: String) -> Secret {
        var before = termios()
        let terminal = isatty(STDIN_FILENO) == 1 && tcgetattr(STDIN_FILENO, &before) == 0
        if terminal {
            var silent = before
            silent.c_lflag &= ~tcflag_t(ECHO)
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
            write2(prompt)
        }
        defer {
            if terminal {
                tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
                write2("\n")
            }
        }
        var bytes = firstLine()
        let secret = Secret(bytes.prefix(LineEnd.length(of: bytes)))
        // Its capacity was reserved, so no earlier copy was left behind by growing.
        bytes.wipe()
        return secret
    }

    /// Reads a line of standard input, at most 4,096 bytes, without its end.
    static func readLine() -> String {
        let bytes = firstLine()
        return String(decoding: bytes.prefix(LineEnd.length(of: bytes)), as: UTF8.self)
    }

    /// Reads to the end of a line, which is there as well: what comes behind it is another program's. A secret may have 4,096
    /// bytes; of more, two are read beyond that, so that it is too long for the reader that asks.
    private static func firstLine() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(8_192)
        var byte: UInt8 = 0
        while bytes.count < 4_096 + 2, bytes.last != UInt8(ascii: "\n"), read(STDIN_FILENO, &byte, 1) == 1 {
            bytes.append(byte)
        }
        return bytes
    }

    /// Reads standard input, or another file, to its end; nil where there are more than `limit` bytes.
    static func readAll(limit: Int, from descriptor: CInt = STDIN_FILENO) -> [UInt8]? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while bytes.count <= limit {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { return bytes }
            bytes += buffer[..<count]
        }
        return nil
    }

    private static func write2(_ text: String) {
        _ = Array(text.utf8).withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
