import Foundation
import Testing

@Suite struct UsageTests {
    private static func options(_ database: String) -> [String] {
        [
            "--module", "openauth", "--uupp-file", database, "--uupp-sync-time", "1", "--write-users-period", "1",
            "--log-level", "info",
        ]
    }

    private func report(_ database: String) throws -> (users: Int, output: String) {
        let ending = try AuthHost.run(["usage", "report", "--json", "--file", database])
        guard ending.status == 0 else { throw ChildError(description: "no report: \(ending)") }
        let object = try JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [String: Any]
        return (try #require(object?["users"] as? Int, "\(ending)"), ending.output)
    }

    @Test func `who logged in before a stop is in the report of the month`() throws {
        let folder = try Folder()
        let database = folder.path("usage.db")
        let server = try Server(Self.options(database), in: folder)
        let connection = try KeptConnection(socket: server.socket)
        for user in ["ann", "bob", "ann"] {
            #expect(try connection.post("/v1/login", #"{"user":"\#(user)","password":"x"}"#).status == 200)
        }
        server.process.terminate()
        #expect(try server.process.finish().status == 0)
        #expect(try report(database).users == 2)
        let again = try Server(Self.options(database), in: folder)
        #expect(again.process.seen.contains("Read in 2 unique users from database"), "\(again.process.seen)")
    }

    /// 200 log-ins a second, each by a new user. What the database held before the kill it holds after it.
    @Test func `twenty kills lose nothing that was written`() throws {
        let folder = try Folder()
        let database = folder.path("usage.db")
        var written = 0
        for round in 0..<20 {
            let server = try Server(Self.options(database), in: folder)
            let connection = try KeptConnection(socket: server.socket)
            for batch in 0..<5 {
                for user in 0..<40 {
                    let name = "user-\(round)-\(batch)-\(user)"
                    let answer = try connection.post("/v1/login", #"{"user":"\#(name)","password":"x"}"#)
                    #expect(answer.status == 200)
                    // Not a wait for something to happen: the pace of the load.
                    poll(nil, 0, 5)
                }
                try server.process.catchUp()
            }
            let before = try report(database).users
            #expect(before >= written, "users are gone: \(written), then \(before)")
            server.process.send(SIGKILL)
            #expect(try server.process.finish().status == 128 + SIGKILL)
            written = try report(database).users
            #expect(written >= before, "users are gone: \(before), then \(written)")
        }
        #expect(written > 20 * 40, "hardly anything was written: \(written)")
    }
}
