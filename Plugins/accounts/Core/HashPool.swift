import Glibc
import Synchronization

/// Runs password checks on a fixed number of threads of its own, behind a queue of fixed length.
final class HashPool: Sendable {
    /// A password check, told at its end whether the pool ran it; `nil` means that the pool was stopped first.
    typealias Job = @Sendable (PasswordCheck?) -> Void

    private struct State {
        var queue: [Job?]
        var first = 0
        var count = 0
        var isStopped = false
        var threads: [pthread_t] = []
    }

    private let state: Mutex<State>
    private nonisolated(unsafe) let wake: UnsafeMutablePointer<sem_t>
    // POSIX semaphores are made to be posted and awaited from any thread; the pointer itself never changes.

    private let meter: PasswordCheck.Meter?

    /// threads: 1 or more. capacity: jobs that may wait, 1 or more. meter: told of each hash, for tests.
    init(threads: Int, capacity: Int, meter: PasswordCheck.Meter? = nil) throws(ThreadError) {
        self.meter = meter
        state = Mutex(State(queue: Array(repeating: nil, count: capacity)))
        wake = .allocate(capacity: 1)
        // SAFETY: freed after the last thread has been joined.
        sem_init(wake, 0, 0)
        for _ in 0..<threads { try startThread() }
    }

    deinit {
        // SAFETY: threads hold a reference, so the last one let go means that none runs.
        sem_destroy(wake)
        wake.deallocate()
    }

    /// Queues a job; false when the queue is full or the pool stopped: the job was not and will not be run.
    func submit(_ job: @escaping Job) -> Bool {
        let isQueued = state.withLock { state in
            guard !state.isStopped, state.count < state.queue.count else { return false }
            state.queue[(state.first + state.count) % state.queue.count] = job
            state.count += 1
            return true
        }
        if isQueued { sem_post(wake) }
        return isQueued
    }

    /// Takes no more jobs, tells those that wait that they will not run, and waits for the running ones.
    func stop() {
        let (waiting, threads) = state.withLock { state in
            state.isStopped = true
            var waiting: [Job] = []
            while let job = Self.take(&state) { waiting.append(job) }
            defer { state.threads = [] }
            return (waiting, state.threads)
        }
        for job in waiting { job(nil) }
        for _ in threads { sem_post(wake) }
        for thread in threads { pthread_join(thread, nil) }
    }

    private static func take(_ state: inout State) -> Job? {
        guard state.count > 0 else { return nil }
        let job = state.queue[state.first]
        state.queue[state.first] = nil
        state.first = (state.first + 1) % state.queue.count
        state.count -= 1
        return job
    }

    private func startThread() throws(ThreadError) {
        do {
            let thread = try WorkerThread.start { self.run() }
            state.withLock { $0.threads.append(thread) }
        } catch {
            stop()
            throw error
        }
    }

    private func run() {
        let check = PasswordCheck(meter: meter)
        while true {
            while sem_wait(wake) != 0 {}
            let (job, isStopped) = state.withLock { (Self.take(&$0), $0.isStopped) }
            if let job { job(check) } else if isStopped { return }
        }
    }
}
