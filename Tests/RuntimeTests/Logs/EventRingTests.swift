import Testing

@testable import Runtime

@Suite struct EventRingTests {
    private let ring = EventRing(capacity: 4)

    @Test func `gives the lines from a number on`() {
        for number in 0..<3 { ring.append("line \(number)") }
        let found = ring.lines(from: 1, limit: 10)
        #expect(found.lines == ["line 1", "line 2"] && found.next == 3 && found.missed == 0)
        #expect(ring.next == 3)
        let one = ring.lines(from: 0, limit: 1)
        #expect(one.lines == ["line 0"] && one.next == 1 && one.missed == 0)
    }

    @Test func `counts the lines that a slow reader lost`() {
        for number in 0..<10 { ring.append("line \(number)") }
        let found = ring.lines(from: 3, limit: 2)
        #expect(found.lines == ["line 6", "line 7"] && found.next == 8 && found.missed == 3)
    }

    @Test func `has nothing for who is up to date or ahead`() {
        ring.append("line 0")
        for start in [UInt64(1), 5] {
            let found = ring.lines(from: start, limit: 10)
            #expect(found.lines.isEmpty && found.next == 1 && found.missed == 0)
        }
    }

    @Test func `keeps 4096 bytes of a line`() {
        ring.append(String(repeating: "x", count: 10_000))
        #expect(ring.lines(from: 0, limit: 1).lines == [String(repeating: "x", count: 4096)])
    }
}
