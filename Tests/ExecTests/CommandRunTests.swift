import Basics
import Glibc
import Testing

@testable import ExecCore

@Suite struct CommandRunTests {
    let folder = CommandFolder()
    let supervisor: CommandSupervisor

    init() throws { supervisor = try CommandSupervisor(environment: { ["PASSED": "on", "HIDDEN": "x"][$0] }) }

    @Test(arguments: [
        ("printf 'tok en\\n'", "tok en"), ("printf 'tok\\r\\n'", "tok"), ("printf partial", "partial"),
        ("printf ' spaced '", " spaced "),
    ])
    func `removes exactly one line end`(body: String, secret: String) async throws {
        #expect(try await supervisor.secret(pinned(folder.script(body))) == secret)
    }

    @Test(arguments: [
        (":", "empty"), ("echo", "empty"), ("printf 'a\\n\\n'", "forbidden-byte"), ("printf 'a\\0b'", "forbidden-byte"),
        ("printf 'a\\rb'", "forbidden-byte"), ("exit 1", "exit-permanent"), ("exit 75", "exit-temporary"),
        ("exit 111", "exit-temporary"), ("echo x; exit 3", "exit"), ("kill -SEGV $$", "signal"),
        ("printf '%1025s' x", "too-long"), ("cat /dev/tty", "exit-permanent"), ("read line || exit 4", "exit"),
    ])
    func `names every way of failing`(body: String, kind: String) async throws {
        let failure = try await supervisor.failure(pinned(folder.script(body)))
        #expect(failure?.kind.rawValue == kind)
        #expect(failure?.description.contains(folder.path + "/token") == true)
        #expect(failure?.description.contains(" s") == true)
    }

    @Test func `ends a command that hangs, and says the limit`() async throws {
        let failure = try await supervisor.failure(pinned(folder.script("sleep 60"), [("Timeout", "100ms")]))
        #expect(failure?.kind == .timeout)
        #expect(failure?.description.contains("`Timeout`") == true)
    }

    @Test func `ends a command that ignores SIGTERM`() async throws {
        let tether = Tether(folder.path + "/tether")
        let body = "trap '' TERM; exec 9>\(tether.path); while :; do sleep 60; done"
        #expect(try await supervisor.failure(pinned(folder.script(body), [("Timeout", "200ms")]))?.kind == .timeout)
        #expect(tether.isReleased().released)
    }

    @Test func `takes the output of a command whose grandchild keeps the pipe, and ends the grandchild`() async throws {
        let tether = Tether(folder.path + "/tether")
        let body = "exec 9>\(tether.path); echo . >&9; echo token; sleep 60 &"
        #expect(try await supervisor.secret(pinned(folder.script(body))) == "token")
        #expect(tether.isReleased() == (true, 2))
    }

    @Test(arguments: [
        "echo token", "echo token; sleep 60", "trap '' TERM; while :; do sleep 60; done", "kill -KILL $$", "exit 3",
    ])
    func `ends what has left the session, whatever became of the command`(end: String) async throws {
        let tether = Tether(folder.path + "/tether")
        // A child, an orphan without the command's variables, and an orphan's orphan, each in a session of its own.
        let body = """
            exec 9>\(tether.path)
            setsid sh -c 'printf . >&9; trap "" TERM HUP; while :; do sleep 60; done' &
            (setsid env -i /bin/sh -c 'printf . >&9; sleep 60' &)
            (setsid sh -c '(setsid sh -c "printf . >&9; sleep 60" &)' &)
            read line <\(folder.path)/go
            \(end)
            """
        let go = Tether(folder.path + "/go")
        let command = try pinned(folder.script(body), [("Timeout", "10m")])
        let (isHeld, failure) = await supervisor.result(command, cancels: end.contains("60")) {
            tether.holds(3) && go.tell()
        }
        #expect(isHeld)
        #expect(tether.isReleased() == (true, 3))
        let kinds = ["echo token": nil, "kill -KILL $$": "signal", "exit 3": "exit"] as [String: String?]
        #expect(failure?.kind.rawValue == kinds[end, default: "cancelled"])
    }

    @Test func `ends ten children of ten children`() async throws {
        let tether = Tether(folder.path + "/tether")
        let body = """
            exec 9>\(tether.path)
            for i in 1 2 3 4 5 6 7 8 9 10; do
              (for j in 1 2 3 4 5 6 7 8 9 10; do (printf . >&9; sleep 600) & done; wait) &
            done
            wait
            """
        let command = try pinned(folder.script(body), [("Timeout", "10m")])
        let (isHeld, failure) = await supervisor.result(command) { tether.holds(100) }
        #expect(isHeld && failure?.kind == .cancelled)
        #expect(tether.isReleased() == (true, 100))
    }

    @Test func `stops reading a gigabyte at the limit`() async throws {
        let failure = try await supervisor.failure(
            pinned(folder.script("head -c 1000000000 /dev/zero"), [("MaxLength", "4kb")]))
        #expect(failure?.kind == .tooLong)
        #expect(failure?.description.contains("4096 bytes that the option `MaxLength`") == true)
    }

    @Test func `waits for a command that closes its output and lives on, up to the limit`() async throws {
        let slow = folder.script("slow", "echo token; exec >&- 2>&-; sleep 60")
        #expect(try await supervisor.failure(pinned(slow, [("Timeout", "300ms")]))?.kind == .timeout)
        let quick = folder.script("quick", "echo token; exec >&- 2>&-; sleep 0.1")
        #expect(try await supervisor.secret(pinned(quick)) == "token")
    }

    @Test func `gives commands no terminal, no descriptors, clean signals and a small environment`() async throws {
        let body = """
            echo "$(ls /proc/self/fd | tr '\\n' ' ')|$(readlink /proc/$$/fd/0)|$(grep -E 'SigBlk|SigIgn' /proc/$$/status \
            | tr -d '\\t\\n')|$AMPS_USER_NAME|$AUTHHOST_EXEC_DEPTH|$PASSED|$HIDDEN"
            """
        let text = try await supervisor.secret(pinned(folder.script(body), [("PassEnvironment", "PASSED")]))
        let zero = "0000000000000000"
        #expect(text == "0 1 2 3 |/dev/null|SigBlk:\(zero)SigIgn:\(zero)|ann|1|on|")
    }

    @Test func `passes a user's name as one argument`() async throws {
        let script = folder.script("printf '%s,' $# \"$@\"")
        let command = try pinned("\(script) {{AMPS_USER_NAME}} \"--user={{AMPS_USER_NAME}}\"\n 'a b' \\ c")
        #expect(
            try await supervisor.secret(command, userName: "$(id) 'x\" y")
                == "4,$(id) 'x\" y,--user=$(id) 'x\" y,a b, c,")
    }

    @Test func `shows the end of standard error without secrets`() async throws {
        let body = """
            echo s3cr3t-output
            printf 'first\\033[31m line\\npassword=hunter2 got s3cr3t-output Bearer abc eyJhbGciOiJIUzI1NiJ9.abc.def' >&2
            exit 3
            """
        let text = try #require(await supervisor.failure(pinned(folder.script(body)))).description
        #expect(text.contains("exited with status 3"))
        let shown = "first\\u{1b}[31m line | password=[redacted] got [redacted] Bearer [redacted] [redacted]`"
        #expect(text.contains(shown))
    }

    @Test func `caps standard error and never shows a word that was cut`() async throws {
        let body = "yes 0123456789abcdef | head -c 3000000 | tr -d '\\n' >&2; echo ' the end' >&2; exit 3"
        let text = try #require(await supervisor.failure(pinned(folder.script(body)))).description
        #expect(text.contains("…the end`"))
        #expect(!text.contains("abcdef"))
        let long = folder.script("long", "yes word | head -n 5000 >&2; exit 3")
        let capped = try #require(await supervisor.failure(pinned(long))).description
        #expect((1000...1300).contains(capped.utf8.count))
    }

    @Test func `refuses to run commands inside a command`() async throws {
        let inner = try CommandSupervisor(environment: { $0 == "AUTHHOST_EXEC_DEPTH" ? "1" : nil })
        #expect(try await inner.failure(pinned(folder.script("echo x")))?.kind == .recursion)
    }

    @Test func `tells a script without an interpreter line apart`() async throws {
        let failure = try await supervisor.failure(pinned(folder.script("plain", "echo x", interpreter: "")))
        #expect(failure?.kind == .notRunnable)
        #expect(failure?.description.contains("#!/bin/sh") == true)
    }

    @Test func `runs a binary by the descriptor that was checked`() async throws {
        #expect(try await supervisor.secret(pinned("/bin/echo -n token")) == "token")
    }

    @Test func `cancels a run and ends what runs when it shuts down`() async throws {
        let tether = Tether(folder.path + "/tether")
        let command = try pinned(folder.script("exec 9>\(tether.path); printf . >&9; sleep 60"))
        let kinds = await withTaskGroup(of: CommandFailure.Kind?.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    await withCheckedContinuation { continuation in
                        let id = supervisor.run(command) { result in
                            if case .failure(let failure) = result { continuation.resume(returning: failure.kind) }
                        }
                        supervisor.cancel(id)
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(kinds == [CommandFailure.Kind?](repeating: .cancelled, count: 3))
        async let last = supervisor.failure(command)
        supervisor.shutDown()
        #expect(await last?.kind == .cancelled)
        #expect(await supervisor.failure(command)?.kind == .cancelled)
        #expect(tether.isReleased().released)
    }
}

@Suite(.serialized) struct ManyRunsTests {
    @Test func `two hundred runs at once leave no process, and a hung one delays none`() async throws {
        let folder = CommandFolder()
        let supervisor = try CommandSupervisor()
        let hung = try pinned(folder.script("hung", "sleep 60"), [("Timeout", "30s")])
        let quick = try pinned("/bin/echo token")
        let id = supervisor.run(hung) { _ in }
        let secrets = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<200 { group.addTask { try await supervisor.secret(quick) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(secrets == Array(repeating: "token", count: 200))
        supervisor.cancel(id)
        supervisor.shutDown()
        let children = CommandFolder.entries("/proc").filter { Int32($0) != nil }.filter { isChildOfThread($0) }
        #expect(children.isEmpty)
    }

    // Other suites run commands of their own meanwhile: only `echo` is this one's.
    private func isChildOfThread(_ process: String) -> Bool {
        guard let file = fopen("/proc/\(process)/stat", "r") else { return false }
        defer { fclose(file) }
        var text = [CChar](repeating: 0, count: 512)
        guard fgets(&text, 512, file) != nil else { return false }
        let line = String(decoding: text.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return line.contains("(echo)") && line.contains(" \(getpid()) ")
    }
}
