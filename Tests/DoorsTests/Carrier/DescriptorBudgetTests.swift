import Logging
import Testing

@testable import DoorCarrier

@Suite struct `The descriptors that doors share` {
    @Test func `are given out until none is left, which is said once, and once when it is over`() {
        let log = KeptLog()
        let budget = DescriptorBudget(total: 20, log: Logger(label: "test") { _ in KeptLog.Handler(log: log) })
        for _ in 0..<20 { #expect(budget.take()) }
        for _ in 0..<5 { #expect(!budget.take()) }
        #expect(log.lines.count == 1)
        budget.giveBack()
        #expect(log.lines.count == 1)
        budget.giveBack()
        #expect(log.lines.count == 2)
        #expect(budget.take() && budget.take() && !budget.take())
        #expect(log.lines.count == 3)
    }

    @Test(.timeLimit(.minutes(1))) func `close the connection that finds none, whichever door it is at`() async throws {
        let budget = DescriptorBudget(total: 1, log: nil)
        try await RunningAddedDoor.run(descriptors: budget) { door in
            #expect(budget.take())
            let refused = try await door.client()
            _ = await refused.end()
            budget.giveBack()
            let text = try await door.talk(
                Array("GET /auth HTTP/1.1\r\nHost: x\r\n\r\n".utf8), until: { $0.contains(UInt8(ascii: "\n")) })
            #expect(text.hasPrefix("HTTP/1.1 "))
        }
    }
}
