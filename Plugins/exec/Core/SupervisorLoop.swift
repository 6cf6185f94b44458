import Basics
import Glibc

/// What the supervisor's thread does. Used by that thread alone.
final class SupervisorLoop {
    private let mailbox: SupervisorMailbox
    private let environment: @Sendable (String) -> String?
    private var waiting: [SupervisorMailbox.Request] = []
    private var runs: [CommandRun] = []
    // When runs that do not end are given up; nil: not shutting down.
    private var giveUp: Int64?

    private init(_ mailbox: SupervisorMailbox, _ environment: @escaping @Sendable (String) -> String?) {
        self.mailbox = mailbox
        self.environment = environment
    }

    /// Starts the thread.
    static func start(
        _ mailbox: SupervisorMailbox, environment: @escaping @Sendable (String) -> String?
    ) throws(SystemError) -> pthread_t {
        try WorkerThread.start { SupervisorLoop(mailbox, environment).run() }
    }

    private func run() {
        while true {
            wait()
            takeNews()
            startNext()
            let now = SystemTime.monotonic
            for run in runs { run.advance(now) }
            runs.removeAll { $0.isOver }
            guard let giveUp else { continue }
            if runs.isEmpty || now >= giveUp { break }
        }
        for run in runs { run.abandon() }
    }

    private func wait() {
        var descriptors = [pollfd(fd: mailbox.descriptor, events: Int16(POLLIN), revents: 0)]
        for run in runs { descriptors += run.descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) } }
        let deadline = (runs.compactMap(\.deadline) + [giveUp].compactMap { $0 }).min()
        poll(&descriptors, nfds_t(descriptors.count), waiting.isEmpty ? Self.milliseconds(until: deadline) : 0)
    }

    private func takeNews() {
        let news = mailbox.take()
        waiting += news.requests
        for request in waiting where news.cancelled.contains(request.id) || news.isShuttingDown {
            request.completion(.failure(CommandFailure(.cancelled, path: request.command.path, "is not run any more")))
        }
        waiting.removeAll { news.cancelled.contains($0.id) || news.isShuttingDown }
        for run in runs where news.cancelled.contains(run.id) || (news.isShuttingDown && giveUp == nil) {
            run.cancel(SystemTime.monotonic)
        }
        if news.isShuttingDown, giveUp == nil { giveUp = SystemTime.monotonic + 2_000_000_000 }
    }

    // One at a time: what runs already is looked after between two starts.
    private func startNext() {
        guard !waiting.isEmpty else { return }
        let request = waiting.removeFirst()
        do {
            runs.append(try CommandRun(request, environment: environment))
        } catch {
            request.completion(.failure(error))
        }
    }

    /// How long poll(2) waits, rounded up; -1 without a deadline.
    private static func milliseconds(until deadline: Int64?) -> Int32 {
        guard let deadline else { return -1 }
        return Int32(clamping: max(0, (deadline - SystemTime.monotonic + 999_999) / 1_000_000))
    }
}
