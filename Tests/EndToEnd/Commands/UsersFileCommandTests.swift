import Foundation
import Testing

@Suite struct UsersFileCommandTests {
    static let doubtful = "<authhost-users version='1'>\n<user name='a' password='{PLAIN}x'/></authhost-users>"
    static let broken = "<authhost-users version='1'>\n<user name='a' groups='nowhere'/></authhost-users>"

    @Test(arguments: [
        (doubtful, [String](), Int32(0), ":2:1: warning: the password of `a` is weak"),
        (doubtful, ["--strict"], 7, ": warning: "),
        (doubtful, ["--json"], 0, "\"kind\": \"weak-password\""), (broken, [], 3, ":2:1: error: the group `nowhere`"),
        ("", [], 3, ": error: "),
    ])
    func `lists what is doubtful in a users file`(text: String, options: [String], status: Int32, shown: String) throws
    {
        let folder = try Folder()
        let users = try folder.write(text, to: "users.xml")
        let ending = try AuthHost.run(["xmlauth", "check", users] + options)
        #expect(ending.status == status, "\(ending)")
        #expect(ending.output.contains(shown), "\(ending)")
    }

    @Test func `lays out a users file in place, and keeps its mode`() throws {
        let folder = try Folder()
        let users = try folder.write(Self.doubtful, to: "users.xml")
        chmod(users, 0o640)
        #expect(try AuthHost.run(["xmlauth", "format", "--check", users]).status == 7)
        let shown = try AuthHost.run(["xmlauth", "format", users])
        #expect(try AuthHost.run(["xmlauth", "format", "--in-place", users]).status == 0)
        #expect(try String(contentsOfFile: users, encoding: .utf8) == shown.output)
        #expect(try AuthHost.run(["xmlauth", "format", "--check", users]).status == 0)
        let mode = try FileManager.default.attributesOfItem(atPath: users)[.posixPermissions] as? Int
        #expect(mode == 0o640)
    }

    @Test func `lays out no broken users file`() throws {
        let folder = try Folder()
        let users = try folder.write(Self.broken, to: "users.xml")
        let ending = try AuthHost.run(["xmlauth", "format", "--in-place", users])
        #expect(ending.status == 3 && ending.errors.contains("users.xml:2:1: the group `nowhere`"), "\(ending)")
        #expect(try String(contentsOfFile: users, encoding: .utf8) == Self.broken)
    }
}
