import Basics
import Glibc
import Testing

@Suite struct AwaitedTests {
    @Test func `a value is there for the thread that waits, and the first one counts`() throws {
        let value = Awaited<Int>()
        let thread = try WorkerThread.start {
            value.put(1)
            value.put(2)
        }
        #expect(value.wait() == 1)
        pthread_join(thread, nil)
    }

    @Test func `what is brought before anybody waits is kept`() {
        let value = Awaited<String>()
        value.put("early")
        #expect(value.wait() == "early")
    }

    @Test func `a semaphore lets as many go on as it was signalled`() throws {
        let (places, entered) = (ThreadSemaphore(), ThreadSemaphore())
        let threads = try (0..<3).map { _ in
            try WorkerThread.start {
                places.wait()
                entered.signal()
            }
        }
        for _ in threads {
            places.signal()
            entered.wait()
        }
        for thread in threads { pthread_join(thread, nil) }
    }
}
