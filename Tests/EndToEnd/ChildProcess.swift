import Glibc
import Synchronization

/// What a program that has ended left behind.
struct Ending {
    /// The exit status, or 128 and the signal as a shell counts.
    let status: Int32
    let output: String
    let errors: String
}

/// Why a program could not be waited for.
struct ChildError: Error, CustomStringConvertible {
    let description: String
}

/// A real program in a process group of its own, with an empty signal mask, which is killed when its owner lets go.
///
/// Foundation.Process is not used: from asynchronous code its children start with SIGTERM blocked.
final class ChildProcess {
    let pid: pid_t
    private let pipes: [Int32]
    private var texts: [[UInt8]] = [[], []]
    private var open = [true, true]
    private var ending: Ending?

    /// - Parameters:
    ///   - input: what the program reads from its standard input before the end.
    ///   - environment: added to a path and to nothing else.
    init(
        _ arguments: [String], input: String = "", directory: String? = nil, environment: [String: String] = [:]
    ) throws {
        let located = (directory.map { ["env", "-C", $0] } ?? []) + Self.carried(arguments)
        let child = try Self.starting.withLock { _ in try Self.start(located, environment) }
        pid = child.pid
        pipes = [child.output, child.errors]
        // A child that does not read ends the write with EPIPE, which is its own affair; inputs are short enough for a pipe.
        signal(SIGPIPE, SIG_IGN)
        _ = Array(input.utf8).withUnsafeBytes { write(child.input, $0.baseAddress, $0.count) }
        close(child.input)
    }

    /// A server of the run of the tests that has another carrier is told so.
    private static func carried(_ arguments: [String]) -> [String] {
        guard let carrier = getenv("AUTHHOST_TEST_CARRIER"), arguments.contains("serve") else { return arguments }
        return arguments + ["--door-carrier", String(cString: carrier)]
    }

    /// Held from the making of pipes until they are marked and used: else a child of another test would inherit an end, and
    /// the reader of the other would never see the output end.
    private static let starting = Mutex(())

    private static func start(
        _ arguments: [String], _ environment: [String: String]
    ) throws -> (pid: pid_t, input: Int32, output: Int32, errors: Int32) {
        let (stdin, stdout, stderr) = (try pipe(), try pipe(), try pipe())
        defer { for end in [stdin.read, stdout.write, stderr.write] { close(end) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, stdin.read, 0)
        posix_spawn_file_actions_adddup2(&actions, stdout.write, 1)
        posix_spawn_file_actions_adddup2(&actions, stderr.write, 2)
        // What other tests have open meanwhile is none of the child's: some count what they have got.
        for descriptor in 3..<Int32(clamping: min(sysconf(Int32(_SC_OPEN_MAX)), 4_096)) {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }
        return (try spawn(arguments, &actions, environment), stdin.write, stdout.read, stderr.read)
    }

    deinit {
        if ending == nil {
            kill(-pid, SIGKILL)
            var status: Int32 = 0
            waitpid(pid, &status, 0)
        }
        for pipe in pipes { close(pipe) }
    }

    /// Runs a program to its end.
    static func run(
        _ arguments: [String], input: String = "", directory: String? = nil, environment: [String: String] = [:],
        seconds: Int = 60
    ) throws -> Ending {
        try ChildProcess(arguments, input: input, directory: directory, environment: environment).finish(
            seconds: seconds)
    }

    var isRunning: Bool { ending == nil && kill(pid, 0) == 0 }

    /// Everything that was read of both outputs until now.
    var seen: String { texts.map { String(decoding: $0, as: UTF8.self) }.joined() }

    func terminate() { kill(pid, SIGTERM) }

    func send(_ signal: Int32) { kill(pid, signal) }

    /// Waits until one of the outputs holds `text`.
    func wait(for text: String, seconds: Int = 60) throws {
        let deadline = Self.now() + Int64(seconds) * 1_000
        while !seen.contains(text) {
            guard try read(until: deadline) else {
                throw ChildError(description: "the program ended or fell silent before it wrote `\(text)`: \(seen)")
            }
        }
    }

    /// Waits until something is so that the program does elsewhere; looked at a hundred times a second.
    func wait(until isSo: () -> Bool, seconds: Int = 60) throws {
        let deadline = Self.now() + Int64(seconds) * 1_000
        while !isSo() {
            guard Self.now() < deadline, open.contains(true) else {
                throw ChildError(description: "the program ended or did not do it in \(seconds) s: \(seen)")
            }
            _ = try read(until: Self.now() + 10)
        }
    }

    /// Reads what the program has written by now: one whose pipes are full stands still.
    func catchUp() throws { while try read(until: Self.now() + 1) {} }

    /// Waits for the end. A program that outlives `seconds` is killed, and that is an error.
    func finish(seconds: Int = 60) throws -> Ending {
        if let ending { return ending }
        let deadline = Self.now() + Int64(seconds) * 1_000
        while try read(until: deadline) {}
        if open.contains(true) {
            kill(-pid, SIGKILL)
            throw ChildError(description: "the program still ran after \(seconds) s: \(seen)")
        }
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        let code = status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
        let texts = texts.map { String(decoding: $0, as: UTF8.self) }
        let result = Ending(status: code, output: texts[0], errors: texts[1])
        ending = result
        return result
    }

    /// Reads what is there of both outputs; false at the end of both, or when the time is up.
    private func read(until deadline: Int64) throws -> Bool {
        var polls = zip(pipes, open).map { pollfd(fd: $1 ? $0 : -1, events: Int16(POLLIN), revents: 0) }
        let left = deadline - Self.now()
        guard open.contains(true), left > 0 else { return false }
        let ready = poll(&polls, nfds_t(polls.count), Int32(left))
        if ready < 0 && errno == EINTR { return true }
        guard ready > 0 else { return false }
        for index in polls.indices where polls[index].revents != 0 {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = Glibc.read(pipes[index], &buffer, buffer.count)
            if count > 0 { texts[index] += buffer[..<count] } else { open[index] = false }
        }
        return true
    }

    private static func spawn(
        _ arguments: [String], _ actions: inout posix_spawn_file_actions_t, _ environment: [String: String]
    ) throws -> pid_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        let variables = ["PATH": path + ":/usr/sbin", "SWIFT_BACKTRACE": "enable=no"].merging(environment) { $1 }
        let argv = arguments.map { strdup($0) } + [nil]
        let envp = variables.map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, arguments[0], &actions, &attributes, argv, envp)
        guard code == 0 else {
            throw ChildError(description: "`\(arguments[0])` does not start: \(String(cString: strerror(code)))")
        }
        return pid
    }

    private static func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        guard Glibc.pipe(&ends) == 0, ends.allSatisfy({ fcntl($0, F_SETFD, FD_CLOEXEC) == 0 }) else {
            throw ChildError(description: "no pipe: \(String(cString: strerror(errno)))")
        }
        return (ends[0], ends[1])
    }

    /// Milliseconds on a clock that never goes back.
    private static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}
