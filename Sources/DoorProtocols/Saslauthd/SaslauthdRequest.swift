import AuthCore

/// What a client of saslauthd(8) asks: user, password, service and realm, and from newer ones its own client's address.
///
/// Each is a text behind its length in two bytes, the greater first (`saslauthd/ipc_unix.c` of Cyrus SASL). There are
/// no NULs in them, and no more than ``longest`` bytes in all.
struct SaslauthdRequest {
    static let longest = 8192

    let user: String
    let password: Secret
    let service: String
    let realm: String
    /// Empty from clients that send four fields.
    let address: String

    /// Reads what has come so far.
    ///
    /// Older clients send four fields and wait: a request is whole with four, and with five.
    ///
    /// - Returns: nil while a field is missing or not whole.
    /// - Throws: ``DoorFault`` for bytes that cannot become a request, whatever follows.
    static func read(_ bytes: Span<UInt8>) throws(DoorFault) -> SaslauthdRequest? {
        guard bytes.count <= longest else { throw SaslauthdFault.tooLong }
        var fields: [Range<Int>] = []
        fields.reserveCapacity(5)
        var place = 0
        var announced = 0
        while fields.count < 5, bytes.count - place >= 2 {
            let length = Int(bytes[place]) << 8 | Int(bytes[place + 1])
            announced += 2 + length
            guard announced <= longest else { throw SaslauthdFault.tooLong }
            guard bytes.count - place >= 2 + length else { return nil }
            fields.append(place + 2..<place + 2 + length)
            place += 2 + length
        }
        guard place == bytes.count else {
            if fields.count == 5 { throw SaslauthdFault.trailing }
            return nil
        }
        guard fields.count >= 4 else { return nil }
        return SaslauthdRequest(
            user: try text(bytes, fields[0], "user name"), password: Secret(bytes.extracting(fields[1])),
            service: try text(bytes, fields[2], "service"), realm: try text(bytes, fields[3], "realm"),
            address: try fields.count == 5 ? text(bytes, fields[4], "address") : "")
    }

    private static func text(_ bytes: Span<UInt8>, _ range: Range<Int>, _ what: String) throws(DoorFault) -> String {
        guard let text = String(utf8: bytes.extracting(range)), !text.utf8.contains(0) else {
            throw DoorFault("text", "the \(what) is not text")
        }
        return text
    }
}

/// What can be wrong with a request, beside its texts.
enum SaslauthdFault {
    static let tooLong = DoorFault("length", "the request has more than \(SaslauthdRequest.longest) bytes")
    static let trailing = DoorFault("trailing", "something follows the fifth field")
    static let short = DoorFault("short", "the request ends before its fourth field does")
    static let slow = DoorFault("slow", "the rest of the request did not come in time")
}
