import Testing

@testable import Runtime

@Suite struct `The table of questions` {
    @Test func `makes no more slots than questions are open at once, whichever threads answer them`() {
        let table = PendingTable()
        var indices: Set<UInt32> = []
        for _ in 0..<50 {
            let slots = (0..<8).map { _ in table.take() }
            indices.formUnion(slots.map(\.index))
            #expect(table.open == 8)
            TestThreads.run(slots.count) { table.put(slots[$0]) }
            #expect(table.open == 0)
        }
        #expect(indices.count == 8)
    }
}
