import Foundation
import Testing

/// Sockets that a service manager has opened: LISTEN_FDS.
@Suite struct `Sockets that are passed` {
    private let folder: Folder

    init() throws { folder = try Folder() }

    private func run(_ doors: String, _ settings: [String] = []) throws -> Ending {
        let file = try folder.write("auth-module openauth\n" + doors, to: "a.conf")
        return try ChildProcess.run(
            [
                "python3", Place.file("Tests/Fixtures/activation/manager.py"), folder.path("a.sock"),
                folder.path("port"),
                Place.binary("authhost"), "serve", "--config", file, "--auth-moddir", Place.binaries,
            ] + settings)
    }

    @Test func `serve clients that have connected while no host ran`() throws {
        let ending = try run(
            "http-listen none\nhttp-socket \(folder.path("a.sock"))\nadd-door\n  type forward-auth\n  listen 127.0.0.1:0\nend-door\n",
            ["--http-listen", "127.0.0.1:{port}"])
        #expect(
            ending.output.split(separator: "\n") == [
                "first: HTTP/1.1 200 OK", "ended: 0", "early: HTTP/1.1 200 OK", "network: HTTP/1.1 200 OK", "ended: 0",
                "still there: True",
            ], "\(ending)")
    }

    @Test func `stop the start where no door listens there`() throws {
        let ending = try run("http-listen none\nhttp-socket \(folder.path("other.sock"))\n")
        #expect(
            ending.errors.contains("LISTEN_FDS passes a socket at `\(folder.path("a.sock"))`, `127.0.0.1:"), "\(ending)"
        )
        #expect(
            ending.errors.contains("and no door listens there; doors listen at `\(folder.path("other.sock"))`"),
            "\(ending)")
        #expect(ending.errors.contains("it ended with 3"), "\(ending)")
    }

    @Test(arguments: [
        ("x", "LISTEN_FDS is `x`; a number from 0 to 1024"),
        ("1", "passes descriptor 3, which is no socket; a listening"),
    ])
    func `are refused where they are not sockets`(_ count: String, _ message: String) throws {
        let script = "exec 3</dev/null; export LISTEN_PID=$$ LISTEN_FDS=\(count); exec \"$0\" \"$@\""
        let ending = try ChildProcess.run([
            "sh", "-c", script, Place.binary("authhost"), "serve", "--config", "none", "--module", "openauth",
            "--auth-moddir", Place.binaries, "--http-listen", "none", "--http-socket", folder.path("a.sock"),
        ])
        #expect(ending.status == 3 && ending.errors.contains(message), "\(ending)")
    }

    @Test func `that are another process's are left alone`() throws {
        let script = "exec 3</dev/null; export LISTEN_PID=1 LISTEN_FDS=1; exec \"$0\" \"$@\""
        let ending = try ChildProcess.run([
            "sh", "-c", script, Place.binary("authhost"), "serve", "--config", "none", "--module", "no-such-module",
            "--http-listen", "none", "--http-socket", folder.path("a.sock"),
        ])
        #expect(ending.status == 4 && ending.errors.contains("no-such-module"), "\(ending)")
    }
}
