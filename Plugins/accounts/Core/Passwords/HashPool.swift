import Basics
import Glibc
import Synchronization

/// Runs password checks on a fixed number of threads of its own, behind a queue that is fair by user and address.
final class HashPool: Sendable {
    /// A password check, told at its end whether the pool ran it; `nil` means that the pool was stopped first.
    typealias Job = @Sendable (PasswordCheck?) -> Void

    /// The user that a check is about, and where it comes from.
    struct Asker: Sendable {
        /// As the client says it, known or not.
        let user: [UInt8]
        /// Of an IPv4 address all of it, of an IPv6 address the 64 bits that a network has: one machine has all the rest.
        let address: [UInt8]

        /// address: as text. Any other text counts as an address of its own, and so does the empty one of doors that know none.
        init(user: [UInt8], address: [UInt8]) {
            self.user = user
            self.address = Address(address).map { Array($0.bytes.prefix($0.isIPv4 ? 4 : 8)) } ?? address
        }
    }

    private struct State {
        var queue: FairQueue<Job>
        var isStopped = false
        var threads: [pthread_t] = []
    }

    private let state: Mutex<State>
    private let wake = ThreadSemaphore()
    private let bounds: FairQueueBounds
    private let meter: PasswordCheck.Meter?

    /// threads: 1 or more. meter: told of each hash, for tests.
    init(threads: Int, bounds: FairQueueBounds, meter: PasswordCheck.Meter? = nil) throws(SystemError) {
        state = Mutex(State(queue: FairQueue(bounds)))
        self.bounds = bounds
        self.meter = meter
        for _ in 0..<threads { try startThread() }
    }

    /// Queues a job; says why when there is no room or the pool stopped: the job was not and will not be run.
    func submit(for asker: Asker, _ job: @escaping Job) -> String? {
        let refusal = state.withLock { state -> String? in
            if state.isStopped { return "the module is stopping" }
            do throws(FairQueue<Job>.Refusal) {
                try state.queue.append(job, user: asker.user, address: asker.address)
                return nil
            } catch {
                return reason(error)
            }
        }
        if refusal == nil { wake.signal() }
        return refusal
    }

    private func reason(_ refusal: FairQueue<Job>.Refusal) -> String {
        switch refusal {
        case .all: "\(bounds.all) log-ins wait to be hashed already, more may not (hash-queue)"
        case .address: "\(bounds.address) log-ins from this address wait already, more may not (hash-queue-address)"
        case .user:
            "\(bounds.user) log-ins of this user from this address wait already, more may not (hash-queue-user)"
        }
    }

    /// Takes no more jobs, tells those that wait that they will not run, and waits for the running ones.
    func stop() {
        let (waiting, threads) = state.withLock { state in
            state.isStopped = true
            var waiting: [Job] = []
            while let job = state.queue.next() { waiting.append(job) }
            defer { state.threads = [] }
            return (waiting, state.threads)
        }
        for job in waiting { job(nil) }
        for _ in threads { wake.signal() }
        for thread in threads { pthread_join(thread, nil) }
    }

    private func startThread() throws(SystemError) {
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
            wake.wait()
            let (job, isStopped) = state.withLock { ($0.queue.next(), $0.isStopped) }
            if let job { job(check) } else if isStopped { return }
        }
    }
}
