import Basics
import ModuleHost
import Synchronization

/// Threads of their own for module code, with a bounded queue in front.
///
/// One thread makes a serial lane. A job that does not return keeps its thread; the host marks the module hung and answers
/// for it. Log-ins wait apart from what sessions ask, and by turns for each user and address: who guesses passwords waits behind
/// itself. While both wait, each has every other turn.
final class WorkLane: Sendable {
    typealias Job = @Sendable () -> Void

    /// Who logs in.
    struct Asker: Sendable {
        let user: [UInt8]
        let address: [UInt8]
    }

    private struct Queue {
        /// What sessions ask and what a module must be told, in the order in which it came.
        var jobs: [Job] = []
        var head = 0
        /// Questions among the jobs; what a module must be told of does not count, and is never refused.
        var questions = 0
        var logins: FairQueue<Job>
        var isTurnOfLogins = true
        var stopped = false
        /// Whether the threads are there: they are made for the first job.
        var started = false
        /// How many questions of sessions may wait.
        var limit: Int

        init(limit: Int) {
            self.limit = limit
            logins = FairQueue(FairQueueBounds(inProportionTo: limit))
        }
    }

    private let queue: Mutex<Queue>
    private let ready = ThreadSemaphore()
    private let ended = ThreadSemaphore()
    private let threads: Int
    private let name: String

    /// - Parameters:
    ///   - threads: how many jobs run at once, at least 1.
    ///   - limit: how many log-ins may wait, and how many other questions.
    init(name: String, threads: Int, limit: Int) {
        queue = Mutex(Queue(limit: limit))
        self.threads = threads
        self.name = name
    }

    deinit { for _ in 0..<threads { ready.signal() } }

    /// Queues a question; returns whether there was room.
    ///
    /// - Parameter asker: who logs in; nil for what a session asks.
    func ask(for asker: Asker?, _ job: @escaping Job) -> Bool {
        let queued = queue.withLock { queue in
            if queue.stopped { return false }
            if let asker {
                do { try queue.logins.append(job, user: asker.user, address: asker.address) } catch { return false }
            } else {
                if queue.questions >= queue.limit { return false }
                queue.questions += 1
                queue.jobs.append { [weak self] in
                    self?.queue.withLock { $0.questions -= 1 }
                    job()
                }
            }
            startIfNeeded(&queue)
            return true
        }
        if queued { ready.signal() }
        return queued
    }

    /// Limits how many questions may wait from now on; those that wait stay.
    func limitQueue(to limit: Int) {
        queue.withLock { queue in
            queue.limit = limit
            queue.logins.bounds = FairQueueBounds(inProportionTo: limit)
        }
    }

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
            let isTurnOfLogins = queue.isTurnOfLogins || queue.head == queue.jobs.count
            if isTurnOfLogins, let login = queue.logins.next() {
                queue.isTurnOfLogins = false
                return login
            }
            queue.isTurnOfLogins = true
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
