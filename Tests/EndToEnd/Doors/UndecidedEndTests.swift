import Foundation
import Testing

/// A way in which a module ends the process, and what must come of it.
struct ForeignEnd: CustomTestStringConvertible {
    let way: String
    /// The exit status, or 128 and the signal.
    let status: Int32
    let says: String
    var testDescription: String { way }

    static let all =
        [
            ForeignEnd(way: "exit", status: 1, says: "module `ends` ended the process with exit() in \(login)"),
            ForeignEnd(
                way: "quick-exit", status: 1, says: "module `ends` ended the process with quick_exit() in \(login)"),
            ForeignEnd(way: "_exit", status: 1, says: "module `ends` ended the process with _exit() in \(login)"),
            ForeignEnd(way: "daemon", status: 1, says: "module `ends` ended the process with daemon() in \(login)"),
            ForeignEnd(way: "crash", status: 139, says: "module `ends` crashed in \(login): signal 11 (SIGSEGV)"),
            ForeignEnd(way: "unhandled", status: 139, says: "module `ends` crashed in \(login): signal 11 (SIGSEGV)"),
            ForeignEnd(way: "handled", status: 139, says: "module `ends` crashed in \(login): signal 11 (SIGSEGV)"),
            ForeignEnd(way: "raise", status: 139, says: "module `ends` crashed in \(login): signal 11 (SIGSEGV)"),
            ForeignEnd(way: "ignored", status: 139, says: "module `ends` crashed in \(login): signal 11 (SIGSEGV)"),
            ForeignEnd(way: "abort", status: 134, says: "module `ends` crashed in \(login): signal 6 (SIGABRT)"),
            ForeignEnd(way: "overflow", status: 139, says: "module `ends` crashed in \(login): signal 11 (SIGSEGV)"),
        ] + onThreads + [alarm]

    private static let login = "`auth_new_user` (a log-in, generation 9)"

    /// On threads that the module has made itself, and that are in no entry point.
    static let onThreads = [
        ForeignEnd(way: "thread", status: 139, says: "module `ends` crashed \(outside): signal 11 (SIGSEGV)"),
        ForeignEnd(way: "thread-overflow", status: 139, says: "module `ends` crashed \(outside): signal 11 (SIGSEGV)"),
        ForeignEnd(way: "timer-overflow", status: 139, says: "module `ends` crashed \(outside): signal 11 (SIGSEGV)"),
        ForeignEnd(way: "c11-overflow", status: 139, says: "module `ends` crashed \(outside): signal 11 (SIGSEGV)"),
        ForeignEnd(way: "thread-exit", status: 1, says: "module `ends` ended the process with exit() \(outside)"),
        ForeignEnd(way: "timer-exit", status: 1, says: "module `ends` ended the process with exit() \(outside)"),
        ForeignEnd(way: "thread-_exit", status: 1, says: "module `ends` ended the process with _exit() \(outside)"),
    ]

    /// By a signal that something has asked for, whatever that was.
    static let alarm = ForeignEnd(
        way: "alarm", status: 142,
        says: "signal 14 (SIGALRM) ends the process, and authhost never asks for that one: look for alarm(), "
            + "setitimer() and setrlimit() in module `ends`")

    /// Ends that nothing in the process sees.
    static let unseen = [
        ForeignEnd(way: "syscall", status: 1, says: byCall), ForeignEnd(way: "next", status: 1, says: byCall),
        ForeignEnd(way: "exec", status: 1, says: byCall),
        ForeignEnd(
            way: "kill", status: 137,
            says: "signal 9 (SIGKILL) ended the process, while module `ends` was in \(login)"),
        ForeignEnd(
            way: "default", status: 139,
            says: "signal 11 (SIGSEGV) ended the process, while module `ends` was in \(login)"),
    ]

    private static let byCall =
        "a system call ended the process, or had it run another program, while module `ends` was in \(login)"

    private static let outside = "outside of its entry points"
}

@Suite(.needs(.cc, .curl)) struct UndecidedEndTests {
    private let folder: Folder
    private let module: [String]

    init() throws {
        folder = try Folder()
        module = [
            "--module", try folder.module(from: Place.file("Tests/EndToEnd/LoadedModules/Modules/ends.c"), "ends"),
        ]
    }

    @Test(arguments: ForeignEnd.all)
    func `a module that ends the command is named, and no user is let in`(_ end: ForeignEnd) throws {
        let ending = try AuthHost.run(["login", "--user", end.way] + module, input: "x\n")
        #expect(ending.status == end.status, "\(ending)")
        #expect(ending.errors.contains(end.says), "\(ending)")
        #expect(ending.output.isEmpty, "\(ending)")
    }

    private func isolated(_ user: String) throws -> Ending {
        try AuthHost.run(
            ["login", "--user", user, "--auth-login-timeout", "3", "--auth-module-isolation", "process"] + module,
            input: "x\n")
    }

    @Test(arguments: ForeignEnd.all)
    func `a module that ends its helper process is named, and the command goes on`(_ end: ForeignEnd) throws {
        let ending = try isolated(end.way)
        #expect(ending.status == 1 && ending.output.contains("undecided"), "\(ending)")
        #expect(ending.errors.contains("ends: its helper process ") && ending.errors.contains(end.says), "\(ending)")
    }

    @Test(arguments: ForeignEnd.unseen.map(\.way) + ["nowhere", "behind"])
    func `a helper process that a module ends unseen is told, and the command goes on`(_ way: String) throws {
        let ending = try isolated(way)
        #expect(ending.status == 1 && ending.output.contains("undecided"), "\(ending)")
        #expect(ending.errors.contains("what was in it is `could not decide`"), "\(ending)")
    }

    @Test(arguments: [
        ("closes", 0), ("child", 0), ("copy-exit", 0), ("copy-_exit", 0), ("copy-crash", 0), ("fork", 0), ("vfork", 0),
        ("leave", 1), ("hang", 1),
    ])
    func `what a module does to its helper process is nothing to the command`(_ way: String, _ status: Int32) throws {
        let ending = try isolated(way)
        #expect(ending.status == status && ending.output.hasSuffix("\n"), "\(ending)")
    }

    @Test(arguments: ForeignEnd.unseen)
    func `a command that a module ends unseen is a failure, and says where the module was`(_ end: ForeignEnd) throws {
        let ending = try AuthHost.run(["login", "--user", end.way] + module, input: "x\n")
        #expect(ending.status == end.status, "\(ending)")
        #expect(ending.errors.contains(end.says), "\(ending)")
        #expect(ending.output.isEmpty, "\(ending)")
    }

    @Test(arguments: ForeignEnd.unseen)
    func `a module that ends the process unseen while it is initialised is named`(_ end: ForeignEnd) throws {
        let ending = try AuthHost.run(
            ["login", "--user", "nobody", "--option", "init=\(end.way)"] + module, input: "x\n")
        #expect(ending.status == (end.status == 1 ? 4 : end.status), "\(ending)")
        let says = end.says.replacing("auth_new_user` (a log-in", with: "auth_init` (its start")
        #expect(ending.errors.contains(says), "\(ending)")
    }

    @Test(arguments: [
        (["check", "--read", "/syscall"], "`auth_check_read` (a read, generation 9)"),
        (["check", "--create", "/exec"], "`auth_check_write` (a create, generation 9)"),
        (["map", "/map/next"], "`auth_map_object` (a mapping, generation 9)"),
        (["explain", "--write", "/syscall"], "`auth_explain` (an explanation of a write, generation 9)"),
    ])
    func `every question of a command has an end that is seen`(_ command: [String], _ says: String) throws {
        let ending = try AuthHost.run(command + ["--user", "ann", "--password-stdin"] + module, input: "x\n")
        #expect(ending.status == 1 && ending.output.isEmpty, "\(ending)")
        #expect(ending.errors.contains("while module `ends` was in \(says)"), "\(ending)")
    }

    /// The runtime's backtracer, where there is one, comes back from its handler.
    @Test func `the signal of a crash that a module sends ends the process, whatever else handles it`() throws {
        let ending = try ChildProcess.run(
            [Place.binary("authhost"), "login", "--user", "raise"] + module, input: "x\n",
            environment: ["SWIFT_BACKTRACE": "enable=yes"])
        #expect(ending.status == 139 && ending.output.isEmpty, "\(ending)")
    }

    @Test func `a crash of a thread that has called no module tells which modules are mapped`() throws {
        let ending = try AuthHost.run(["login", "--user", "signal"] + module, input: "x\n")
        #expect(ending.status == 139, "\(ending)")
        let says = "authhost crashed outside of modules, of which are mapped: module `ends`: signal 11 (SIGSEGV)"
        #expect(ending.errors.contains(says), "\(ending)")
    }

    @Test(arguments: ["nowhere", "behind"])
    func `a crash over what a module has left is told with its entry, question and build`(_ way: String) throws {
        let ending = try AuthHost.run(["login", "--user", way] + module, input: "x\n")
        #expect(ending.status > 128 && ending.output.isEmpty, "\(ending)")
        let says =
            "authhost crashed outside of modules, behind what this thread has called last: module `ends` in "
            + "`auth_new_user` (a log-in, generation 9): signal "
        #expect(ending.errors.contains(says) && ending.errors.contains(", build "), "\(ending)")
    }

    @Test(arguments: ["hang", "leave"])
    func `a log-in whose entry does not come back ends at its deadline`(_ way: String) throws {
        let ending = try AuthHost.run(
            ["login", "--user", way, "--auth-login-timeout", "1", "--auth-init-timeout", "3600"] + module,
            input: "x\n")
        #expect(ending.status == 1, "\(ending)")
        #expect(ending.output == "undecided: deadline\n", "\(ending)")
        #expect(ending.errors.contains("module ends has not ended after 0.0 seconds"), "\(ending)")
        #expect(ending.errors.contains("not returned have auth_new_user on thread "), "\(ending)")
    }

    @Test func `an answer that cannot be written because a module has closed all descriptors is a failure`() throws {
        let ending = try AuthHost.run(["login", "--user", "closes"] + module, input: "x\n")
        #expect(ending.status == 1 && ending.output.isEmpty, "\(ending)")
        let says =
            "the descriptor of standard output is gone (write: bad file descriptor): authhost itself "
            + "never does that; look for close() in module `ends`; authhost ends with a failure"
        #expect(ending.errors.contains(says), "\(ending)")
    }

    @Test func `an end behind a decision does not say that nothing was decided`() throws {
        let ending = try AuthHost.run(["login", "--user", "free-exit"] + module, input: "x\n")
        #expect(ending.status == 1 && ending.output == "allow: granted\n", "\(ending)")
        let says = "with exit() in `auth_free_user` (the end of a session, generation 9): authhost ends with a failure"
        #expect(ending.errors.contains(says), "\(ending)")
    }

    @Test func `a signal that a command is sent ends it, and no module is named`() throws {
        let host = try ChildProcess([Place.binary("authhost"), "login", "--user", "hang"] + module, input: "x\n")
        try host.wait(until: { Self.isAsked(host.pid) })
        host.terminate()
        let ending = try host.finish()
        #expect(ending.status == 143 && !ending.errors.contains("ended the process"), "\(ending)")
    }

    /// Whether the process that goes on for a command has a thread for its module.
    private static func isAsked(_ parent: pid_t) -> Bool {
        let children = (try? String(contentsOfFile: "/proc/\(parent)/task/\(parent)/children", encoding: .utf8)) ?? ""
        return children.split(separator: " ").contains { child in
            let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(child)/task")) ?? []
            return threads.contains {
                (try? String(contentsOfFile: "/proc/\(child)/task/\($0)/comm", encoding: .utf8)) == "auth-blocking\n"
            }
        }
    }

    @Test(arguments: ["crash", "thread", "thread-overflow"])
    func `a crash names the build of the module, as an inspection does`(_ way: String) throws {
        let inspected = try AuthHost.run(["module", "inspect", module[1]]).output.split(separator: "\n")
        let build = try #require(inspected.first { $0.hasPrefix("build ") }?.split(separator: " ").last)
        #expect(build.count >= 16)
        let ending = try AuthHost.run(["login", "--user", way] + module, input: "x\n")
        #expect(ending.errors.contains("signal 11 (SIGSEGV), build \(build); the process ends"), "\(ending)")
    }

    @Test(arguments: ForeignEnd.all)
    func `a module that ends the process while it is initialised is named`(_ end: ForeignEnd) throws {
        let ending = try AuthHost.run(
            ["login", "--user", "nobody", "--option", "init=\(end.way)"] + module, input: "x\n")
        let isInside = end.says.contains("auth_new_user")
        #expect(ending.status == (end.status == 1 && isInside ? 4 : end.status), "\(ending)")
        let says = end.says.replacing("auth_new_user` (a log-in", with: "auth_init` (its start")
        #expect(ending.errors.contains(says), "\(ending)")
        #expect(ending.output.isEmpty, "\(ending)")
    }

    @Test(arguments: ["fork", "vfork"])
    func `a copy of the process that a module forked answers nothing`(_ way: String) throws {
        let ending = try AuthHost.run(["login", "--user", way] + module, input: "x\n")
        #expect(ending.output == "allow: granted\n", "\(ending)")
        #expect(ending.errors.contains("module `ends` forked the process in `auth_new_user`"), "\(ending)")
        #expect(ending.status == 0)
    }

    @Test(arguments: [
        (["check", "--read", "/crash"], "`auth_check_read` (a read, generation 9)"),
        (["check", "--write", "/crash"], "`auth_check_write` (a write, generation 9)"),
        (["check", "--create", "/crash"], "`auth_check_write` (a create, generation 9)"),
        (["map", "/map/crash"], "`auth_map_object` (a mapping, generation 9)"),
        (["explain", "--write", "/crash"], "`auth_explain` (an explanation of a write, generation 9)"),
    ])
    func `a crash names the kind of question`(_ command: [String], _ says: String) throws {
        let ending = try AuthHost.run(command + ["--user", "ann", "--password-stdin"] + module, input: "x\n")
        #expect(ending.status == 139, "\(ending)")
        #expect(ending.errors.contains("module `ends` crashed in \(says): signal 11 (SIGSEGV)"), "\(ending)")
        #expect(ending.output.isEmpty, "\(ending)")
    }

    @Test(arguments: [
        ("--read", "`auth_check_read` (a read, generation 7)"),
        ("--create", "`auth_check_write` (a write or a create, generation 7)"),
    ])
    func `a crash names the generation, and the kind as far as that can say it`(_ ask: String, _ says: String) throws {
        let module = try folder.module(from: Place.file("Tests/EndToEnd/LoadedModules/Modules/ends7.c"), "ends7")
        let ending = try AuthHost.run(
            ["check", "--user", "ann", "--password-stdin", ask, "/a", "--module", module], input: "x\n")
        #expect(ending.status == 139, "\(ending)")
        #expect(ending.errors.contains("module `ends7` crashed in \(says): signal 11 (SIGSEGV)"), "\(ending)")
    }

    /// One that shares the host's memory, and copies of it.
    @Test(arguments: ["child", "copy-exit", "copy-_exit", "copy-crash"])
    func `what ends a process that a module has made is no end of the host`(_ way: String) throws {
        let ending = try AuthHost.run(["login", "--user", way] + module, input: "x\n")
        #expect(ending.status == 0 && ending.output == "allow: granted\n", "\(ending)")
        #expect(!ending.errors.contains("ended the process") && !ending.errors.contains("` crashed"), "\(ending)")
    }

    @Test(
        .enabled("the system writes core files into the working folder") {
            try String(contentsOfFile: "/proc/sys/kernel/core_pattern", encoding: .utf8) == "core\n"
        })
    func `a crash that leaves its line leaves a core as well`() throws {
        let command = ["login", "--user", "crash", "--core-dumps", "TRUE"] + module
        // The beginning of a core is enough.
        let script = "cd \"$0\" && ulimit -S -c 256 && exec \"$@\""
        let ending = try ChildProcess.run(
            ["sh", "-c", script, folder.path(""), Place.binary("authhost")] + command, input: "x\n")
        #expect(ending.status == 139 && ending.errors.contains("module `ends` crashed in"), "\(ending)")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path(""))
        #expect(files.contains { $0.hasPrefix("core") }, "\(files)")
    }

    @Test(arguments: [true, false])
    func `a crash leaves a core file where the operator wants one, and nowhere else`(_ isWanted: Bool) throws {
        let socket = folder.path("authhost.sock")
        // A limit of one block, so that the test leaves nothing large behind: core(5) is about the limit alone.
        let host = try ChildProcess(
            [
                "sh", "-c", "ulimit -S -c 1; exec \"$0\" \"$@\"", Place.binary("authhost"), "serve", "--http-listen",
                "none",
                "--http-socket", socket, "--core-dumps", isWanted ? "TRUE" : "FALSE",
            ] + module)
        try host.wait(for: "listening on the unix socket \(socket)")
        let limits = try String(contentsOfFile: "/proc/\(host.pid)/limits", encoding: .utf8)
        let line = try #require(limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") })
        // The soft limit and the hard one, in bytes; a shell's block has 512 of them, or 1,024.
        let (soft, hard) = (line.split(separator: " ")[4], line.split(separator: " ")[5])
        #expect(isWanted ? ["512", "1024"].contains(soft) && hard != "0" : soft == "0" && hard == "0", "\(line)")
        host.terminate()
        #expect(try host.finish().status == 0)
    }

    @Test(arguments: ForeignEnd.all, [false, true])
    func `a host that a module ends says so in its log, and ends with a failure`(_ end: ForeignEnd, json: Bool) throws {
        let (log, socket) = (folder.path("events.log"), folder.path("authhost.sock"))
        let host = try ChildProcess(
            [
                Place.binary("authhost"), "serve", "--http-listen", "none", "--http-socket", socket, "--event-log", log,
                "--log-format", json ? "json" : "text", "--auth-login-timeout", "60",
            ] + module)
        func lines() -> [Substring] {
            (try? String(contentsOfFile: log, encoding: .utf8))?.split(separator: "\n") ?? []
        }
        try host.wait(until: { lines().contains { $0.contains("listening on the unix socket") } })
        // No answer comes: the host is gone.
        _ = try? Client(socket: socket).post("/v1/login", #"{"user":"\#(end.way)","password":"x"}"#)
        let ending = try host.finish()
        #expect(ending.status == end.status, "\(ending)")
        #expect(ending.errors.contains(end.says), "\(ending)")
        let last = lines().last ?? ""
        #expect(last.contains(end.says), "\(last)")
        #expect(last.contains(json ? #""severity":"CRIT","message":""# : ": CRIT: "), "\(last)")
        let time = /^\{"time":"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{6}[+-][0-9]{2}:[0-9]{2}"/
        if json { #expect(last.contains(time), "\(last)") }
    }
}
