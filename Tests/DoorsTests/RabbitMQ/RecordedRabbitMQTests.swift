import AuthCore
import Testing

@testable import DoorCarrier
@testable import DoorProtocols

@Suite struct `Recorded questions of RabbitMQ` {
    private static func host(_ resumes: Bool) -> FakeHost { `The RabbitMQ door`.generous(resumes: resumes) }

    /// Reads a request as the door does; nil for one that is not complete.
    private static func read(_ bytes: [UInt8]) throws(RequestRefusal) -> RabbitMQQuestion? {
        var reader = StrictRequestReader()
        guard try reader.readRequestLine(bytes.span), try reader.readRest(bytes.span) else { return nil }
        let head = reader.head
        let path = String(decoding: bytes[head.path], as: UTF8.self)
        guard let kind = RabbitMQQuestion.Kind.allCases.first(where: { path == "/auth/\($0.rawValue)" }) else {
            throw .bad("no path")
        }
        return try RabbitMQQuestion(kind, bytes.span, head.method == .get ? head.query : head.body)
    }

    @Test(arguments: ["get", "post", "mqtt"])
    func `are all answered, over one connection, also one behind the other`(_ prefix: String) async throws {
        let names = try RecordedRabbitMQ.names(prefix)
        #expect(names.count >= 20)
        for doubled in [false, true] {
            let host = Self.host(true)
            try await `The RabbitMQ door`.run(host) { door in
                let client = try await door.client()
                var sent = 0
                for name in names {
                    let bytes = try RecordedRabbitMQ.bytes(name)
                    try await client.send(doubled ? bytes + bytes : bytes)
                    sent += doubled ? 2 : 1
                    let responses = await client.responses(sent)
                    #expect(responses.count == sent)
                    #expect(responses.last?.body == "allow", "\(name)")
                }
                try await client.close()
            }
            let asked = `The RabbitMQ door`.asked(host)
            let session = doubled ? 2 : 1
            switch prefix {
            case "mqtt":
                #expect(asked.contains("read /rabbitmq/%2F/topic/amq.topic/FX/*/RATE 5") || doubled, "\(asked)")
                #expect(asked.contains { $0.hasPrefix("login user1 cid-7") })
            default:
                #expect(asked.contains("write /rabbitmq/%2F/topic/FX/EUR/RATE \(session)"), "\(asked)")
                #expect(asked.contains("read /rabbitmq/%2F/topic/FX/*/RATE \(session)"), "\(asked)")
                #expect(asked.contains("write /rabbitmq/%2F/exchange/amq.default \(session)"), "\(asked)")
                #expect(asked.contains { $0.hasPrefix("login user1  mq") })
            }
        }
    }

    @Test func `are no question when they are cut short at any byte`() throws {
        for name in try RecordedRabbitMQ.names() {
            let bytes = try RecordedRabbitMQ.bytes(name)
            for end in bytes.indices {
                let question = try? Self.read(Array(bytes[..<end]))
                #expect(question == nil, "\(name) at \(end)")
            }
            #expect(try Self.read(bytes) != nil, "\(name)")
        }
    }

    @Test func `are not answered when they are cut short and the connection closes`() throws {
        let bytes = try RecordedRabbitMQ.bytes("post-01-auth-user.req")
        let host = Self.host(true)
        let door = try RehearsedDoor("rabbitmq", host)
        for end in bytes.indices {
            #expect(door.talk(Array(bytes[..<end]), endingInput: true).isEmpty, "at \(end)")
        }
        #expect(host.questions.isEmpty)
    }

    @Test(arguments: [0, 0x20, 0x25, 0x26, 0x2B, 0x2F, 0x3D, 0x0A, 0x80, 0xFF] as [UInt8])
    func `name nothing outside of their part of the tree when a byte of them is another`(_ byte: UInt8) throws {
        let template = try TextTemplate("/rabbitmq/%v/%k%n%w", letters: "vknrw")
        var questions = 0
        for name in try RecordedRabbitMQ.names() {
            let recorded = try RecordedRabbitMQ.bytes(name)
            for index in recorded.indices {
                var bytes = recorded
                bytes[index] = byte
                guard let question = try? Self.read(bytes), case .object(let object, _) = question.subject,
                    let name = try? template.name(object.write(_:to:))
                else { continue }
                questions += 1
                let segments = name.text.split(separator: "/", omittingEmptySubsequences: false)
                #expect(segments[1] == "rabbitmq" && segments[3] == object.kind.rawValue, "\(name)")
                #expect((4...16).contains(segments.count), "\(name)")
            }
        }
        #expect(questions > 0)
    }
}
