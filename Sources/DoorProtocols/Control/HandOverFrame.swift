import AuthCore

/// One message between a running host and the process that takes over from it, behind the request `take-over` and its answer.
///
/// On the wire: how many bytes follow (u32), the number of the message (u8), and its members: integers with the least byte first, texts
/// and lists behind how much they have (u32). A descriptor comes with the first byte of its message.
package enum HandOverFrame: Sendable, Equatable {
    // From the running host: what it has.
    /// A listening socket of a door; `isOwned` where its path is removed by the host that has it.
    case door(name: String, place: String, isUnixSocket: Bool, isOwned: Bool)
    /// The listening control socket.
    case control(path: String)
    /// An open file whose lock goes with it.
    case lock
    /// That was all, and which process has sent it. Not SO_PEERCRED: of a socket that was connected to it tells who has called
    /// listen(2) last, which may be a process that has tried to take over.
    case offered(process: UInt32)

    // From the other one.
    /// Everything is loaded, tested and open: the sockets at these places are served, and the sessions are wanted.
    case cut(places: [String])
    /// So many sessions were taken.
    case taken(sessions: UInt32)
    /// It accepts clients. Until then the host that was there can be the host again.
    case ready

    // From the running host, which answers no question from the first of these on.
    case session(HandedSession)
    /// A piece of what is known of wrong passwords.
    case penalties([UInt8])
    /// A connection on which nothing is under way.
    case connection(door: String, isUnixSocket: Bool)
    /// That was all.
    case handed(sessions: UInt32)
    /// A session that has ended since it was handed over.
    case ended(SessionID)
    /// The other process is the host from now on.
    case yours

    /// From either: nothing has changed, and why.
    case failed(String)

    /// The version of these messages.
    package static let version = 1
    /// Most bytes of a message behind its length.
    package static let limit = 1 << 20

    /// Whether a descriptor comes with it.
    package var carriesDescriptor: Bool {
        switch self {
        case .door, .control, .lock, .connection: true
        default: false
        }
    }

    private var number: UInt8 {
        switch self {
        case .door: 1
        case .control: 2
        case .lock: 3
        case .offered: 4
        case .cut: 5
        case .taken: 6
        case .session: 7
        case .penalties: 8
        case .connection: 9
        case .handed: 10
        case .ended: 11
        case .yours: 12
        case .failed: 13
        case .ready: 14
        }
    }

    /// Writes it.
    package var bytes: [UInt8] {
        var writer = HandOverWriter()
        writer.bytes.append(number)
        writeBody(&writer)
        var head = HandOverWriter()
        head.write(UInt32(writer.bytes.count))
        return head.bytes + writer.bytes
    }

    private func writeBody(_ writer: inout HandOverWriter) {
        switch self {
        case .door(let name, let place, let isUnixSocket, let isOwned):
            writer.write(name)
            writer.write(place)
            writer.write(isUnixSocket)
            writer.write(isOwned)
        case .control(let path): writer.write(path)
        case .lock, .yours, .ready: break
        case .cut(let places):
            writer.write(UInt32(places.count))
            for place in places { writer.write(place) }
        case .offered(let number), .taken(let number), .handed(let number): writer.write(number)
        case .session(let session): writer.write(session)
        case .penalties(let bytes): writer.write(bytes)
        case .connection(let door, let isUnixSocket):
            writer.write(door)
            writer.write(isUnixSocket)
        case .ended(let id): writer.write(id)
        case .failed(let why): writer.write(why)
        }
    }

    /// Reads a message of what stands behind its length.
    init(_ bytes: ArraySlice<UInt8>) throws(HandOverFault) {
        var reader = HandOverReader(bytes)
        self = try Self.read(&reader)
        guard reader.isAtEnd else { throw HandOverFault("bytes behind the end of a message") }
    }

    private static func read(_ reader: inout HandOverReader) throws(HandOverFault) -> HandOverFrame {
        switch try reader.byte() {
        case 1:
            .door(
                name: try reader.text(), place: try reader.text(), isUnixSocket: try reader.flag(),
                isOwned: try reader.flag())
        case 2: .control(path: try reader.text())
        case 3: .lock
        case 4: .offered(process: try reader.number())
        case 5: .cut(places: try reader.list { reader throws(HandOverFault) in try reader.text() })
        case 6: .taken(sessions: try reader.number())
        case 7: .session(try reader.session())
        case 8: .penalties(try reader.bytes())
        case 9: .connection(door: try reader.text(), isUnixSocket: try reader.flag())
        case 10: .handed(sessions: try reader.number())
        case 11: .ended(try reader.id())
        case 12: .yours
        case 13: .failed(try reader.text())
        case 14: .ready
        case let other: throw HandOverFault("a message of the unknown number \(other)")
        }
    }
}

/// Takes messages out of a stream of bytes.
package struct HandOverStream {
    private var bytes: [UInt8] = []
    private var start = 0

    /// Begins without bytes.
    package init() {}

    /// Takes bytes that came.
    package mutating func receive(_ more: [UInt8]) {
        bytes.removeFirst(start)
        start = 0
        bytes += more
    }

    /// The next message; nil where it is not complete.
    ///
    /// - Throws: ``HandOverFault`` for what is not a frame; nothing behind it can be read then.
    package mutating func next() throws(HandOverFault) -> HandOverFrame? {
        guard bytes.count - start >= 4 else { return nil }
        let length = (0..<4).reduce(0) { $0 | Int(bytes[start + $1]) << (8 * $1) }
        guard (1...HandOverFrame.limit).contains(length) else {
            throw HandOverFault("a message of \(length) bytes; 1 to \(HandOverFrame.limit) are accepted")
        }
        guard bytes.count - start - 4 >= length else { return nil }
        let frame = try HandOverFrame(bytes[start + 4..<start + 4 + length])
        start += 4 + length
        return frame
    }

    /// The first line that has come, without its line feed; nil where it is not complete. For what stands before the messages.
    package mutating func line() -> [UInt8]? {
        guard let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        defer { start = end + 1 }
        return Array(bytes[start..<end])
    }
}

/// What is wrong with a message.
package struct HandOverFault: Error, Equatable, Sendable, CustomStringConvertible {
    /// The connection has ended, and the other process has said nothing of why.
    package static let gone = HandOverFault("the other process has gone")

    /// What was found, and what would be accepted.
    package let description: String

    /// Says what was found.
    package init(_ description: String) { self.description = description }
}
