import Basics
import CFFI
import Glibc

/// What belongs to the whole process, or to a thread of the host's, and must be left as it is by a module.
struct ProcessState {
    private let currentDirectory: String
    private let currentLocale: String
    /// What is done at each signal, as the bytes of its handler.
    private let handlers: [Int32: [UInt8]]
    private let blocked: Set<Int32>
    /// Descriptors that programs started by the host would inherit.
    private let inherited: Set<Int32>
    private let standard: [Int32: FileIdentity]
    /// Descriptors that the host keeps for as long as it runs: logs that it appends to, sockets that it listens on, and what its
    /// event loops wait with. Others come and go meanwhile.
    private let kept: [Int32: FileIdentity]

    /// Looks at the process, and at the signals of the calling thread.
    init() {
        currentDirectory = Self.directory()
        currentLocale = Self.locale()
        handlers = Dictionary(uniqueKeysWithValues: Self.signals.map { ($0, Self.handler(of: $0)) })
        var mask = sigset_t()
        pthread_sigmask(SIG_SETMASK, nil, &mask)
        blocked = Set(Self.signals.filter { sigismember(&mask, $0) == 1 })
        let descriptors = Self.descriptors()
        inherited = descriptors.filter { fcntl($0, F_GETFD) & FD_CLOEXEC == 0 }
        kept = Dictionary(
            uniqueKeysWithValues: descriptors.filter(Self.isKept).compactMap { number in
                FileIdentity(number).map { (number, $0) }
            })
        standard = Dictionary(
            uniqueKeysWithValues: (0...2).compactMap { number in FileIdentity(number).map { (number, $0) } })
    }

    static func directory() -> String {
        getcwd(nil, 0).map { path in
            defer { free(path) }
            return String(cString: path)
        } ?? "no directory"
    }

    static func locale() -> String { setlocale(LC_ALL, nil).map { String(cString: $0) } ?? "none" }

    /// What has changed since an earlier look, in words: one sentence for each.
    func changes(since before: ProcessState) -> [String] {
        var changes: [String] = []
        if currentDirectory != before.currentDirectory {
            changes.append(
                "changed the working directory from `\(before.currentDirectory)` to `\(currentDirectory)`")
        }
        if currentLocale != before.currentLocale {
            changes.append("changed the locale from `\(before.currentLocale)` to `\(currentLocale)`")
        }
        for signal in Self.signals where handlers[signal] != before.handlers[signal] {
            changes.append("changed what the process does at \(Self.name(signal))")
        }
        for signal in blocked.symmetricDifference(before.blocked).sorted() {
            changes.append("left \(Self.name(signal)) \(blocked.contains(signal) ? "blocked" : "unblocked")")
        }
        for (number, file) in before.standard.sorted(by: { $0.key < $1.key }) where standard[number] != file {
            changes.append("\(standard[number] == nil ? "closed" : "replaced") descriptor \(number)")
        }
        for number in inherited.subtracting(before.inherited).sorted() {
            changes.append(
                "left descriptor \(number)\(Self.target(number)) open to programs that the host starts (no FD_CLOEXEC)")
        }
        return changes
    }

    /// Which descriptors of the host have been taken from it since an earlier look, in words: it cannot go on without them.
    func takings(since before: ProcessState) -> [String] {
        before.kept.sorted { $0.key < $1.key }.compactMap { number, file in
            guard let found = FileIdentity(number) else { return "closed descriptor \(number)" }
            return found == file ? nil : "made descriptor \(number) lead elsewhere\(Self.target(number))"
        }
    }

    private static func isKept(_ number: Int32) -> Bool {
        var status = stat()
        guard fstat(number, &status) == 0 else { return false }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return fcntl(number, F_GETFL) & O_APPEND != 0
        case S_IFSOCK:
            var (listens, size) = (Int32(0), socklen_t(MemoryLayout<Int32>.size))
            return getsockopt(number, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens != 0
        // epoll, eventfd and timerfd have no type.
        default: return status.st_mode & S_IFMT == 0
        }
    }

    /// Sees to it that a crash leaves its line, and names the signals at which it would have left none any more.
    static func catchCrashesAgain() -> [String] {
        let found = cffi_catch_crashes_again()
        return signals.filter { found >> UInt64($0) & 1 == 1 }.map(name)
    }

    private static let signals: [Int32] = (1...31).filter { $0 != SIGKILL && $0 != SIGSTOP }

    private static func handler(of signal: Int32) -> [UInt8] {
        var action = sigaction()
        sigaction(signal, nil, &action)
        return withUnsafeBytes(of: &action.__sigaction_handler) { Array($0) }
    }

    private static func name(_ signal: Int32) -> String {
        cffi_signal_name(signal).map { "SIG" + String(cString: $0) } ?? "signal \(signal)"
    }

    /// The descriptors behind the standard ones.
    private static func descriptors() -> Set<Int32> {
        guard let folder = opendir("/proc/self/fd") else { return [] }
        defer { closedir(folder) }
        var found: Set<Int32> = []
        while let entry = readdir(folder) {
            // SAFETY: d_name is NUL-terminated (readdir(3)) and lives until the next readdir of this stream.
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard let number = Int32(name), number > 2, number != dirfd(folder) else { continue }
            found.insert(number)
        }
        return found
    }

    /// What a descriptor leads to, in parentheses; nothing where the kernel does not say.
    private static func target(_ number: Int32) -> String {
        var path = [CChar](repeating: 0, count: 256)
        let count = readlink("/proc/self/fd/\(number)", &path, path.count - 1)
        guard count > 0 else { return "" }
        return " (\(String(decoding: path[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)))"
    }
}
