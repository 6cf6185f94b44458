import Testing

@testable import DoorProtocols

@Suite struct `A moment on the clock of a carrier` {
    @Test(
        arguments: [
            (.zero, 0), (.nanoseconds(1), 1), (.milliseconds(1500), 1_500_000_000), (.seconds(-1), 0),
            (.seconds(Int64.max), .max),
        ] as [(Duration, UInt64)])
    func `is later by a whole number of nanoseconds, never earlier, and ends with the clock`(
        _ duration: Duration, _ nanoseconds: UInt64
    ) {
        #expect(DoorInstant.nanoseconds(of: duration) == nanoseconds)
        #expect((DoorInstant(nanoseconds: 0) + duration).nanoseconds == nanoseconds)
        #expect((DoorInstant(nanoseconds: .max) + duration).nanoseconds == .max)
    }
}
