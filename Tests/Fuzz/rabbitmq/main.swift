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

/// Whatever the names are, they stay in their own segments.
func look(_ question: RabbitMQQuestion) {
    guard case .object(let object, _) = question.subject else { return }
    let parts = "vknw".map { Array(object.part($0)) }
    let bytes: [UInt8] = Array("/mq/".utf8) + parts[0] + [UInt8(ascii: "/")] + parts[1...].joined()
    guard let name = try? ObjectName(bytes) else {
        return
    }
    let segments = name.bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    precondition(
        segments[1].elementsEqual("mq".utf8) && segments[3].elementsEqual(object.kind.rawValue.utf8), "\(name)")
    let words = object.routingKey.map { key in key.count { $0 == UInt8(ascii: ".") } + 1 } ?? 0
    precondition(segments.count == 4 + (object.name == nil ? 0 : 1) + words, "\(name)")
    precondition(object.part("r").count { $0 == UInt8(ascii: "/") } == (object.routingKey == nil ? 0 : 1), "\(name)")
}

fuzz { data, size in
    read(Array(UnsafeBufferPointer(start: data, count: size)))
    converseWithProbe(RabbitMQDoor.self, Array(UnsafeBufferPointer(start: data, count: size)))
    return 0
}
