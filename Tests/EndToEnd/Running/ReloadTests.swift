import Foundation
import Testing

@Suite struct ReloadTests {
    /// 200 files, every second one broken, half of them written in place so that they are seen half written too. Which of
    /// two versions answers is free; what both allow must be allowed at every moment, and what both deny denied.
    @Test func `answers rightly 1,000 times a second while the users file is rewritten 200 times`() throws {
        let folder = try Folder()
        let users = try folder.write(UsersVersion.a.text, to: "users.xml")
        let server = try Server(AuthHost.xmlauth(users), in: folder)
        let connection = try KeptConnection(socket: server.socket)
        let load = try CheckLoad(connection, user: "alice", password: "wonderland")
        for rewrite in 0..<200 {
            let version: UsersVersion = rewrite % 4 < 2 ? .b : .a
            let text = rewrite % 2 == 0 ? version.text : version.broken(rewrite)
            try text.write(toFile: users, atomically: rewrite % 8 < 4, encoding: .utf8)
            server.process.send(SIGHUP)
            try load.run(milliseconds: 50)
            try server.process.catchUp()
        }
        try UsersVersion.b.text.write(toFile: users, atomically: true, encoding: .utf8)
        server.process.send(SIGHUP)
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(60)
        while try load.allows("/B/x") != true || load.allows("/A/x") != false, clock.now < deadline {
            try load.run(milliseconds: 10)
        }
        #expect(try load.allows("/B/x") && !load.allows("/A/x"), "the last version is not in force")
        #expect(load.wrong.isEmpty, "\(load.wrong.prefix(5))")
        #expect(load.asked >= 10_000)
    }

    /// That it is within a second is shown with a clock of its own, in FileWatchTests: a busy machine may be late.
    @Test func `a changed file is in force without a signal`() throws {
        let folder = try Folder()
        let users = try folder.write(UsersVersion.a.text, to: "users.xml")
        let server = try Server(AuthHost.xmlauth(users), in: folder)
        let load = try CheckLoad(
            try KeptConnection(socket: server.socket), user: "alice", password: "wonderland")
        #expect(try load.allows("/A/x"))
        try UsersVersion.b.text.write(toFile: users, atomically: true, encoding: .utf8)
        let clock = ContinuousClock()
        let changed = clock.now
        while try load.allows("/A/x"), clock.now < changed + .seconds(60) { try load.run(milliseconds: 10) }
        #expect(try load.allows("/B/x") && !load.allows("/A/x"))
        try UsersVersion.a.broken(1).write(toFile: users, atomically: true, encoding: .utf8)
        try server.process.wait(for: "\(users):")
        #expect(try load.allows("/B/x") && load.wrong.isEmpty)
    }
}

/// Two users files that agree about some objects.
enum UsersVersion: String {
    case a = "A"
    case b = "B"

    var text: String {
        """
        <authhost-users version="1">
          <group name="staff"><allow actions="read write" object="/BOTH/**"/></group>
          <user name="alice" groups="staff" password="\(Self.password)">
            <allow actions="write" object="/\(rawValue)/**"/>
            <deny actions="write" object="/NEVER/**"/>
          </user>
        </authhost-users>

        """
    }

    /// The same, broken in one of several ways.
    func broken(_ kind: Int) -> String {
        switch kind / 2 % 4 {
        case 0: String(text.dropLast(40))
        case 1: text.replacing("/NEVER/**", with: "/NEVER/**x")
        case 2: text.replacing("groups=\"staff\"", with: "groups=\"stuff\"")
        default: ""
        }
    }

    /// "wonderland", with the fewest rounds that sha512crypt has.
    private static let password =
        "$6$rounds=5000$4Xq9eJrTn2mWzKpL$"
        + "ANSdbYbS3lwJwUBdl2frZxpXC5TUMG0pjHsQnIQE0.r/C.0M61AFa2GNl/06VdZKr/vBkLUM4MvY4Z7EdxMIm/"
}

/// Asks checks at 1,000 a second over one connection, and keeps what was answered wrongly.
final class CheckLoad {
    private let connection: KeptConnection
    private let session: String
    private(set) var asked = 0
    private(set) var wrong: [String] = []

    init(_ connection: KeptConnection, user: String, password: String) throws {
        self.connection = connection
        let answer = try connection.post("/v1/login", #"{"user":"\#(user)","password":"\#(password)"}"#)
        let object = try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any]
        session = try #require(object?["session"] as? String, "\(answer)")
    }

    func run(milliseconds: Int) throws {
        let clock = ContinuousClock()
        let start = clock.now
        for step in 0..<milliseconds {
            let isBoth = step % 2 == 0
            if try allows(isBoth ? "/BOTH/x" : "/NEVER/x") != isBoth {
                wrong.append("check \(asked): \(isBoth ? "denied what both allow" : "allowed what both deny")")
            }
            let left = start + .milliseconds(step + 1) - clock.now
            // Not a wait for something to happen: the pace of the load.
            if left > .zero { poll(nil, 0, 1) }
        }
    }

    /// Whether a write is allowed; any other answer than allow or deny is wrong.
    func allows(_ object: String) throws -> Bool {
        asked += 1
        let answer = try connection.post(
            "/v1/check", #"{"session":"\#(session)","action":"write","object":"\#(object)"}"#)
        if !answer.body.contains(#""allow""#) && !answer.body.contains(#""deny""#) {
            wrong.append("check \(asked): \(answer)")
        }
        return answer.body.contains(#""allow""#)
    }
}
