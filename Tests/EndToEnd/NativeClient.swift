/// A connection to the native door at a unix socket: as much of its protocol as tests of the whole host need.
final class NativeClient {
    private let connection: KeptConnection
    private var number: UInt32 = 0
    /// How many bytes have come of frames that were read.
    private var read = 0

    /// Connects and greets.
    init(_ path: String) throws {
        connection = try KeptConnection(socket: path)
        _ = try ask(1, [1, 0, 1, 0] + Self.text("test"))
    }

    private static func text(_ text: String) -> [UInt8] {
        [UInt8(text.utf8.count & 0xff), UInt8(text.utf8.count >> 8)] + Array(text.utf8)
    }

    private static func word(_ number: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }

    /// Sends a frame, and returns the body of the one that answers it.
    private func ask(_ kind: UInt8, _ body: [UInt8]) throws -> [UInt8] {
        number += 1
        let frame = Self.word(UInt32(8 + body.count)) + [kind, 0, 0, 0] + Self.word(number) + body
        let (answer, length) = try connection.answer(to: frame) { [read] all -> ([UInt8], Int)? in
            let bytes = Array(all.dropFirst(read))
            guard bytes.count >= 4 else { return nil }
            let length = 4 + (0..<4).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
            return bytes.count >= length ? (Array(bytes[12..<length]), length) : nil
        }
        read += length
        return answer
    }

    /// Logs in, and returns the id of the session.
    func logIn(_ user: String, _ password: String) throws -> [UInt8] {
        let answer = try ask(
            3, Self.text(user) + Self.text(password) + Self.text("") + Self.text("") + Self.text(""))
        guard answer.first == 1 else { throw ChildError(description: "the log-in is answered with \(answer)") }
        let reason = 2 + Int(answer[1])
        let start = reason + 2 + Int(answer[reason]) + Int(answer[reason + 1]) << 8
        return Array(answer[start..<start + 16])
    }

    /// Whether a session may read an object.
    func allows(_ session: [UInt8]) throws -> Bool {
        try ask(6, session + [1] + Self.text("/A") + Self.text("") + [0, 0]).first == 1
    }
}
