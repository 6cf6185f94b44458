import AuthCore

/// A line from a client of Dovecot's authentication protocol, versions 1.1 and 1.2 (Dovecot's `auth_protocol`).
///
/// Words are separated by TABs; in each, 0x01 and a character stand for a byte that could not be there itself.
enum DovecotCommand {
    /// With every other minor version the first words mean the same.
    static let majorVersion = 1
    static let minorVersion = 2
    /// Of a line without its end.
    static let longestLine = 16_384

    case version(major: Int)
    case clientProcess
    case authenticate(DovecotRequest)
    /// More of the exchange that a request has begun.
    case proceed(id: UInt32, response: Response)
    case cancel(id: UInt32)
    /// A command of other versions, which is passed over as the protocol says.
    case unknown

    /// What the mechanism's client says.
    enum Response {
        case none
        case bytes(Secret)
        case notBase64

        fileprivate init(_ word: ArraySlice<UInt8>) {
            if let bytes = Base64.decodeSecret(word.span, word.span.indices) {
                self = .bytes(Secret(bytes))
            } else {
                self = .notBase64
            }
        }
    }

    /// Reads a line.
    ///
    /// Throws: ``DoorFault`` where a line has no meaning, after which the client is not listened to any more.
    init(_ line: ArraySlice<UInt8>) throws(DoorFault) {
        var words = DovecotWords(line)
        switch words.next().flatMap({ String(utf8: $0) }) {
        case "VERSION":
            guard let major = words.next().flatMap(Self.number) else {
                throw DoorFault("version", "a VERSION without its number")
            }
            self = .version(major: Int(major))
        case "CPID": self = .clientProcess
        case "AUTH":
            let id = try Self.id(&words)
            self = .authenticate(try DovecotRequest(&words, id: id))
        case "CONT":
            let id = try Self.id(&words)
            self = .proceed(id: id, response: words.next().map(Response.init) ?? .bytes(Secret("")))
        case "CANCEL": self = .cancel(id: try Self.id(&words))
        default: self = .unknown
        }
    }

    /// The number of a request, which is of the client's choice.
    private static func id(_ words: inout DovecotWords) throws(DoorFault) -> UInt32 {
        guard let id = words.next().flatMap(number) else {
            throw DoorFault("id", "a command without the number of its request")
        }
        return id
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt32? {
        var number: UInt32 = 0
        for byte in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            let (tenfold, overflows) = number.multipliedReportingOverflow(by: 10)
            let (sum, ends) = tenfold.addingReportingOverflow(UInt32(byte - UInt8(ascii: "0")))
            if overflows || ends { return nil }
            number = sum
        }
        return digits.isEmpty ? nil : number
    }
}

/// Takes the words off a line, one after the other.
private struct DovecotWords {
    private var rest: ArraySlice<UInt8>?

    init(_ line: ArraySlice<UInt8>) { rest = line }

    /// The next word, which may be empty; nil behind the last.
    mutating func next() -> ArraySlice<UInt8>? {
        guard let line = rest else { return nil }
        guard let tab = line.firstIndex(of: UInt8(ascii: "\t")) else {
            rest = nil
            return line
        }
        rest = line[(tab + 1)...]
        return line[..<tab]
    }
}

/// A request to authenticate.
struct DovecotRequest {
    let id: UInt32
    /// In capitals.
    let mechanism: String
    /// Such as `smtp`.
    var service = ""
    /// Of the mail program's client; empty where the program does not say.
    var address = ""
    /// Whether the mail program's client speaks TLS, or is on the same machine.
    var isSecured = false
    /// What was sent with the request.
    var response = DovecotCommand.Response.none

    fileprivate init(_ words: inout DovecotWords, id: UInt32) throws(DoorFault) {
        guard let name = words.next() else { throw DoorFault("mechanism", "a request without a mechanism") }
        self.id = id
        mechanism = String(decoding: name, as: UTF8.self).uppercased()
        while let word = words.next() {
            // A secret: no text and no copy is made of it. Words behind it do not count.
            if word.starts(with: Self.responseName) {
                response = .init(word.dropFirst(Self.responseName.count))
                return
            }
            let end = word.firstIndex(of: UInt8(ascii: "=")) ?? word.endIndex
            guard let value = String(utf8: try DovecotEscape.decoded(word[end...].dropFirst())) else {
                throw DoorFault("text", "a parameter is not UTF-8")
            }
            switch word[..<end] {
            case Self.serviceName: service = value
            case Self.addressName: address = value
            case Self.securedName: isSecured = true
            default: break
            }
        }
    }

    // Names are compared where they stand: a text of each would cost more than the rest of the word.
    private static let serviceName = Array("service".utf8)[...]
    private static let addressName = Array("rip".utf8)[...]
    private static let securedName = Array("secured".utf8)[...]
    private static let responseName = Array("resp=".utf8)
}

/// What 0x01 and a character stand for.
enum DovecotEscape {
    private static let pairs: [(byte: UInt8, letter: UInt8)] = [
        (0x00, UInt8(ascii: "0")), (0x01, UInt8(ascii: "1")), (UInt8(ascii: "\t"), UInt8(ascii: "t")),
        (UInt8(ascii: "\r"), UInt8(ascii: "r")), (UInt8(ascii: "\n"), UInt8(ascii: "n")),
    ]

    static func decoded(_ bytes: ArraySlice<UInt8>) throws(DoorFault) -> ArraySlice<UInt8> {
        guard bytes.contains(0x01) else { return bytes }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var rest = bytes
        while let byte = rest.popFirst() {
            guard byte == 0x01 else {
                result.append(byte)
                continue
            }
            guard let letter = rest.popFirst(), let pair = pairs.first(where: { $0.letter == letter }) else {
                throw DoorFault("escape", "a word holds 0x01 without a letter behind it")
            }
            result.append(pair.byte)
        }
        return result[...]
    }

    /// Writes a text, and escapes the bytes that cannot stand for themselves.
    static func encode(_ text: String, to out: inout OutgoingBytes) {
        guard text.utf8.contains(where: { byte in byte < 0x20 && pairs.contains { $0.byte == byte } }) else {
            return out.write(text)
        }
        for byte in text.utf8 {
            if let pair = pairs.first(where: { $0.byte == byte }) {
                out.write([0x01, pair.letter])
            } else {
                out.write(CollectionOfOne(byte))
            }
        }
    }
}
