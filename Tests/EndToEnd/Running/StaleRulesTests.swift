import Foundation
import Testing

@Suite struct `A user who is taken out of the rules` {
    /// What a check of alice's session answers: `allow`, `deny`, or `undecided` for 503.
    private func verdict(_ connection: KeptConnection, _ session: String, _ object: String = "/A/x") throws -> String? {
        let answer = try connection.post(
            "/v1/check", #"{"session":"\#(session)","action":"write","object":"\#(object)"}"#)
        if answer.status == 503 { return "undecided" }
        let member = try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any]
        return member?["verdict"] as? String
    }

    private func login(_ connection: KeptConnection) throws -> (status: Int, session: String?) {
        let answer = try connection.post("/v1/login", #"{"user":"alice","password":"wonderland"}"#)
        let member = try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any]
        return (answer.status, member?["session"] as? String)
    }

    private func wait(_ server: Server, until isSo: () throws -> Bool) throws {
        try server.process.wait(until: { (try? isSo()) == true }, seconds: 60)
    }

    /// Takes every descriptor that a door gives away, at two doors, and holds it.
    @Test func `is refused while idle connections hold every descriptor that the doors may have`() throws {
        let folder = try Folder()
        let users = try folder.write(UsersVersion.a.text, to: "users.xml")
        let door = folder.path("door.sock")
        let configuration = try folder.write(
            "add-door\n type native\n socket \(door)\nend-door\ncontrol-socket \(folder.path("control"))\n",
            to: "authhost.conf")
        let server = try Server(AuthHost.xmlauth(users) + ["-c", configuration], in: folder, descriptors: 128)
        try server.process.wait(for: "the limit of open files, 128, leaves")
        let connection = try KeptConnection(socket: server.socket)
        let session = try #require(try login(connection).session)
        #expect(try verdict(connection, session) == "allow")
        let idle = try (0..<200).map { try KeptConnection(socket: $0 % 2 == 0 ? door : server.socket) }
        try server.process.wait(for: "no descriptor is left for a further connection")
        let rest = UsersVersion.a.text.replacing("name=\"alice\"", with: "name=\"bob\"")
        try rest.write(toFile: users, atomically: true, encoding: .utf8)
        // Her own connection was idle as well, and may have made room for another one.
        try wait(server) { try verdict(KeptConnection(socket: server.socket), session) != "allow" }
        #expect(try login(KeptConnection(socket: server.socket)).status == 401)
        let status = try AuthHost.run(["status", "--control-socket", folder.path("control")])
        #expect(status.status == 0, "\(status)")
        withExtendedLifetime(idle) {}
    }

    @Test(.needs(.curl), arguments: [true, false])
    func `is refused after the time that is allowed where the file cannot be read, and decided about when it can`(
        denies: Bool
    ) throws {
        let folder = try Folder()
        let users = try folder.write(UsersVersion.a.text, to: "users.xml")
        let server = try Server(
            AuthHost.xmlauth(users) + ["--rules-stale", denies ? "deny" : "keep", "--rules-stale-time", "0.5"],
            in: folder)
        let connection = try KeptConnection(socket: server.socket)
        let session = try #require(try login(connection).session)
        // What others may write to is not read, whichever user runs the test.
        let next = try folder.write(UsersVersion.b.text, to: "next.xml")
        chmod(next, 0o666)
        #expect(rename(next, users) == 0)
        try wait(server) { try server.client.get("/ready").status == 503 }
        try server.process.wait(for: "the rules of module `xmlauth` have been older than those on disk")
        if denies { try wait(server) { try verdict(connection, session) == "undecided" } }
        #expect(try verdict(connection, session) == (denies ? "undecided" : "allow"))
        chmod(users, 0o644)
        try wait(server) { try verdict(connection, session, "/B/x") == "allow" }
        #expect(try verdict(connection, session) == "deny")
        #expect(try server.client.get("/ready").status == 200)
    }

    @Test(.needs(.curl)) func `is known of as long as the file is wrong, and the rules before it decide`() throws {
        let folder = try Folder()
        let users = try folder.write(UsersVersion.a.text, to: "users.xml")
        let server = try Server(AuthHost.xmlauth(users) + ["--rules-stale-time", "0.5"], in: folder)
        let connection = try KeptConnection(socket: server.socket)
        let session = try #require(try login(connection).session)
        try UsersVersion.b.broken(2).write(toFile: users, atomically: true, encoding: .utf8)
        try wait(server) { try server.client.get("/ready").status == 503 }
        #expect(try verdict(connection, session) == "allow")
        try UsersVersion.b.text.write(toFile: users, atomically: true, encoding: .utf8)
        try wait(server) { try verdict(connection, session, "/B/x") == "allow" }
        #expect(try server.client.get("/ready").status == 200)
    }

    /// The same for what HUP reads: the configuration, without a second HUP.
    @Test(.needs(.curl)) func `waits for no second signal where the configuration could not be read at the first`()
        throws
    {
        let folder = try Folder()
        let configuration = try folder.write("object-map /FIRST /A/x\n", to: "authhost.conf")
        let users = try folder.write(UsersVersion.a.text, to: "users.xml")
        let server = try Server(
            AuthHost.xmlauth(users) + ["--rules-stale-time", "0.5", "-c", configuration], in: folder)
        let connection = try KeptConnection(socket: server.socket)
        let session = try #require(try login(connection).session)
        #expect(try verdict(connection, session, "/FIRST") == "allow")
        let next = try folder.write("object-map /SECOND /A/x\nrules-stale-time 0.5\n", to: "next.conf")
        chmod(next, 0o666)
        #expect(rename(next, configuration) == 0)
        server.process.send(SIGHUP)
        try server.process.wait(for: "the rules of the configuration have been older than those on disk")
        #expect(try verdict(connection, session, "/FIRST") == "undecided")
        #expect(try server.client.get("/ready").status == 503)
        chmod(configuration, 0o644)
        try wait(server) { try verdict(connection, session, "/SECOND") == "allow" }
        #expect(try server.client.get("/ready").status == 200)
    }
}

@Suite struct `A file that decides something and that a stranger can change` {
    @Test(arguments: ["users.xml", "authhost.conf", "more.conf"])
    func `is refused at the start, in whichever way that is`(name: String) throws {
        for way in [Way.groupWrites, .openFolder, .strangersLink] {
            let folder = try Folder()
            let place = try folder.write("", to: "place/none").dropLast("/none".count)
            let paths = Dictionary(
                uniqueKeysWithValues: ["users.xml", "authhost.conf", "more.conf"].map {
                    ($0, $0 == name ? "\(place)/\($0)" : folder.path($0))
                })
            let users = try #require(paths["users.xml"])
            let configuration = try #require(paths["authhost.conf"])
            let more = try #require(paths["more.conf"])
            try UsersVersion.a.text.write(toFile: users, atomically: true, encoding: .utf8)
            try "include-file \(more)\n".write(toFile: configuration, atomically: true, encoding: .utf8)
            try "log-level debug\n".write(toFile: more, atomically: true, encoding: .utf8)
            let arguments =
                ["login", "--user", "alice", "-c", configuration] + AuthHost.xmlauth(users)
            #expect(try AuthHost.run(arguments, input: "wonderland\n").status == 0)
            guard try way.apply(to: "\(place)/\(name)") else { continue }
            let ending = try AuthHost.run(arguments, input: "wonderland\n")
            #expect(ending.status == 3 || ending.status == 4, "\(way): \(ending)")
            #expect(ending.errors.contains(way.says), "\(way): \(ending)")
        }
    }

    private enum Way {
        case groupWrites
        case openFolder
        case strangersLink

        var says: String {
            switch self {
            case .groupWrites: "others may write to it (mode 0664)"
            case .openFolder: "(mode 0777); a mode without 022 is accepted"
            case .strangersLink: "belongs to user 65534"
            }
        }

        /// False where only root can do it.
        func apply(to path: String) throws -> Bool {
            let folder = String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
            switch self {
            case .groupWrites: return chmod(path, 0o664) == 0
            case .openFolder: return chmod(folder, 0o777) == 0
            case .strangersLink:
                guard geteuid() == 0 else { return false }
                return rename(path, path + ".real") == 0 && symlink(path + ".real", path) == 0
                    && lchown(path, 65_534, 65_534) == 0 && chmod(folder, 0o1777) == 0
            }
        }
    }
}
