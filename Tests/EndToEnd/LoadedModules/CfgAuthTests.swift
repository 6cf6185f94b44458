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
        let ending = try AuthHost.run(["check", "--user", user, "--trusted", action, name] + Self.options())
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

    @Test func `a repaired include is in force without a signal, and a user who vanished loses the session`() throws {
        let folder = try Folder()
        func write(_ users: String) throws -> String {
            let blocks = users.map { "add-user\nusername \($0)\npassword {PLAIN}wonderland\nread /A\nend-user\n" }
            return try folder.write(blocks.joined() + "include-file more.conf\n", to: "cfgauth.conf")
        }
        let file = try write("ab")
        try folder.write("", to: "more.conf")
        let server = try Server(Self.options(file) + ["--option", "allow-plain-passwords=TRUE"], in: folder)
        func login(_ user: String) throws -> String {
            let response = try server.client.post("/v1/login", #"{"user":"\#(user)","password":"wonderland"}"#)
            return try #require(response.member("session"), "\(response)")
        }
        func reads(_ session: String) throws -> String {
            try server.client.post("/v1/check", #"{"session":"\#(session)","action":"read","object":"/A"}"#).body
        }
        let (ann, bob) = (try login("a"), try login("b"))
        #expect(try reads(ann).contains("granted") && reads(bob).contains("granted"))
        try folder.write("broken", to: "more.conf")
        _ = try write("a")
        try server.process.wait(for: "kept the accounts as they were")
        #expect(try reads(bob).contains("granted"))
        try folder.write("# repaired", to: "more.conf")
        try server.process.wait(for: "1 sessions of users who may have none were ended")
        #expect(try reads(ann).contains("granted"))
        #expect(try !reads(bob).contains("granted"))
    }

    @Test func `licences bounds the sessions of each user`() throws {
        let folder = try Folder()
        let block = "add-user\nusername ann bob\npassword {PLAIN}wonderland {PLAIN}wonderland\nlicences 2\nend-user\n"
        let file = try folder.write(block, to: "cfgauth.conf")
        let server = try Server(Self.options(file) + ["--option", "allow-plain-passwords=TRUE"], in: folder)
        let statuses = try ["ann", "ann", "ann", "bob"].map { user in
            try server.client.post("/v1/login", #"{"user":"\#(user)","password":"wonderland"}"#).status
        }
        #expect(statuses == [200, 200, 429, 200])
    }

    @Test(.needs(.curl, .openssl)) func `sigcheck lets a user in with a token alone`() throws {
        let signer = try TokenSigner(in: try Folder())
        let file = try signer.folder.write(
            "add-user\nusername ann\npassword {PLAIN}wonderland\nsigcheck portal\nend-user\n", to: "cfgauth.conf")
        let server = try Server(
            ["-c", signer.configuration] + Self.options(file) + ["--option", "allow-plain-passwords=TRUE"],
            in: signer.folder)
        func login(_ password: String) throws -> Int {
            try server.client.post("/v1/login", #"{"user":"ann","password":"\#(password)"}"#).status
        }
        #expect(try login("wonderland") == 401)
        #expect(try login(try signer.token(for: "bob")) == 401)
        #expect(try login(try signer.token(for: "ann")) == 200)
    }

    @Test func `the module brings the configuration's language, and no item of the host`() throws {
        let shown = try AuthHost.run(["config", "show", "--all", "--json", "-c", "none"])
        let items = try #require(try JSONSerialization.jsonObject(with: Data(shown.output.utf8)) as? [[String: Any]])
        // A text of at most 15 bytes is part of instructions. `application-name` is the language's own, for `${APP_NAME}`.
        let names = items.compactMap { $0["item"] as? String }
            .filter { $0.utf8.count > 15 && $0 != "application-name" }
        #expect(names.count > 30, "\(shown)")
        let module = try Data(contentsOf: URL(filePath: Place.binary("libcfgauth.so")))
        #expect(module.range(of: Data("application-name".utf8)) != nil, "what the module holds is not found in it")
        #expect(names.filter { module.range(of: Data($0.utf8)) != nil } == [])
    }

    @Test(arguments: [
        ("hash-threads=257", "`hash-threads` is `257`; 0 to 256 are accepted"),
        ("hash-queue=0", "`hash-queue` is `0`; 1 to 1000000 are accepted"),
        ("hash-queue=1000001", "`hash-queue` is `1000001`; 1 to 1000000 are accepted"),
    ])
    func `an option out of its range is refused with the range`(option: String, message: String) throws {
        let ending = try AuthHost.run(
            ["check", "--user", "ann", "--trusted", "--read", "/A"] + Self.options() + ["--option", option])
        #expect(ending.status == 4)
        #expect(ending.errors.contains(message), "\(ending)")
    }
}
