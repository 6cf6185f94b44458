import Basics
import CFFI
import Glibc
import Synchronization

/// The process that modules run in: how it starts, and the only way in which it may end.
public enum HostProcess {
    /// The release of this host.
    public static let version = "0.1.0"

    /// The arguments of the command line without the command's own name.
    ///
    /// Not `CommandLine.arguments`: a runtime that is linked statically looks for them before `environ`, and finds none once a
    /// library has called setenv(3).
    public static var arguments: [String] {
        (0..<cffi_argument_count()).dropFirst().map { String(cString: cffi_argument($0)) }
    }

    /// Gives memory back that only the start has needed: pages of programs and libraries that nothing has changed, which are read
    /// again where they are run again, and what the allocator holds free.
    public static func giveBackStartMemory() { cffi_give_back() }

    /// Variables by which others choose the code of this process, or where the dynamic linker and iconv(3) find it.
    static let loaderVariables = [
        "LD_AUDIT", "LD_DYNAMIC_WEAK", "LD_HWCAP_MASK", "LD_LIBRARY_PATH", "LD_ORIGIN_PATH", "LD_PRELOAD", "LD_PROFILE",
        "GCONV_PATH",
    ]

    /// Starts the process again without such variables, where there are some; then guards its end: a crash leaves a line that
    /// names the module and the entry, and what ends the process in place of ``end(_:)`` ends it with a failure.
    ///
    /// - Returns: why the process cannot be started again, nil where all is well.
    public static func begin() -> String? {
        fillStandardDescriptors()
        StartDirectory.note()
        let names = loaderVariables.map { UnsafePointer(strdup($0)) } + [nil]
        defer { for name in names { free(UnsafeMutablePointer(mutating: name)) } }
        let failure = cffi_restart_without(names)
        guard failure == 0 else {
            return "cannot start again without \(loaderVariables.joined(separator: ", ")), which would load code that "
                + "was not checked: /proc/self/exe: \(SystemError(failure)); unset them"
        }
        cffi_return_freed_memory()
        cffi_guard_process()
        ProcessLoss.handle { cffi_end_lost($0) }
        return nil
    }

    /// Takes the numbers 0 to 2 where the process was started without: no file of ours, such as the copy of a module, gets one of
    /// them and is written over. To read or write there fails as it would have.
    private static func fillStandardDescriptors() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            // The lowest number that is free is the one that is looked at.
            _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }

    /// Goes on in a child process, while the one that was started waits and ends as the child does: with success only where the
    /// child has ended by ``end(_:)``, whatever a module does to it. To be called before any module is loaded, by one thread.
    ///
    /// - Returns: why there is no child, nil where all is well.
    public static func goOnWatched() -> String? {
        let failure = cffi_go_on_watched()
        return failure == 0 ? nil : "a process in which modules can be asked cannot be made: \(SystemError(failure))"
    }

    private static let output = Atomic<Int32>(STDOUT_FILENO)

    /// Where the answers of a command go.
    public static var outputDescriptor: Int32 { output.load(ordering: .acquiring) }

    /// Whether there is an output that is kept for answers.
    public static var keepsOutput: Bool { outputDescriptor != STDOUT_FILENO }

    /// Keeps standard output for answers: what modules write there goes to standard error from now on. To be called before any
    /// module is loaded, by one thread.
    public static func keepOutput() {
        // A client that goes away ends nothing, and neither does a server that a module speaks with.
        signal(SIGPIPE, SIG_IGN)
        guard outputDescriptor == STDOUT_FILENO else { return }
        let own = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
        // A command that was started without standard output has none to keep.
        guard own >= 0, dup2(STDERR_FILENO, STDOUT_FILENO) == STDOUT_FILENO else { return }
        output.store(own, ordering: .releasing)
    }

    /// Ends the process with a status, once it is known what was decided.
    public static func end(_ status: Int32) -> Never { cffi_end(status) }

    /// Tells where the line of a crash goes besides standard error.
    ///
    /// - Parameter descriptor: of the event log's file; nil where that is standard error.
    public static func setEventLog(_ descriptor: Int32?, json: Bool) { cffi_set_event_log(descriptor ?? -1, json) }
}
