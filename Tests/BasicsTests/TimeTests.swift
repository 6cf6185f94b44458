import Basics
import Testing

@Suite struct TimeTests {
    @Test(arguments: [
        (Duration.zero, Int64(0)), (.seconds(1.5), 1_500_000_000), (.seconds(-1.5), -1_500_000_000),
        (.nanoseconds(7), 7), (.seconds(Int64.max), .max), (.seconds(Int64.min), .min),
    ])
    func `a duration is its nanoseconds, and one that is too long the most that there are`(
        _ duration: Duration, _ nanoseconds: Int64
    ) {
        #expect(duration.nanoseconds == nanoseconds)
    }

    @Test func `the clocks go on, and seconds are those of the wall clock`() {
        let (boot, monotonic, wall) = (SystemTime.boot, SystemTime.monotonic, SystemTime.wall)
        #expect(SystemTime.boot >= boot && SystemTime.monotonic >= monotonic && boot >= monotonic - 1_000_000_000)
        #expect((wall / 1_000_000_000...wall / 1_000_000_000 + 600).contains(SystemTime.seconds))
    }
}
