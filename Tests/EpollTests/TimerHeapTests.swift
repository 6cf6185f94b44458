import Testing

@testable import Epoll

@Suite struct `The times of a loop` {
    /// The same, looked for one by one.
    private struct Naive {
        var times: [Int: UInt64] = [:]
        var first: UInt64? { times.values.min() }

        mutating func due(_ now: UInt64) -> Set<Int> {
            let due = Set(times.filter { $0.value <= now }.keys)
            for number in due { times[number] = nil }
            return due
        }
    }

    @Test(arguments: [1 as UInt64, 2, 3, 4]) func `come as they were set, moved and forgotten`(_ seed: UInt64) {
        var random = Steps(state: seed)
        var heap = TimerHeap()
        var naive = Naive()
        for step in 0..<20_000 as Range<UInt64> {
            let number = Int(random.next() % 200)
            switch random.next() % 8 {
            case 0...4:
                let due = step + random.next() % 500
                heap.set(number, to: due)
                naive.times[number] = due
            case 5:
                heap.remove(number)
                naive.times[number] = nil
            default:
                var popped: [UInt64] = []
                var numbers: Set<Int> = []
                while let first = heap.first, let number = heap.pop(step) {
                    popped.append(first)
                    numbers.insert(number)
                }
                #expect(popped == popped.sorted())
                #expect(numbers == naive.due(step))
            }
            #expect(heap.first == naive.first)
            #expect(heap.count == naive.times.count)
        }
    }

    /// Random numbers that are the same in every run.
    private struct Steps {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
    }
}
