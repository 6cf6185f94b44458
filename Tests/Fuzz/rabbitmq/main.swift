import AuthCore
import Conversing
import Fuzzing

@testable import DoorProtocols

/// Reads one input as a request of RabbitMQ, and makes the object of what it asks.
func read(_ bytes: [UInt8]) {
    var reader = StrictRequestReader()
    do throws(RequestRefusal) {
        guard try reader.read(bytes.span) else { return }
        let head = reader.head
        for kind in RabbitMQQuestion.Kind.allCases
        where RequestLine.equals(bytes.span, head.path, "/auth/\(kind.rawValue)") {
            look(try RabbitMQQuestion(kind, bytes.span, head.method == .get ? head.query : head.body))
        }
    } catch {
        expectReadable(error.detail)
    }
}

/// What stands for a letter of the template.
func part(_ letter: Character, of object: RabbitMQObject) -> [UInt8] {
    var bytes: [UInt8] = []
    object.write(letter, to: &bytes)
    return bytes
}

/// Whatever the names are, they stay in their own segments.
func look(_ question: RabbitMQQuestion) {
    guard case .object(let object, _) = question.subject else { return }
    let parts = "vknw".map { part($0, of: object) }
    let bytes: [UInt8] = Array("/mq/".utf8) + parts[0] + [UInt8(ascii: "/")] + parts[1...].joined()
    guard let name = try? ObjectName(bytes) else {
        return
    }
    let segments = name.bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    precondition(
        segments[1].elementsEqual("mq".utf8) && segments[3].elementsEqual(object.kind.rawValue.utf8), "\(name)")
    let words = object.routingKey.map { key in key.count { $0 == UInt8(ascii: ".") } + 1 } ?? 0
    precondition(segments.count == 4 + (object.name == nil ? 0 : 1) + words, "\(name)")
    let slashes = part("r", of: object).count { $0 == UInt8(ascii: "/") }
    precondition(slashes == (object.routingKey == nil ? 0 : 1), "\(name)")
}

fuzz { data, size in
    read(Array(UnsafeBufferPointer(start: data, count: size)))
    converseWithProbe(RabbitMQDoor.self, Array(UnsafeBufferPointer(start: data, count: size)))
    return 0
}
