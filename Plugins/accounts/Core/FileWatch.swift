import Glibc
import Synchronization

/// Offers what a watch sees of the world.
package struct WatchEnvironment: Sendable {
    /// The state of a file; nil when it is not there.
    let status: @Sendable (String) -> FileStatus?
    /// A number that differs for different content; nil when the file cannot be read.
    let content: @Sendable (String) -> UInt64?
    /// The time from an unspecified start, never backwards.
    let time: @Sendable () -> Duration
    /// The time since 1970, which files are marked with.
    let wallTime: @Sendable () -> Duration

    /// The file system, and the monotonic clock.
    package static let system = WatchEnvironment(
        status: { FileStatus(path: $0) }, content: FileContent.fingerprint,
        time: { clock(CLOCK_MONOTONIC) }, wallTime: { clock(CLOCK_REALTIME) })

    private static func clock(_ id: clockid_t) -> Duration {
        var now = timespec()
        clock_gettime(id, &now)
        return .seconds(now.tv_sec) + .nanoseconds(now.tv_nsec)
    }
}

/// Reads files again when they have changed, from a thread that looks at them four times a second.
package final class FileWatch: Sendable {
    private struct State {
        var detector: ChangeDetector
        /// What could not be read last, and why: it is reported once.
        var broken: Broken?
    }

    private struct Broken: Equatable {
        let contents: [UInt64?]
        let message: String
    }

    /// Between two looks; in milliseconds, as poll(2) takes it.
    static let pause: Int32 = 250

    private let environment: WatchEnvironment
    private let files: @Sendable () -> [String]
    private let read: @Sendable () throws -> Void
    private let report: @Sendable (String) -> Void
    private let state: Mutex<State>
    private let running = Mutex<(thread: pthread_t, stop: Int32)?>(nil)

    /// Makes a watch for which the files count as read already.
    ///
    /// before: the states of files from before they were read, as far as they were taken. files: what to look at, asked
    /// at every look. read: reads them and puts them in force; throws why it kept what was in force. report: takes why a
    /// change could not be read, once for each content.
    package init(
        environment: WatchEnvironment = .system, before: [String: FileStatus?] = [:],
        files: @escaping @Sendable () -> [String],
        read: @escaping @Sendable () throws -> Void, report: @escaping @Sendable (String) -> Void
    ) {
        self.environment = environment
        self.files = files
        self.read = read
        self.report = report
        let read = Self.statuses(files(), environment).merging(before) { $1 }
        state = Mutex(State(detector: ChangeDetector(read: read, wallTime: environment.wallTime())))
    }

    /// Starts the thread. Throws an error whose description says why there is none.
    package func start() throws {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw ThreadError(description: "cannot start a watch: socketpair(2) says errno \(errno)")
        }
        let (stop, stopped) = (ends[0], ends[1])
        do {
            let thread = try WorkerThread.start {
                while !Self.isOver(stopped) { self.look() }
                Glibc.close(stopped)
            }
            running.withLock { $0 = (thread, stop) }
        } catch {
            Glibc.close(stop)
            Glibc.close(stopped)
            throw error
        }
    }

    /// Ends the thread, and waits for it.
    package func close() {
        guard let (thread, stop) = running.withLock({ $0.take() }) else { return }
        Glibc.close(stop)
        pthread_join(thread, nil)
    }

    /// Reads the files now, changed or not. Throws: what reading throws.
    package func readNow() throws {
        try state.withLock { state in
            state.detector.markRead(Self.statuses(files(), environment), wallTime: environment.wallTime())
            do {
                try read()
                state.broken = nil
            } catch {
                state.broken = broken(error)
                throw error
            }
        }
    }

    /// Looks at the files once, and reads them when it is time to.
    func look() {
        state.withLock { state in
            let (time, wallTime) = (environment.time(), environment.wallTime())
            guard state.detector.look(Self.statuses(files(), environment), at: time, wallTime: wallTime) else { return }
            do {
                try read()
                state.broken = nil
            } catch {
                let broken = broken(error)
                if broken != state.broken { report(broken.message) }
                state.broken = broken
            }
        }
    }

    private func broken(_ error: any Error) -> Broken {
        Broken(contents: files().map(environment.content), message: "\(error)")
    }

    private static func statuses(_ files: [String], _ environment: WatchEnvironment) -> ChangeDetector.Statuses {
        Dictionary(files.map { ($0, environment.status($0)) }, uniquingKeysWith: { first, _ in first })
    }

    /// Waits for the next look; true when the other end was closed instead: the thread is to end.
    private static func isOver(_ stopped: Int32) -> Bool {
        var wait = pollfd(fd: stopped, events: Int16(POLLIN), revents: 0)
        return poll(&wait, 1, pause) > 0
    }
}

/// Tells the contents of files apart.
enum FileContent {
    /// A number that differs for different content; nil when the file cannot be read.
    @Sendable static func fingerprint(_ path: String) -> UInt64? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return nil }
        defer { close(file) }
        return withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 16) { buffer in
            var fingerprint = Fingerprint()
            while true {
                let count = Glibc.read(file, buffer.baseAddress, buffer.count)
                if count < 0 && errno == EINTR { continue }
                if count < 0 { return nil }
                if count == 0 { return fingerprint.value }
                // SAFETY: `count` bytes were read into the buffer.
                fingerprint.add(
                    LentText(rebasing: UnsafeBufferPointer(buffer.bindMemory(to: UInt8.self))[..<count]))
            }
        }
    }
}
