import Basics
import Glibc
import Synchronization

/// Offers what a watch sees of the world: files, and the times that it compares them with. Tests bring a world of their own.
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
        time: { .nanoseconds(SystemTime.monotonic) }, wallTime: { .nanoseconds(SystemTime.wall) })
}

/// An error of reading accounts that says whether another try may help.
package protocol ReadingFault: Error {
    /// Whether the files could not be read, or what reading them takes was not to be had. False where they were
    /// read and are wrong.
    var isUnreadable: Bool { get }
}

/// How the accounts in force stand to those in the files.
package enum WatchState: Equatable, Sendable {
    /// They are the same.
    case current
    /// The files are newer, and could not be read.
    case unreadable(String)
    /// The files are newer, and wrong.
    case wrong(String)

    init(_ error: any Error) {
        self = (error as? any ReadingFault)?.isUnreadable == true ? .unreadable("\(error)") : .wrong("\(error)")
    }
}

/// Reads files again when they have changed, from a thread that looks at them four times a second. A file that could not
/// be read is tried again at every look.
package final class FileWatch: Sendable {
    private struct State {
        var detector: ChangeDetector
        /// What could not be read last, and why, so that it is reported once.
        var broken: Broken?
        var told = WatchState.current
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
    private let tell: @Sendable (WatchState) -> Void
    private let followsChanges: Bool
    private let state: Mutex<State>
    private let running = Mutex<(thread: pthread_t, stop: Int32)?>(nil)

    /// Makes a watch for which the files count as read already.
    ///
    /// before: the states of files from before they were read, as far as they were taken. files: what to look at, asked
    /// at every look. read: reads them and puts them in force; throws why it kept what was in force, a ``ReadingFault``
    /// where another try may help. report: takes why a change could not be read, once for each content. tell: takes how
    /// what is in force stands to the files, whenever that changes. followsChanges: false looks only at what
    /// ``readNow()`` could not read.
    package init(
        environment: WatchEnvironment = .system, before: [String: FileStatus?] = [:], followsChanges: Bool = true,
        files: @escaping @Sendable () -> [String],
        read: @escaping @Sendable () throws -> Void, report: @escaping @Sendable (String) -> Void,
        tell: @escaping @Sendable (WatchState) -> Void = { _ in }
    ) {
        self.environment = environment
        self.followsChanges = followsChanges
        self.tell = tell
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
            throw SystemError(errno, "cannot start a watch: socketpair(2)")
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
                note(.current, &state)
            } catch {
                state.broken = broken(error)
                note(WatchState(error), &state)
                throw error
            }
        }
    }

    /// Looks at the files once, and reads them when it is time to.
    func look() {
        state.withLock { state in
            let isUnread = if case .unreadable = state.told { true } else { false }
            guard followsChanges || isUnread else { return }
            let (time, wallTime) = (environment.time(), environment.wallTime())
            let isDue = state.detector.look(Self.statuses(files(), environment), at: time, wallTime: wallTime)
            guard isDue || isUnread else { return }
            do {
                try read()
                state.broken = nil
                note(.current, &state)
            } catch {
                let broken = broken(error)
                if broken != state.broken { report(broken.message) }
                state.broken = broken
                note(WatchState(error), &state)
            }
        }
    }

    private func note(_ now: WatchState, _ state: inout State) {
        guard now != state.told else { return }
        state.told = now
        tell(now)
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
