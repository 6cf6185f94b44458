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

@Suite struct LogTimeTests {
    @Test(arguments: [Int64(0), 1_769_867_537_420_123_999, 1_785_578_400_000_001_000, 4_102_444_799_999_999_999])
    func `has two spellings of one length, and the second is RFC 3339 of the same second`(nanoseconds: Int64) {
        let time = LogTime(nanoseconds: nanoseconds)
        #expect(RFC3339.seconds(time.rfc3339) == nanoseconds / 1_000_000_000, "\(time.rfc3339)")
        #expect(time.text.utf8.count == 32 && time.rfc3339.utf8.count == 32, "\(time.text)")
        #expect(LogTime.rfc3339(time.text) == time.rfc3339)
        #expect(time.rfc3339.contains(".\((nanoseconds / 1000 % 1_000_000).padded(to: 6))"))
    }

    @Test(arguments: ["", "2026", "2026-01-31T13:52:17.420123+00:00", "a message that has 32 characters"])
    func `leaves other texts as they are`(text: String) { #expect(LogTime.rfc3339(text) == text) }

    @Test(arguments: [
        ("::1", 80, "[::1]:80"), ("2001:db8::7", 443, "[2001:db8::7]:443"), ("192.0.2.1", 1, "192.0.2.1:1"),
        ("a.example", 8080, "a.example:8080"),
    ])
    func `a host with a port has an IPv6 address in brackets`(host: String, port: Int, text: String) {
        #expect(HostAndPort.text(host, port) == text)
    }
}
