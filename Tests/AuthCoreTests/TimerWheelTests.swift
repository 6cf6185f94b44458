import AuthCore
import Testing

@Suite struct TimerWheelTests {
    private var wheel = TimerWheel<Int>(tick: 10, slots: 8, now: 1_000)

    @Test mutating func `holds a deadline until it has passed`() {
        wheel.add(1, due: 1_015)
        #expect(wheel.advance(to: 1_014) == [])
        #expect(wheel.count == 1)
        #expect(wheel.advance(to: 1_020) == [1])
        #expect(wheel.isEmpty)
    }

    @Test mutating func `lets a deadline that has passed expire at the next tick`() {
        wheel.add(1, due: 0)
        #expect(wheel.advance(to: 1_009) == [])
        #expect(wheel.advance(to: 1_010) == [1])
    }

    @Test mutating func `keeps a deadline that is further away than one turn`() {
        wheel.add(1, due: 1_000 + 10 * 8 * 3 + 5)
        var now: Int64 = 1_000
        while wheel.advance(to: now).isEmpty {
            now += 10
            #expect(now < 1_300)
        }
        #expect(now == 1_250)
    }

    @Test mutating func `expires everything when the clock jumps over many turns`() {
        for index in 0..<100 { wheel.add(index, due: 1_000 + Int64(index) * 7) }
        #expect(wheel.advance(to: 1_000_000).sorted() == Array(0..<100))
        #expect(wheel.count == 0)
    }

    @Test mutating func `stays as it is when the clock goes back`() {
        wheel.add(1, due: 1_020)
        #expect(wheel.advance(to: 10) == [])
        #expect(wheel.advance(to: 1_020) == [1])
    }

    @Test(arguments: 1...50)
    func `expires each deadline once, never early and at most one tick late`(seed: UInt64) {
        var generator = LinearGenerator(seed: seed)
        var wheel = TimerWheel<Int64>(tick: 10, slots: 8, now: 0)
        var waiting: [Int64: Int] = [:]
        var now: Int64 = 0
        for _ in 0..<500 {
            let due = now + Int64.random(in: -20...300, using: &generator)
            wheel.add(due, due: due)
            waiting[due, default: 0] += 1
            now += Int64.random(in: 0...25, using: &generator)
            for expired in wheel.advance(to: now) {
                #expect(expired <= now)
                waiting[expired, default: 0] -= 1
            }
            let late = waiting.filter { $0.value > 0 && $0.key <= now - 10 }
            #expect(late.allSatisfy { $0.key > now - 20 - 25 })
        }
        for expired in wheel.advance(to: now + 1_000) { waiting[expired, default: 0] -= 1 }
        #expect(waiting.values.allSatisfy { $0 == 0 })
        #expect(wheel.isEmpty)
    }
}

/// A repeatable source of numbers (Knuth's MMIX constants).
struct LinearGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 33
    }
}
