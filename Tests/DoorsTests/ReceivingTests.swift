import NIOCore
import Testing

@testable import Doors

@Suite struct `A buffer of what has come in` {
    @Test func `keeps no more than is not read yet, however much comes`() {
        var buffer = ByteBuffer(bytes: [0])
        for _ in 0..<10_000 {
            var incoming = ByteBuffer(repeating: 1, count: 1_000)
            buffer.append(&incoming)
            buffer.moveReaderIndex(forwardBy: 1_000)
        }
        #expect(buffer.readableBytes == 1)
        #expect(buffer.capacity <= 8_192)
    }

    @Test func `is in the order in which it came`() {
        var buffer = ByteBuffer()
        for text in ["ab", "cd", "ef"] {
            var incoming = ByteBuffer(string: text)
            buffer.append(&incoming)
            if text == "cd" { buffer.moveReaderIndex(forwardBy: 1) }
        }
        #expect(String(buffer: buffer) == "bcdef")
    }
}

@Suite struct `Received bytes` {
    @Test func `come in the order in which they came, and keep no more than is not read yet`() {
        var received = ReceivedBytes()
        received.append(ByteBuffer(bytes: [0]))
        for round in 0..<10_000 {
            received.append(ByteBuffer(repeating: UInt8(truncatingIfNeeded: round), count: 1_000))
            if round % 3 == 0 { received.handOver(1_000) } else { received.discard(1_000) }
        }
        #expect(Array(received.buffer.readableBytesView) == [UInt8(truncatingIfNeeded: 9_999)])
        #expect(received.buffer.capacity <= 8_192)
    }

    @Test func `are overwritten where they lay, whoever holds them too`() {
        let first = ByteBuffer(string: "user=a&pass")
        let second = ByteBuffer(string: "word=secret")
        var received = ReceivedBytes()
        received.append(first)
        received.append(second)
        let moved = received.buffer
        #expect(String(buffer: moved) == "user=a&password=secret")
        // Nothing is left where they came in.
        #expect(first.readableBytesView.allSatisfy { $0 == 0 })
        #expect(second.readableBytesView.allSatisfy { $0 == 0 })
        received.discard(7)
        received.wipe()
        #expect(moved.readableBytesView.allSatisfy { $0 == 0 })
        #expect(received.isEmpty)
    }

    @Test func `leave what was handed over to who has it`() {
        let incoming = ByteBuffer(string: "onetwo")
        var received = ReceivedBytes()
        received.append(incoming)
        received.handOver(3)
        received.append(ByteBuffer(string: "three"))
        #expect(String(buffer: received.buffer) == "twothree")
        #expect(incoming.readableBytesView.elementsEqual(Array("one".utf8) + [0, 0, 0]))
    }
}
