import Basics
import Testing

@Suite struct `A semaphore` {
    @Test func `ends a wait at its end, and at once where it was signalled`() {
        let semaphore = ThreadSemaphore()
        let begun = SystemTime.monotonic
        #expect(!semaphore.wait(for: .milliseconds(20)))
        #expect(SystemTime.monotonic - begun >= 20_000_000)
        semaphore.signal()
        #expect(semaphore.wait(for: .zero))
        #expect(!semaphore.wait(for: .zero), "a signal lets one go on")
    }

    @Test func `lets another thread go on`() throws {
        let (asked, answered) = (ThreadSemaphore(), ThreadSemaphore())
        _ = try WorkerThread.start {
            asked.wait()
            answered.signal()
        }
        asked.signal()
        #expect(answered.wait(for: .seconds(600)))
    }
}
