import Foundation
import Testing

@Suite struct CfgAuthTests {
    private static func options(_ file: String = Place.file("Plugins/cfgauth/cfgauth.conf")) -> [String] {
        ["--module", "cfgauth", "--option", "cfgauth-file=\(file)"]
    }

    @Test(arguments: [
        ("ann", "--read", "/FX/EURUSD", Int32(0)), ("ann", "--read", "/FX/INTERNAL/X", 2),
        ("ann", "--write", "/FX/ORDERS/ann/1", 0), ("ann", "--write", "/FX/ORDERS/bob/1", 2),
        ("cat", "--read", "/NEWS/1", 0), ("dan", "--read", "/NEWS/1", 2),
    ])
    func `the example decides as its page says`(user: String, action: String, name: String, status: Int32) throws {
        let ending = try AuthHost.run(["check", "--user", user, action, name] + Self.options())
        #expect(ending.status == status, "\(ending)")
    }

    @Test(arguments: [
        ("ann", "wonderland", Int32(0)), ("cat", "builder", 0), ("cat", "wonderland", 2), ("dan", "x", 2),
    ])
    func `the example lets in who has the password`(user: String, password: String, status: Int32) throws {
        let ending = try AuthHost.run(["login", "--user", user] + Self.options(), input: "\(password)\n")
        #expect(ending.status == status, "\(ending)")
    }

    @Test func `a change of an included file is in force without a signal`() throws {
        let folder = try Folder()
        let file = try folder.write("include-file more.conf", to: "cfgauth.conf")
        func write(_ pattern: String) throws {
            let user = "username ann\npassword {PLAIN}wonderland\nwrite \(pattern)"
            try folder.write("add-user\n\(user)\nend-user\n", to: "more.conf")
        }
        try write("/A/*")
        let server = try Server(Self.options(file) + ["--option", "allow-plain-passwords=TRUE"], in: folder)
        let load = try CheckLoad(try KeptConnection(socket: server.socket), user: "ann", password: "wonderland")
        #expect(try load.allows("/A/x") && !load.allows("/B/x"))
        try write("/B/*")
        try server.process.wait(for: "re-read \(file)")
        #expect(try load.allows("/B/x") && !load.allows("/A/x"))
    }

    @Test func `a password that has no effect is named in the log`() throws {
        let folder = try Folder()
        let file = try folder.write(
            "add-user\nusername ann\npassword {PLAIN}wonderland\nsigcheck main\nend-user\n", to: "cfgauth.conf")
        let server = try Server(Self.options(file) + ["--option", "allow-plain-passwords=TRUE"], in: folder)
        #expect(server.process.seen.contains("\(file):3:10: `password` has no effect beside `sigcheck`"))
        #expect(!server.process.seen.contains("wonderland"))
    }
}
