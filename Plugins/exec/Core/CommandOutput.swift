import Basics

/// What a command gave.
package struct CommandOutput: Sendable {
    /// The name to log on with: the command's own, or the configured one.
    package let user: String
    /// What is shown to the remote server, 1...`MaxLength` bytes.
    package let secret: SecretBytes
    /// When it ends, in seconds since 1970; nil where nothing says so.
    package let expiry: Int64?
    /// How long the command ran.
    package let elapsed: Duration

    /// Keeps what a command gave.
    package init(user: String, secret: SecretBytes, expiry: Int64?, elapsed: Duration) {
        (self.user, self.secret, self.expiry, self.elapsed) = (user, secret, expiry, elapsed)
    }
}

/// Why an output is refused: what happened, to follow the command's path.
struct OutputRefusal: Error {
    let kind: CommandFailure.Kind
    let text: String

    init(_ kind: CommandFailure.Kind, _ text: String) { (self.kind, self.text) = (kind, text) }
}

/// Understands output that is the secret.
enum RawOutput {
    /// Removes one "\n" or "\r\n" at the end, and with `trims` all white space around; refuses what is then empty, too
    /// long, or holds NUL, CR or LF.
    static func take(_ output: SecretBytes, options: ExecOptions) throws(OutputRefusal) {
        output.keep(output.withBytes { range($0, trims: options.trimsWhitespace) })
        guard output.count > 0 else { throw OutputRefusal(.empty, "printed nothing") }
        guard output.count <= options.maxLength else { throw tooLong(options) }
        try refuseForbidden(output)
    }

    static func tooLong(_ options: ExecOptions) -> OutputRefusal {
        OutputRefusal(
            .tooLong, "printed more than the \(options.maxLength) bytes that the option `MaxLength` allows")
    }

    private static func refuseForbidden(_ output: SecretBytes) throws(OutputRefusal) {
        let forbidden = output.withBytes { bytes in
            bytes.firstIndex { $0 == 0 || $0 == 10 || $0 == 13 }.map { (at: $0, byte: bytes[$0]) }
        }
        guard let forbidden else { return }
        let name = [0: "NUL", 10: "line feed", 13: "carriage return"][forbidden.byte] ?? ""
        throw OutputRefusal(.forbiddenByte, "printed a \(name) as byte \(forbidden.at + 1) of \(output.count)")
    }

    private static func range(_ bytes: UnsafeRawBufferPointer, trims: Bool) -> Range<Int> {
        var end = LineEnd.length(of: bytes)
        var start = 0
        guard trims else { return 0..<end }
        let isSpace = { (byte: UInt8) in byte == 32 || (9...13).contains(byte) }
        while end > 0, isSpace(bytes[end - 1]) { end -= 1 }
        while start < end, isSpace(bytes[start]) { start += 1 }
        return start..<end
    }
}
