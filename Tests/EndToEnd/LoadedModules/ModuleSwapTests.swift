import Foundation
import Testing

/// Another module while the real host runs, by the operator's commands and by HUP.
@Suite(.needs(.curl)) struct ModuleSwapCommandTests {
    private let folder: Folder
    private let server: Server
    private let control: String
    private static let options = """
        allow-bare-modules TRUE
        bare-generation 7

        """

    init() throws {
        folder = try Folder()
        control = folder.path("control.sock")
        try folder.write("auth-module \(Place.fixture("swapped"))\n" + Self.options, to: "a.conf")
        server = try Server(["--config", folder.path("a.conf"), "--control-socket", control], in: folder)
    }

    private func module(_ arguments: String...) throws -> Ending {
        try AuthHost.run(["module"] + arguments + ["--socket", control])
    }

    private func logIn(_ user: String = "alice") throws -> String {
        let answer = try server.client.post("/v1/login", #"{"user":"\#(user)","password":"x"}"#)
        return try #require(answer.member("session"), "\(answer)")
    }

    private func verdict(_ session: String) throws -> String? {
        try server.client.post("/v1/check", #"{"session":"\#(session)","action":"read","object":"/A"}"#)
            .member("verdict")
    }

    @Test func `a swap is one command, and so is the way back`() throws {
        let session = try logIn()
        #expect(try verdict(session) == "allow")
        let swap = try module("swap", Place.fixture("swapped_strict"))
        #expect(swap.status == 0, "\(swap)")
        #expect(
            swap.output
                == "<swapped> 1.0 (instance 1) was swapped for <swapped_strict> 1.0 (instance 2); 1 session open\n")
        #expect(try verdict(session) == "deny")
        let list = try module("list")
        let lines = list.output.split(separator: "\n").prefix(2)
        #expect(lines.first?.hasPrefix("#2  in force  swapped_strict  1.0  ") == true, "\(list)")
        #expect(lines.last?.contains("sha256:") == true && lines.last?.contains("resident ") == true, "\(list)")
        let back = try module("rollback", "--json")
        #expect(back.output.contains("swapped for <swapped> 1.0 (instance 3)"), "\(back)")
        #expect(try verdict(session) == "allow")
    }

    @Test func `a swap that fails says why and changes nothing`() throws {
        let session = try logIn()
        for (fixture, why) in [("init_fails", "`auth_init` returned"), ("crashes_in_constructor", "ended with signal")]
        {
            let swap = try module("swap", Place.fixture(fixture))
            #expect(swap.status == 1 && swap.errors.contains("nothing has changed: module `"), "\(swap)")
            #expect(swap.errors.contains(why), "\(swap)")
        }
        #expect(try verdict(session) == "allow")
        try server.process.wait(for: "ERROR: The swap to module `")
        let metrics = try server.client.get("/metrics").body
        #expect(metrics.contains(#"authhost_module_swaps_total{outcome="failed"} 2"#), "\(metrics)")
    }

    @Test func `HUP swaps a module whose line has changed, and tries again where that has failed`() throws {
        let session = try logIn()
        func reload(_ fixture: String, _ more: String = "") throws {
            try folder.write("auth-module \(Place.fixture(fixture))\n" + Self.options + more, to: "a.conf")
            server.process.send(SIGHUP)
        }
        try reload("init_fails")
        try server.process.wait(for: "a.conf:1:1: takes effect by a swap of the module")
        try server.process.wait(for: "and nothing has changed: module `")
        try server.process.wait(for: "module has nothing to re-read")
        #expect(try verdict(session) == "allow")
        let test = "add-module-test\nuser alice\ncheck read /A allow\nend-module-test\n"
        try reload("swapped_strict", test)
        try server.process.wait(
            for: "its tests failed: \(folder.path("a.conf")):6:7: user `alice`, read `/A`: expected allow, found deny")
        #expect(try verdict(session) == "allow")
        try reload("swapped_strict", test.replacingOccurrences(of: "allow", with: "deny"))
        try server.process.wait(for: "Swapped auth module <swapped> 1.0 (instance 1) for <swapped_strict> 1.0")
        #expect(try verdict(session) == "deny")
        #expect(!(try server.client.get("/metrics").body.contains(#"door="test""#)), "no client has asked that")
        server.process.send(SIGHUP)
        try server.process.wait(for: "the configuration is unchanged")
    }

    @Test func `a pinned module is the file that is pinned, or none`() throws {
        let pin = try AuthHost.run(["module", "inspect", "--pin", Place.fixture("swapped")]).output
        #expect(pin.hasPrefix("module-pin swapped sha256:") && pin.utf8.count == 26 + 64 + 1, "\(pin)")
        let never = try folder.write(
            "auth-module openauth\nhttp-listen none\nhttp-socket c.sock\nmodule-pin nosuch sha256:\(pin.dropFirst(26).dropLast())\n",
            to: "c.conf")
        let warned = try AuthHost.run(["config", "check", never])
        #expect(
            warned.status == 0
                && warned.errors.contains("c.conf:4:19: `module-pin` of `nosuch` holds for a swap alone"),
            "\(warned)")
        func check(_ text: String) throws -> Ending {
            try folder.write(
                "auth-module \(Place.fixture("swapped"))\nhttp-listen none\nhttp-socket b.sock\n" + text, to: "b.conf")
            return try AuthHost.run(["config", "check", folder.path("b.conf")])
        }
        #expect(try check(pin).status == 0)
        let other = try check("module-pin swapped sha256:\(String(repeating: "0", count: 64))\n")
        let found = pin.dropFirst(26 - 7).dropLast()
        #expect(other.status == 4, "\(other)")
        #expect(other.errors.contains("b.conf:4:20: found \(found), pinned is sha256:0000"), "\(other)")
        let short = try check("module-pin swapped sha256:00\n")
        #expect(
            short.status == 3
                && short.errors.contains("b.conf:4:20: `module-pin` takes `sha256:` and 64 digits of 0-9 and a-f"),
            "\(short)")
        let required = try check("module-pin-required TRUE\n")
        #expect(
            required.status == 4 && required.errors.contains("has no pin, and `module-pin-required` ("), "\(required)")
        try folder.write(
            "auth-module \(Place.fixture("swapped"))\n\(Self.options)module-pin swapped_strict sha256:"
                + String(repeating: "0", count: 64) + "\n", to: "a.conf")
        server.process.send(SIGHUP)
        try server.process.wait(for: "`module-pin` changed at")
        let swap = try module("swap", Place.fixture("swapped_strict"))
        #expect(swap.status == 1 && swap.errors.contains("is not the file that is pinned at"), "\(swap)")
    }
}
