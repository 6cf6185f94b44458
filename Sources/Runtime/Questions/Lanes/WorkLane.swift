import Basics
import ModuleHost
import Synchronization

/// Threads of their own for module code, with a bounded queue in front.
///
/// One thread makes a serial lane. A job that does not return keeps its thread; the host marks the module hung and answers
/// for it. Log-ins wait by turns for each user and address: a guesser waits behind itself. Questions of sessions wait
/// by turns for each user and session: a program that asks more than the module can answer delays itself, and leaves room for
/// others. While both wait, each has every other turn.
final class WorkLane: Sendable {
    typealias Job = @Sendable () -> Void

    /// Who asks.
    struct Asker: Sendable {
        let user: [UInt8]
        /// Of a log-in its address, of a session's question the session.
        let address: [UInt8]
        let logsIn: Bool

        /// A user who logs in.
        init(user: [UInt8], address: [UInt8]) { (self.user, self.address, logsIn) = (user, address, true) }

        /// A session that asks.
        init(user: String, session: UInt64) {
            self.user = Array(user.utf8)
            address = withUnsafeBytes(of: session) { Array($0) }
            logsIn = false
        }
    }

    /// A job, and where it stands among all that are no log-ins.
    private struct Waiting {
        let order: UInt64
        let job: Job
    }

    private struct Queue {
        /// What a module must be told and what the host asks for itself, in the order of arrival.
        var jobs: [Waiting] = []
        var head = 0
        /// Questions among the jobs; what a module must be told of does not count, and is never refused.
        var questions = 0
        /// What sessions ask.
        var asked: FairQueue<Waiting>
        /// The one of them whose turn has come, while the module is told what came before it.
        var next: Waiting?
        var order: UInt64 = 0
        var logins: FairQueue<Job>
        var isTurnOfLogins = true
        var stopped = false
        /// Whether the threads are there: they are made for the first job.
        var started = false
        /// How many questions may wait that no session asks.
        var limit: Int

        init(limit: Int) {
            self.limit = limit
            asked = FairQueue(FairQueueBounds(sharing: limit))
            logins = FairQueue(FairQueueBounds(inProportionTo: limit))
        }

        mutating func waiting(_ job: @escaping Job) -> Waiting {
            order += 1
            return Waiting(order: order, job: job)
        }

        /// Takes the job whose turn it is; nil when nothing waits.
        mutating func take() -> Job? {
            let logsIn = isTurnOfLogins
            isTurnOfLogins.toggle()
            if logsIn { return logins.next() ?? takeOther() }
            return takeOther() ?? logins.next()
        }

        /// Takes what is no log-in. A question does not overtake what the module is told before it, such as new content.
        private mutating func takeOther() -> Job? {
            if next == nil { next = asked.next() }
            if let question = next, head == jobs.count || question.order < jobs[head].order {
                next = nil
                return question.job
            }
            guard head < jobs.count else { return nil }
            let job = jobs[head].job
            head += 1
            if head == jobs.count || head > 1024 {
                jobs.removeFirst(head)
                head = 0
            }
            return job
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
    /// - Parameter asker: nil for what the host asks for itself.
    func ask(for asker: Asker?, _ job: @escaping Job) -> Bool {
        let queued = queue.withLock { queue in
            if queue.stopped { return false }
            do throws(RefusedJob) {
                try add(job, for: asker, to: &queue)
            } catch {
                return false
            }
            startIfNeeded(&queue)
            return true
        }
        if queued { ready.signal() }
        return queued
    }

    private struct RefusedJob: Error {}

    private func add(_ job: @escaping Job, for asker: Asker?, to queue: inout Queue) throws(RefusedJob) {
        do {
            switch asker {
            case let asker? where asker.logsIn:
                try queue.logins.append(job, user: asker.user, address: asker.address)
            case let asker?:
                try queue.asked.append(queue.waiting(job), user: asker.user, address: asker.address)
            case nil:
                if queue.questions >= queue.limit { throw RefusedJob() }
                queue.questions += 1
                let counted = queue.waiting { [weak self] in
                    self?.queue.withLock { $0.questions -= 1 }
                    job()
                }
                queue.jobs.append(counted)
            }
        } catch {
            throw RefusedJob()
        }
    }

    /// Limits how many questions may wait from now on; those that wait stay.
    func limitQueue(to limit: Int) {
        queue.withLock { queue in
            queue.limit = limit
            queue.asked.bounds = FairQueueBounds(sharing: limit)
            queue.logins.bounds = FairQueueBounds(inProportionTo: limit)
        }
    }

    /// Queues what a module must be told.
    func tell(_ job: @escaping Job) { tell(placed: { _ in job() }) }

    /// Queues what a module must be told, and gives it its place among all that was queued.
    ///
    /// - Parameter goesOn: whether a job of this lane hands on what it has left over, for which even a lane that is drained has room.
    func tell(goesOn: Bool = false, placed job: @escaping @Sendable (_ place: UInt64) -> Void) {
        let taken = queue.withLock { queue in
            if queue.stopped && !goesOn { return false }
            let place = queue.order + 1
            queue.jobs.append(queue.waiting { job(place) })
            startIfNeeded(&queue)
            return true
        }
        if taken { ready.signal() }
    }

    /// The place of what was queued last.
    var lastPlace: UInt64 { queue.withLock { $0.order } }

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
                    guard let job = self.queue.withLock({ $0.take() }) else { return }
                    job()
                }
            }
        }
    }
}
