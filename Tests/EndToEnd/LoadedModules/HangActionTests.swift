import Foundation
import Testing

/// A module whose only thread does not come back, in the real host.
@Suite(.needs(.curl, .cc)) struct `A module that hangs` {
    private let folder: Folder

    init() throws { folder = try Folder() }

    private static let source = Place.file("Tests/EndToEnd/LoadedModules/Modules/waits.c")

    private func configuration(_ action: String, _ source: String = Self.source) throws -> String {
        let module = try folder.module(from: source)
        #expect(mkfifo(folder.path("fifo"), 0o600) == 0)
        return try folder.write(
            """
            auth-module \(module)
            module-threads 1
            auth-login-timeout 1
            module-hang-action \(action)
            audit-log \(folder.path("audit.log"))
            add-module-options \(module)
              fifo \(folder.path("fifo"))
            end-module-options

            """, to: "a.conf")
    }

    private func hang(_ server: Server) throws -> Int {
        try server.client.post("/v1/login", #"{"user":"alice","password":"x"}"#).status
    }

    @Test func `is loaded anew with restart, and the new one answers`() throws {
        let server = try Server(["--config", configuration("restart")], in: folder)
        #expect(try hang(server) == 503)
        try server.process.wait(for: "is hung; module-hang-action puts")
        try server.process.wait(for: "Swapped auth module <waits> 1.0")
        // Opened for both, a fifo waits for no reader; two bytes, since the thread that hung reads one as well.
        let descriptor = open(folder.path("fifo"), O_RDWR)
        defer { close(descriptor) }
        #expect(write(descriptor, "xx", 2) == 2)
        #expect(try hang(server) == 200)
        let lines = try OrderLines(of: "door=module-hang-action method=SWAP requested=", in: folder, server)
        #expect(lines.outcome.hasPrefix("done: <waits> 1.0") && lines.isOneDecision, "\(lines)")
    }

    @Test func `on the thread of a door is replaced, and the same file is asked on threads of its own from then on`()
        throws
    {
        let source = try folder.write(
            "#define THREADS AUTH_ANY_THREAD\n#include \"\(Self.source)\"\n", to: "any.c")
        let server = try Server(["--config", configuration("restart", source)], in: folder)
        // The thread that would read and write its connection is kept: it ends without an answer, but for those of the network library.
        let isEnded = getenv("AUTHHOST_TEST_CARRIER") == nil
        let kept = try ChildProcess([
            "curl", "-q", "-sS", "--max-time", "120", "--unix-socket", server.socket, "-H",
            "Content-Type: application/json",
            "--data-binary", #"{"user":"alice","password":"x"}"#, "http://localhost/v1/login",
        ])
        try server.process.wait(for: "has not returned by its deadline; whatever else that thread serves waits")
        try server.process.wait(for: "Swapped auth module <waits> 1.0")
        let told = server.process.seen.split(separator: "\n").last { $0.contains("module-hang-action puts") } ?? ""
        #expect(told.contains("`waits` keeps a thread: auth_new_user on thread "), "\(told)")
        if isEnded {
            try server.process.wait(for: "1 connection was ended: a call of the module keeps the thread")
            #expect(try kept.finish().errors.contains("Empty reply from server"))
        }
        #expect(try hang(server) == 503)
        let descriptor = open(folder.path("fifo"), O_RDWR)
        defer { close(descriptor) }
        #expect(write(descriptor, "xx", 2) == 2)
        if !isEnded {
            let answer = try kept.finish()
            #expect(answer.output.contains("could not decide (deadline)"), "\(answer)")
        }
        #expect(try server.client.get("/health").status == 200)
    }

    @Test func `gives way to another one with swap-to`() throws {
        let server = try Server(
            ["--config", configuration("swap-to openauth"), "--auth-moddir", Place.binaries], in: folder)
        #expect(try hang(server) == 503)
        try server.process.wait(for: "module-hang-action puts `openauth` in its place")
        try server.process.wait(for: "for <openauth>")
        #expect(try hang(server) == 200)
    }

    @Test func `stays with none, and is not asked`() throws {
        let server = try Server(["--config", configuration("none")], in: folder)
        #expect(try hang(server) == 503 && hang(server) == 503)
        #expect(try server.client.get("/ready").status == 503)
        #expect(!server.process.seen.contains("module-hang-action"))
    }

    @Test func `is given no module that is not there`() throws {
        let ending = try AuthHost.run(["config", "check", "--config", configuration("swap-to no-such-module")])
        #expect(ending.status == 3 && ending.errors.contains("a.conf:4:"), "\(ending)")
        #expect(ending.errors.contains("module `no-such-module`: no such file; tried"), "\(ending)")
    }

    @Test(arguments: ["restart now", "swap-to", "reboot"])
    func `is refused an action that there is not`(_ action: String) throws {
        let ending = try AuthHost.run(["config", "check", "--config", configuration(action)])
        #expect(ending.status == 3 && ending.errors.contains("a.conf:4:"), "\(ending)")
        #expect(ending.errors.contains("`none`, `restart` and `swap-to NAME` are accepted"), "\(ending)")
    }
}
