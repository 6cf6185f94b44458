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
    /// Throws: ``DoorFault`` where a client cannot mean anything, after which it is not listened to any more.
    init(_ line: ArraySlice<UInt8>) throws(DoorFault) {
        let words = line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
        switch String(decoding: words[0], as: UTF8.self) {
        case "VERSION":
            guard words.count >= 2, let major = Self.number(words[1]) else {
                throw DoorFault("version", "a VERSION without its number")
            }
            self = .version(major: Int(major))
        case "CPID": self = .clientProcess
        case "AUTH": self = .authenticate(try DovecotRequest(words, id: try Self.id(words)))
        case "CONT":
            self = .proceed(id: try Self.id(words), response: words.count > 2 ? Response(words[2]) : .bytes(Secret("")))
        case "CANCEL": self = .cancel(id: try Self.id(words))
        default: self = .unknown
        }
    }

    /// The number of a request, which is of the client's choice.
    fileprivate static func id(_ words: some Collection<ArraySlice<UInt8>>) throws(DoorFault) -> UInt32 {
        guard let word = words.dropFirst().first, let id = number(word) else {
            throw DoorFault("id", "a command without the number of its request")
        }
        return id
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt32? {
        guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return UInt32(String(decoding: digits, as: UTF8.self))
    }
}

/// A request to authenticate.
struct DovecotRequest {
    let id: UInt32
    /// In capitals.
    let mechanism: String
    /// Such as `smtp`.
    var service = ""
    /// Of the mail program's client; empty where it is not said.
    var address = ""
    /// Whether the mail program's client speaks TLS, or is on the same machine.
    var isSecured = false
    /// What was sent with the request.
    var response = DovecotCommand.Response.none

    fileprivate init(_ words: [ArraySlice<UInt8>], id: UInt32) throws(DoorFault) {
        guard words.count > 2 else { throw DoorFault("mechanism", "a request without a mechanism") }
        self.id = id
        mechanism = String(decoding: words[2], as: UTF8.self).uppercased()
        for word in words.dropFirst(3) {
            // A secret: no text and no copy is made of it. Nothing counts behind it.
            if word.starts(with: Self.responseName) {
                response = .init(word.dropFirst(Self.responseName.count))
                return
            }
            let (name, value) = try Self.parameter(word)
            switch name {
            case "service": service = value
            case "rip": address = value
            case "secured": isSecured = true
            default: break
            }
        }
    }

    private static let responseName = Array("resp=".utf8)

    private static func parameter(_ word: ArraySlice<UInt8>) throws(DoorFault) -> (name: String, value: String) {
        let parts = word.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
        let value = parts.count > 1 ? parts[1] : []
        guard let text = String(validating: try DovecotEscape.decoded(value), as: UTF8.self) else {
            throw DoorFault("text", "a parameter is not UTF-8")
        }
        return (String(decoding: parts[0], as: UTF8.self), text)
    }
}

/// What 0x01 and a character stand for.
enum DovecotEscape {
    private static let pairs: [(byte: UInt8, letter: UInt8)] = [
        (0x00, UInt8(ascii: "0")), (0x01, UInt8(ascii: "1")), (UInt8(ascii: "\t"), UInt8(ascii: "t")),
        (UInt8(ascii: "\r"), UInt8(ascii: "r")), (UInt8(ascii: "\n"), UInt8(ascii: "n")),
    ]

    static func decoded(_ bytes: ArraySlice<UInt8>) throws(DoorFault) -> [UInt8] {
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
        return result
    }

    static func encoded(_ text: String) -> [UInt8] {
        text.utf8.flatMap { byte in pairs.first { $0.byte == byte }.map { [0x01, $0.letter] } ?? [byte] }
    }
}
