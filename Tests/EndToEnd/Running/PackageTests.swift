import Foundation
import Testing

/// What the Debian package sets up, without installing it.
@Suite(.needs(.curl, .cc, .systemd)) struct PackageTests {
    /// The configuration of the package, with its folders below one of the test's own.
    private func configuration(_ folder: Folder, _ more: String = "") throws -> String {
        for name in ["etc", "run", "lib", "log"] {
            try FileManager.default.createDirectory(atPath: folder.path(name), withIntermediateDirectories: false)
        }
        let hash = try AuthHost.run(["passwd"], input: "sesame\n").output.trimmingCharacters(in: .newlines)
        try folder.write(
            #"<authhost-users version="1"><user name="ann" password="\#(hash)"/></authhost-users>"#, to: "etc/users.xml"
        )
        let places = [
            "/etc/authhost": "etc", "/run/authhost": "run", "/var/lib/authhost": "lib", "/var/log/authhost": "log",
        ]
        let text = try places.reduce(Place.text("packaging/etc/authhost.conf")) {
            $0.replacing($1.key, with: folder.path($1.value))
        }
        return try folder.write(text + more, to: "etc/authhost.conf")
    }

    /// Starts the host of a configuration under the unit's filter of system calls.
    private func start(_ configuration: String, _ folder: Folder) throws -> (ChildProcess, Client) {
        let program = folder.path("unit-filter")
        let built = try ChildProcess.run([
            Place.file("scripts/unit-filter"), Place.file("packaging/debian/authhost.service"), program,
        ])
        try #require(built.status == 0, "\(built)")
        let host = try ChildProcess(
            [program, Place.binary("authhost"), "serve", "-c", configuration], directory: folder.path)
        try host.wait(for: "listening on the unix socket \(folder.path("run/http.sock"))")
        return (host, Client(socket: folder.path("run/http.sock")))
    }

    private func logIn(_ client: Client, _ password: String) throws -> Int {
        try client.post("/v1/login", #"{"user":"ann","password":"\#(password)"}"#).status
    }

    @Test(arguments: ["none", "process"])
    func `the sandbox of the unit has room for the host, wherever its module runs`(isolation: String) throws {
        let folder = try Folder()
        let (host, client) = try start(
            configuration(folder, "auth-module-isolation \(isolation)\n"), folder)
        #expect(try logIn(client, "sesame") == 200, "\(host.seen)")
        let children = try ChildProcess.run(["ps", "--no-headers", "-o", "args", "--ppid", "\(host.pid)"])
        #expect(children.output.contains("authhost-helper") == (isolation == "process"), "\(children)")
        host.terminate()
        #expect(try host.finish().status == 0, "\(host.seen)")
    }

    @Test func `wrong passwords are kept over a restart of the service`() throws {
        let folder = try Folder()
        let file = try configuration(folder)
        let (first, client) = try start(file, folder)
        #expect(try logIn(client, "wrong") == 401)
        first.terminate()
        #expect(try first.finish().status == 0)
        let (second, _) = try start(file, folder)
        let list = try AuthHost.run(["penalty", "list", "--socket", folder.path("run/control.sock")])
        #expect(list.output.contains("ann"), "\(list)")
        second.terminate()
        #expect(try second.finish().status == 0)
    }
}
