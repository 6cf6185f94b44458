import Foundation
import Testing

/// A module whose only thread does not come back, in the real host.
@Suite(.needs(.curl, .cc)) struct `A module that hangs` {
    private let folder: Folder

    init() throws { folder = try Folder() }

    private func configuration(_ action: String) throws -> String {
        let module = try folder.module(from: Place.file("Tests/EndToEnd/LoadedModules/Modules/waits.c"))
        #expect(mkfifo(folder.path("fifo"), 0o600) == 0)
        return try folder.write(
            """
            auth-module \(module)
            module-threads 1
            auth-login-timeout 1
            module-hang-action \(action)
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
