import AuthCore
import Conversing
import Fuzzing

@testable import DoorProtocols

/// Reads one input as lines of a mail program, and follows the exchanges that they begin.
func read(_ bytes: [UInt8]) {
    var exchanges: [UInt32: SASLExchange] = [:]
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
        do throws(DoorFault) {
            switch try DovecotCommand(line) {
            case .version, .clientProcess, .unknown: break
            case .cancel(let id): exchanges[id] = nil
            case .authenticate(let request):
                guard let exchange = SASLExchange(request.mechanism) else { continue }
                proceed(exchange, request.response, request.id, &exchanges)
            case .proceed(let id, let response):
                guard let exchange = exchanges.removeValue(forKey: id) else { continue }
                proceed(exchange, response, id, &exchanges)
            }
        } catch {
            expectReadable(error.description)
        }
    }
}

func proceed(
    _ exchange: SASLExchange, _ response: DovecotCommand.Response, _ id: UInt32,
    _ exchanges: inout [UInt32: SASLExchange]
) {
    var exchange = exchange
    switch response {
    case .none: exchanges[id] = exchange
    case .notBase64: break
    case .bytes(let bytes):
        switch exchange.take(bytes) {
        case .challenge(let text):
            expectReadable(text)
            exchanges[id] = exchange
        case .credentials(let user, _): answer(id, user)
        case .otherUser, .malformed: break
        }
    }
}

/// Whatever a user is called, an answer is one line, and its words are those that the door means.
func answer(_ id: UInt32, _ user: String) {
    for (answer, word, words) in [
        (Answer(.wrongCredentials, .invalidPassword), "FAIL", 3), (Answer(.allow, .granted), "OK", 3),
    ] {
        var out = OutgoingBytes()
        DovecotReply.end(id, answer, user: user, to: &out)
        let line = out.bytes
        precondition(line.firstIndex(of: UInt8(ascii: "\n")) == line.count - 1)
        let parts = line.dropLast().split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
        precondition(parts.count == words && parts[0].elementsEqual(word.utf8))
        let name = try? DovecotEscape.decoded(parts[2].dropFirst(5))
        precondition(name?.elementsEqual(user.utf8) == true)
    }
}

fuzz { data, size in
    read(Array(UnsafeBufferPointer(start: data, count: size)))
    converseWithProbe(DovecotDoor.self, Array(UnsafeBufferPointer(start: data, count: size)))
    return 0
}
