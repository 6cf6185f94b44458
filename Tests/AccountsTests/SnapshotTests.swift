import Testing

@testable import Accounts

@Suite struct SnapshotTests {
    @Test func `reads a snapshot on many threads while it is replaced`() async throws {
        final class Box: Sendable {
            let numbers: [Int]
            init(_ number: Int) { numbers = Array(repeating: number, count: 8) }
        }
        let cell = SnapshotCell(Box(0))
        let bad = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    (0..<20_000).reduce(0) { sum, _ in
                        sum + cell.read { box in box.numbers.allSatisfy { $0 == box.numbers[0] } ? 0 : 1 }
                    }
                }
            }
            for number in 1...500 { cell.replace(with: Box(number)) }
            return await group.reduce(0, +)
        }
        #expect(bad == 0)
        #expect(cell.read { $0.numbers[0] } == 500)
    }
}
