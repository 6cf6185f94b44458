import Foundation
import Testing

/// A real authhost that runs out of descriptors.
@Suite struct DescriptorTests {
    @Test func `health and operators are answered while connections have taken every descriptor`() throws {
        let folder = try Folder()
        let text =
            "application-root ${ccd}\nauth-module openauth\nhttp-listen none\nhttp-socket %r/http.sock\n"
            + "control-socket %r/control.sock\nadd-door\n    type native\n    socket %r/native.sock\nend-door\n"
        let configuration = try folder.write(text, to: "authhost.conf")
        let process = try ChildProcess([
            "sh", "-c", "ulimit -n 128; exec \"$0\" serve -c \"$1\"", Place.binary("authhost"), configuration,
        ])
        try process.wait(for: "listening on the unix socket \(folder.path("http.sock"))")
        var idle: [KeptConnection] = []
        for index in 0..<400 {
            idle.append(try KeptConnection(socket: folder.path(index % 2 == 0 ? "native.sock" : "http.sock")))
        }
        for _ in 0..<3 {
            let client = Client(socket: folder.path("http.sock"))
            #expect(try client.get("/health").status == 200)
            let status = try AuthHost.run(["status", "--socket", folder.path("control.sock")])
            #expect(status.status == 0, "\(status)")
        }
        idle = []
        process.terminate()
        let ending = try process.finish()
        let said = ending.errors + ending.output
        #expect(said.components(separatedBy: "no connection can be accepted").count <= 2, "\(said)")
    }
}
