import Foundation

/// The command as people use it.
enum AuthHost {
    /// Options that load xmlauth with a users file.
    static func xmlauth(_ users: String = Place.file("Plugins/xmlauth/users.xml")) -> [String] {
        ["--module", "xmlauth", "--option", "xmlauth-file=\(users)"]
    }

    static func run(_ arguments: [String], input: String = "") throws -> Ending {
        try ChildProcess.run([Place.binary("authhost")] + arguments, input: input, environment: ["COLUMNS": "80"])
    }
}

/// A running authhost behind a unix socket in a folder of its own.
final class Server {
    let folder: Folder
    let process: ChildProcess
    let client: Client

    var socket: String { client.socket }

    /// Starts it, and waits until it listens.
    init(_ arguments: [String], in folder: Folder) throws {
        self.folder = folder
        let socket = folder.path("authhost.sock")
        client = Client(socket: socket)
        process = try ChildProcess(
            [Place.binary("authhost"), "serve", "--http-listen", "none", "--http-socket", socket] + arguments,
            directory: folder.path)
        try process.wait(for: "listening on the unix socket \(socket)")
    }
}
