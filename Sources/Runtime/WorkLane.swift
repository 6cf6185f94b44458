import ModuleHost
import Synchronization

/// Threads of their own for module code, with a bounded queue in front.
///
/// One thread makes a serial lane. A job that does not return keeps its thread; the host marks the module hung and answers
/// for it.
final class WorkLane: Sendable {
    typealias Job = @Sendable () -> Void

    private struct Queue {
        var jobs: [Job] = []
        var head = 0
        /// Questions in the queue; what a module must be told of does not count, and is never refused.
        var questions = 0
        var stopped = false
        /// Whether the threads are there: they are made for the first job.
        var started = false
        /// How many questions may wait.
        var limit: Int
    }

    private let queue: Mutex<Queue>
    private let ready = Semaphore()
    private let ended = Semaphore()
    private let threads: Int
    private let name: String

    /// - Parameters:
    ///   - threads: how many jobs run at once, at least 1.
    ///   - limit: how many questions may wait.
    init(name: String, threads: Int, limit: Int) {
        queue = Mutex(Queue(limit: limit))
        self.threads = threads
        self.name = name
    }

    deinit { for _ in 0..<threads { ready.signal() } }

    /// Queues a question; returns whether there was room.
    func ask(_ job: @escaping Job) -> Bool {
        let queued = queue.withLock { queue in
            if queue.questions >= queue.limit || queue.stopped { return false }
            queue.questions += 1
            queue.jobs.append { [weak self] in
                self?.queue.withLock { $0.questions -= 1 }
                job()
            }
            startIfNeeded(&queue)
            return true
        }
        if queued { ready.signal() }
        return queued
    }

    /// Limits how many questions may wait from now on; those that wait stay.
    func limitQueue(to limit: Int) { queue.withLock { $0.limit = limit } }

    /// Queues what a module must be told.
    func tell(_ job: @escaping Job) {
        let taken = queue.withLock { queue in
            if queue.stopped { return false }
            queue.jobs.append(job)
            startIfNeeded(&queue)
            return true
        }
        if taken { ready.signal() }
    }

    /// Runs what is queued, ends the threads, and waits for the last of them: nothing runs afterwards.
    func drain() {
        let started = queue.withLock { queue in
            queue.stopped = true
            return queue.started
        }
        guard started else { return }
        for _ in 0..<threads { ready.signal() }
        for _ in 0..<threads { ended.wait() }
    }

    private func startIfNeeded(_ queue: inout Queue) {
        if queue.started { return }
        queue.started = true
        for _ in 0..<threads {
            _ = PosixThread.start(name: name) { [weak self, ready, ended] in
                defer { ended.signal() }
                while true {
                    ready.wait()
                    guard let self else { return }
                    guard let job = self.next() else { return }
                    job()
                }
            }
        }
    }

    private func next() -> Job? {
        queue.withLock { queue in
            guard queue.head < queue.jobs.count else { return nil }
            let job = queue.jobs[queue.head]
            queue.head += 1
            if queue.head == queue.jobs.count || queue.head > 1024 {
                queue.jobs.removeFirst(queue.head)
                queue.head = 0
            }
            return job
        }
    }
}
