import Foundation
import Testing

/// A second module beside the one that answers, in the real host.
@Suite(.needs(.curl)) struct `A shadow of the real host` {
    private let folder: Folder
    private let control: String

    init() throws {
        folder = try Folder()
        control = folder.path("control.sock")
    }

    private func configure(_ text: String) throws { try folder.write(text, to: "a.conf") }

    private func start(_ text: String) throws -> Server {
        try configure(text)
        return try Server(["--config", folder.path("a.conf"), "--control-socket", control], in: folder)
    }

    private func operate(_ arguments: String...) throws -> Ending {
        try AuthHost.run(arguments + ["--socket", control])
    }

    private func logIn(_ server: Server, _ user: String = "alice") throws -> String {
        let answer = try server.client.post("/v1/login", #"{"user":"\#(user)","password":"x"}"#)
        return try #require(answer.member("session"), "\(answer)")
    }

    private func read(_ server: Server, _ session: String, _ object: String) throws -> Response {
        try server.client.post("/v1/check", #"{"session":"\#(session)","action":"read","object":"\#(object)"}"#)
    }

    private func verdict(_ server: Server, _ session: String, _ object: String) throws -> String? {
        try read(server, session, object).member("verdict")
    }

    /// The report once it has a text.
    private func report(_ server: Server, with text: String) throws -> Ending {
        var last = Ending(status: -1, output: "", errors: "")
        try server.process.wait(until: {
            guard let ending = try? operate("shadow", "report") else { return false }
            last = ending
            return ending.output.contains(text)
        })
        return last
    }

    private static let two = """
        auth-module \(Place.fixture("swapped"))
        auth-module-shadow \(Place.fixture("swapped_strict"))

        """

    @Test func `has its differences told, and becomes the module`() throws {
        let audit = folder.path("audit")
        let server = try start(Self.two + "audit-log \(audit)\n")
        try server.process.wait(for: "Shadow <swapped_strict> 1.0 is asked as well")
        let session = try logIn(server)
        for object in ["/a", "/b"] { #expect(try verdict(server, session, object) == "allow") }
        let told = try report(server, with: "2 different")
        #expect(told.status == 7, "\(told)")
        #expect(told.output.contains("swapped_strict 1.0: 1 the same, 2 different, 0 not decided"), "\(told)")
        #expect(told.output.contains("read: allow → deny, 2 times, first at "), "\(told)")
        #expect(told.output.contains("alice /a, by http, decision "), "\(told)")
        #expect(told.output.contains("was: granted") && told.output.contains("now: denied-by-module"), "\(told)")
        let json = try operate("shadow", "report", "--json")
        #expect(json.status == 7 && json.output.contains(#""was":"allow""#), "\(json)")
        let list = try operate("module", "list")
        #expect(list.output.contains("\nshadow  swapped_strict  1.0  "), "\(list)")
        #expect(try operate("status").output.contains("shadow     swapped_strict 1.0: 1 the same, 2 different"))
        let top = try operate("top", "--once")
        #expect(top.output.contains("\nshadow swapped_strict 1.0: 1 the same, 2 different, 0 not decided\n"), "\(top)")
        #expect(try operate("top", "--once", "--json").output.contains(#""different": 2"#))
        let metrics = try server.client.get("/metrics").body
        #expect(
            metrics.contains(
                #"authhost_shadow_differences_total{now="deny",question="read",was="allow",what="verdict"} 2"#),
            "\(metrics)")
        // What it answers is counted nowhere else.
        #expect(metrics.contains(#"authhost_decisions_total{question="read",reason="granted",verdict="allow"} 2"#))
        let counted = metrics.split(separator: "\n").filter { $0.hasPrefix("authhost_decisions_total") }
        #expect(counted.count == 2 && counted.allSatisfy { $0.contains(#"verdict="allow""#) }, "\(counted)")
        try server.process.wait(until: {
            (try? server.client.get("/metrics").body.contains("\nauthhost_sessions 1")) == true
        })
        let promotion = try operate("shadow", "promote")
        #expect(
            promotion.output.contains("<swapped> 1.0 (instance 1) was swapped for <swapped_strict> 1.0"), "\(promotion)"
        )
        #expect(try verdict(server, session, "/a") == "deny")
        try server.process.wait(until: {
            (try? String(contentsOfFile: audit, encoding: .utf8))?
                .contains(#"method=PROMOTE requested=swapped_strict outcome="done: "#) == true
        })
        try server.process.wait(for: "is asked no more")
        #expect(try report(server, with: "promoted").status == 0)
        let again = try operate("shadow", "promote")
        #expect(again.status == 1 && again.errors.contains("no shadow is asked"), "\(again)")
        #expect(try operate("module", "rollback").status == 0)
        #expect(try verdict(server, session, "/a") == "allow")
    }

    @Test func `stays the shadow where its tests fail`() throws {
        let server = try start(
            Self.two + "add-module-test\nuser alice\npassword x\ncheck read /a allow\nend-module-test\n")
        try server.process.wait(for: "is asked as well")
        let session = try logIn(server)
        let promotion = try operate("shadow", "promote")
        #expect(promotion.status == 1 && promotion.errors.contains("its tests failed"), "\(promotion)")
        #expect(try verdict(server, session, "/a") == "allow")
        #expect(try report(server, with: "1 different").output.contains("read: allow → deny, once at "))
    }

    @Test func `that crashes, hangs or ends hurts no client, and is asked again`() throws {
        let server = try start(
            """
            auth-module \(Place.fixture("swapped"))
            auth-module-shadow \(Place.fixture("ends_its_process"))
            auth-checkread-timeout 1
            module-helper-crashes 100

            """)
        try server.process.wait(for: "Shadow <ends_its_process>")
        for (count, object) in ["/segv/a", "/exit/a", "/stop/a", "/hang/a"].enumerated() {
            let session = try logIn(server, "user\(count)")
            #expect(try verdict(server, session, object) == "allow")
            #expect(try server.client.get("/ready").status == 200)
            try server.process.wait(until: {
                server.process.seen.components(separatedBy: "its helper process is started again").count == count + 2
            })
        }
        let told = try report(server, with: "4 not decided")
        #expect(told.status == 0, "\(told)")
        #expect(told.output.contains("read: allow → undecided"), "\(told)")
        try server.process.wait(for: "CRIT: shadow: ends_its_process: its helper process")
        // The next process is asked again.
        let session = try logIn(server)
        try server.process.wait(until: {
            _ = try? verdict(server, session, "/deny/a")
            return (try? operate("shadow", "report").output.contains("read: allow → deny")) == true
        })
        #expect(try server.client.get("/metrics").body.contains("authhost_module_helper_ends_total") == false)
    }

    @Test func `has options of its own, begins and ends by HUP`() throws {
        try folder.write(
            try Place.text("Plugins/xmlauth/users.xml"), to: "users.xml")
        let main = """
            auth-module xmlauth
            auth-moddir \(Place.binaries)
            add-module-options xmlauth
                xmlauth-file \(folder.path("users.xml"))
            end-module-options

            """
        let server = try start(main)
        let none = try operate("shadow", "report")
        #expect(none.status == 1 && none.errors.contains("`auth-module-shadow` is not set"), "\(none)")
        #expect(!(try operate("status").output.contains("shadow")))
        try configure(
            main + """
                auth-module-shadow xmlauth
                add-shadow-options xmlauth
                    xmlauth-file \(folder.path("none.xml"))
                end-shadow-options

                """)
        server.process.send(SIGHUP)
        try server.process.wait(for: "a.conf:6:1: takes effect by another shadow")
        try server.process.wait(for: "there is no shadow: module `xmlauth`")
        #expect(try report(server, with: "xmlauth, failed: ").status == 0)
        #expect(server.process.seen.contains("shadow: ") && server.process.seen.contains("none.xml"))
        #expect(try server.client.get("/ready").status == 200)
        try folder.write(
            """
            <authhost-users version="1"></authhost-users>

            """, to: "none.xml")
        try configure(
            main + """
                auth-module-shadow xmlauth
                auth-module-shadow-isolation none
                add-shadow-options xmlauth
                    xmlauth-file \(folder.path("none.xml"))
                end-shadow-options

                """)
        server.process.send(SIGHUP)
        try server.process.wait(for: "Shadow <xmlauth>")
        try configure(main)
        server.process.send(SIGHUP)
        try server.process.wait(for: "Shadow <xmlauth> is asked no more")
        #expect(!server.process.seen.contains("Swapped auth module"))
    }

    private func copy(_ fixture: String, to path: String) throws {
        let ending = try ChildProcess.run(["install", "-m", "755", Place.fixture(fixture), path])
        #expect(ending.status == 0, "\(ending)")
    }

    @Test func `whose file was rebuilt, or could not be loaded, is loaded anew by HUP`() throws {
        let file = folder.path("shadow.so")
        let server = try start("auth-module \(Place.fixture("swapped"))\nauth-module-shadow \(file)\n")
        try server.process.wait(for: "there is no shadow: ")
        try copy("swapped_strict", to: file)
        server.process.send(SIGHUP)
        try server.process.wait(for: "Shadow <swapped_strict> 1.0 is asked as well")
        let session = try logIn(server)
        #expect(try verdict(server, session, "/a") == "allow")
        _ = try report(server, with: "1 the same, 1 different")
        // The same file again changes nothing.
        server.process.send(SIGHUP)
        try copy("swapped", to: file)
        server.process.send(SIGHUP)
        try server.process.wait(for: "The file of shadow <\(file)> is another one now")
        try server.process.wait(for: "Shadow <swapped> 1.0 is asked as well")
        #expect(try verdict(server, session, "/a") == "allow")
        _ = try report(server, with: "swapped 1.0: ")
        #expect(!(try operate("shadow", "report").output.contains("different: ")))
    }

    @Test func `reads its rules again by HUP, as the module does`() throws {
        let users = folder.path("users.xml")
        try folder.write(try Place.text("Plugins/xmlauth/users.xml"), to: "users.xml")
        try folder.write("<authhost-users version=\"1\"></authhost-users>\n", to: "other.xml")
        let server = try start(
            """
            auth-module xmlauth
            auth-moddir \(Place.binaries)
            add-module-options xmlauth
                xmlauth-file \(users)
            end-module-options
            auth-module-shadow xmlauth
            add-shadow-options xmlauth
                xmlauth-file \(folder.path("other.xml"))
            end-shadow-options

            """)
        try server.process.wait(for: "Shadow <xmlauth>")
        func logIn() throws {
            let answer = try server.client.post("/v1/login", #"{"user":"alice","password":"wonderland"}"#)
            #expect(answer.status == 200, "\(answer)")
        }
        try logIn()
        _ = try report(server, with: "1 different")
        try folder.write(try Place.text("Plugins/xmlauth/users.xml"), to: "other.xml")
        server.process.send(SIGHUP)
        // It is asked anew until it has read them: nothing else changes what it says.
        try server.process.wait(until: {
            guard (try? logIn()) != nil, let told = try? operate("shadow", "report").output else { return false }
            return told.contains(" the same, ") && !told.contains(": 0 the same, ")
        })
    }

    @Test(arguments: [
        ("auth-module-shadow x\nauth-module-shadow-isolation thread\n", 3, "auth-module-shadow-isolation is `thread`"),
        ("auth-module-shadow no-such-module\n", 0, "no shadow: module `no-such-module`: no such file"),
    ])
    func `is checked with the configuration`(_ lines: String, _ status: Int32, _ says: String) throws {
        try configure("auth-module \(Place.fixture("good9"))\n\(lines)")
        let ending = try AuthHost.run(["config", "check", folder.path("a.conf")])
        #expect(ending.status == status && ending.errors.contains(says), "\(ending)")
        #expect(ending.errors.contains("a.conf:\(status == 3 ? 3 : 2):"), "\(ending)")
    }
}
