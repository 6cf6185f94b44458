import Glibc
import Testing

@testable import ExecCore

@Suite struct PinnedCommandTests {
    let folder = CommandFolder()
    let supervisor: CommandSupervisor

    init() throws { supervisor = try CommandSupervisor() }

    @Test func `begins relative commands at the directory of the start, and searches no PATH`() async throws {
        folder.script("token", "echo here")
        #expect(try await supervisor.secret(pinned("./token", directory: folder.path)) == "here")
        let error = #expect(throws: PinError.self) { try pinned("echo", directory: folder.path) }
        #expect(error?.description.contains("`\(folder.path)/echo` is not runnable: no such file") == true)
        #expect(error?.description.contains("begin at `\(folder.path)`") == true)
    }

    @Test func `refuses a directory and a file that no user may execute`() {
        #expect(throws: PinError.self) { try pinned(folder.path) }
        #expect(throws: PinError.self) { try pinned(folder.script("plain", "echo x", mode: 0o644)) }
    }

    @Test func `refuses a command that others may write, tells of it, or looks away`() throws {
        let script = folder.script("open", "echo x", mode: 0o777)
        let error = #expect(throws: PinError.self) { try pinned(script, [("CheckPermissions", "strict")]) }
        #expect(error?.description.contains("`\(script)` is refused: others may write to it (mode 0777)") == true)
        #expect(try pinned(script, [("CheckPermissions", "warn")]).warning?.contains("(mode 0777)") == true)
        #expect(try pinned(script, [("CheckPermissions", "off")]).warning == nil)
    }

    @Test func `refuses a command in a directory that others may write`() throws {
        chmod(folder.path, 0o775)
        let script = folder.script("echo x")
        let error = #expect(throws: PinError.self) { try pinned(script, [("CheckPermissions", "strict")]) }
        #expect(error?.description.contains("others may write to `\(folder.path)` (mode 0775)") == true)
    }

    @Test func `refuses a command that became writable after the start`() async throws {
        let script = folder.script("echo x")
        let command = try pinned(script, [("CheckPermissions", "strict")])
        chmod(script, 0o757)
        #expect(await supervisor.failure(command)?.kind == .permissions)
    }

    @Test func `detects a link that points elsewhere while the command runs, and a file that was replaced`()
        async throws
    {
        let first = folder.script("first", "echo first; exec 9>'\(folder.path)/tether'; read x < '\(folder.path)/go'")
        let second = folder.script("second", "echo second")
        let link = folder.path + "/link"
        symlink(first, link)
        mkfifo(folder.path + "/go", 0o600)
        let tether = Tether(folder.path + "/tether")
        let command = try pinned(link)
        async let running = supervisor.secret(command)
        // Opening returns when the command has opened it for reading: it runs by then.
        let go = open(folder.path + "/go", O_WRONLY)
        unlink(link)
        symlink(second, link)
        #expect(await supervisor.failure(command)?.kind == .swapped)
        #expect(write(go, "\n", 1) == 1)
        close(go)
        #expect(try await running == "first")
        #expect(tether.isReleased().released)
        unlink(link)
        symlink(first, link)
        rename(second, first)
        #expect(await supervisor.failure(command)?.kind == .swapped)
        unlink(first)
        #expect(await supervisor.failure(command)?.kind == .notRunnable)
    }

    @Test func `runs as another user, with that user's groups alone, or refuses at the start`() async throws {
        let script = folder.script("echo $(id -u) $(id -g) $(id -G) $HOME $(whoami)")
        guard geteuid() == 0 else {
            #expect(throws: PinError.self) { try pinned(script, [("RunAs", "nobody")]) }
            return
        }
        chmod(folder.path, 0o755)
        let text = try await supervisor.secret(pinned(script, [("RunAs", "nobody")]))
        #expect(text == "65534 65534 65534 /nonexistent nobody")
        #expect(throws: PinError.self) { try pinned(script, [("RunAs", "no-such-user")]) }
        #expect(throws: PinError.self) { try pinned(script, [("RunAs", "nobody:no-such-group")]) }
    }
}
