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
