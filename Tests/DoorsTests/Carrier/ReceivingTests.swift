import Testing

@testable import DoorProtocols

@Suite struct `Received bytes` {
    private static func bytes(_ received: borrowing ReceivedBytes) -> [UInt8] { received.copy(0..<received.count) }

    @Test func `come in the order in which they came, and keep no more than is not read yet`() {
        var received = ReceivedBytes()
        received.append([0].span)
        for round in 0..<10_000 {
            received.append([UInt8](repeating: UInt8(truncatingIfNeeded: round), count: 1_000).span)
            received.discard(1_000)
        }
        #expect(Self.bytes(received) == [UInt8(truncatingIfNeeded: 9_999)])
        #expect(received.capacity <= 8_192)
    }

    @Test func `are found behind what was read`() {
        var received = ReceivedBytes()
        for text in ["ab", "cd", "ef"] { received.append(Array(text.utf8).span) }
        received.discard(3)
        #expect(Self.bytes(received) == Array("def".utf8))
        #expect(received.firstIndex(of: UInt8(ascii: "e")) == 1)
        #expect(received.firstIndex(of: UInt8(ascii: "a")) == nil)
        let last = received.span[2]
        #expect(last == UInt8(ascii: "f"))
        received.wipe()
        let isEmpty = received.isEmpty
        #expect(isEmpty)
    }

    @Test func `of a long request are no reason to keep that much`() {
        var received = ReceivedBytes()
        received.append([UInt8](repeating: 1, count: 1_000_000).span)
        received.discard(1_000_000)
        received.append([1].span)
        #expect(received.capacity < 1_000)
    }
}
