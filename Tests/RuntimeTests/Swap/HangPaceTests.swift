import Runtime
import Testing

@Suite struct `A module that hangs is replaced` {
    private static func second(_ number: Int64) -> Int64 { number * 1_000_000_000 }

    @Test func `at once, then after waits that double, up to an hour`() {
        var pace = HangPace()
        var now = Self.second(5)
        var answers = [pace.allows(at: now)]
        for wait in [60, 120, 240, 480, 960, 1920] as [Int64] {
            answers.append(!pace.allows(at: now + Self.second(wait) - 1))
            now += Self.second(wait)
            answers.append(pace.allows(at: now))
        }
        answers.append(!pace.allows(at: now + Self.second(3600) - 1))
        // An hour after the last one it begins anew.
        now += Self.second(3600)
        answers.append(pace.allows(at: now))
        answers.append(!pace.allows(at: now + Self.second(59)))
        answers.append(pace.allows(at: now + Self.second(60)))
        #expect(answers.allSatisfy { $0 }, "\(answers)")
    }
}
