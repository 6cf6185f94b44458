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
    ///
    /// - Parameters:
    ///   - log: the file in the folder that it writes its event log to; nil for standard error.
    ///   - descriptors: how many it may have; nil for as many as the tests.
    ///   - environment: what it has besides a path.
    init(
        _ arguments: [String], in folder: Folder, waitsFor log: String? = nil, descriptors: Int? = nil,
        environment: [String: String] = [:]
    ) throws {
        self.folder = folder
        let socket = folder.path("authhost.sock")
        client = Client(socket: socket)
        let line = "listening on the unix socket \(socket)"
        let before = log.map { Self.lines(folder.path($0), line) } ?? 0
        let limited = descriptors.map { ["sh", "-c", "ulimit -n \($0) && exec \"$@\"", "sh"] } ?? []
        process = try ChildProcess(
            limited + [Place.binary("authhost"), "serve", "--http-listen", "none", "--http-socket", socket] + arguments,
            directory: folder.path, environment: environment)
        if let log {
            let path = folder.path(log)
            try process.wait(until: { Self.lines(path, line) > before })
        } else {
            try process.wait(for: line)
        }
    }

    private static func lines(_ path: String, _ line: String) -> Int {
        ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").components(separatedBy: line).count
    }
}
