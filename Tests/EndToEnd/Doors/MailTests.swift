import Foundation
import Testing

/// A real authhost as one of the examples configures it, in a folder of its own.
private final class ExampleHost {
    let folder: Folder
    private let configuration: String
    private(set) var process: ChildProcess

    /// - Parameter items: lines before those of the example's configuration.
    init(_ example: String, in folder: Folder, items: String = "") throws {
        self.folder = folder
        configuration = try folder.write(
            "\(items)\n" + Place.text("examples/\(example)/authhost.conf"), to: "authhost.conf")
        try folder.write(Place.text("examples/\(example)/users.xml"), to: "users.xml")
        process = try Self.start(configuration)
    }

    private static func start(_ configuration: String) throws -> ChildProcess {
        let process = try ChildProcess([Place.binary("authhost"), "serve", "-c", configuration])
        try process.wait(for: "door mail: listening")
        return process
    }

    func stop() throws {
        process.terminate()
        _ = try process.finish()
    }

    func start() throws { process = try Self.start(configuration) }

    func eject(_ user: String) throws {
        let socket = folder.path("control.sock")
        let ending = try AuthHost.run(["session", "eject", "--user", user, "--socket", socket])
        #expect(ending.status == 0, "\(ending)")
    }

    func doctor(_ command: String, patience: String) throws -> Ending {
        try AuthHost.run(["doctor", "-c", configuration, "--door", "mail", "--patience", patience, "--try", command])
    }
}

@Suite(.needs(.testsaslauthd)) struct SaslauthdTests {
    private let host: ExampleHost

    init() throws { host = try ExampleHost("saslauthd", in: Folder()) }

    private func ask(_ user: String, _ password: String, _ service: String) throws -> String {
        let ending = try ChildProcess.run([
            "testsaslauthd", "-u", user, "-p", password, "-s", service, "-f", host.folder.path("mux"),
        ])
        #expect((ending.status == 0) == ending.output.contains("OK"))
        return ending.output.split(separator: " ").dropFirst().first.map(String.init) ?? ending.output + ending.errors
    }

    @Test func `gives testsaslauthd what the module says`() throws {
        #expect(try ask("alice", "wonderland", "imap") == "OK", "\(host.process.seen)")
        #expect(try ask("alice", "looking-glass", "imap") == "NO")
        #expect(try ask("mallory", "wonderland", "imap") == "NO")
        // Has no right to.
        #expect(try ask("alice", "wonderland", "ldap") == "NO")
        // One session: another log-in to the same service shares it, one to another service is over the limit.
        #expect(try ["imap", "imap", "smtp"].map { try ask("bob", "builder", $0) } == ["OK", "OK", "NO"])
        try host.eject("bob")
        // Is told so once; what is behind it is a new log-in.
        #expect(try ["imap", "smtp"].map { try ask("bob", "builder", $0) } == ["NO", "OK"])
    }

    @Test func `lets no user in while authhost has gone`() throws {
        #expect(try ask("alice", "wonderland", "imap") == "OK")
        try host.stop()
        #expect(try ask("alice", "wonderland", "imap").contains("connect() : No such file or directory"))
        // The client's own patience, which it needs where nothing comes: a busy machine needs more for what does.
        var examined: [Ending] = []
        for (time, patience) in [("0.4", "1"), ("4", "10"), ("30", "60")] where examined.last?.status != 0 {
            examined.append(
                try host.doctor(
                    "timeout \(time) testsaslauthd -u doctor -p doctor -s doctor -f \(host.folder.path("mux"))",
                    patience: patience))
        }
        #expect(examined.last?.status == 0, "\(examined)")
        try host.start()
        #expect(try ask("alice", "wonderland", "imap") == "OK")
    }
}

/// A real Postfix that asks a real authhost, as `examples/postfix` configures both.
private final class MailServer {
    let host: ExampleHost
    private let folder: Folder
    private let port: UInt16
    private let master: ChildProcess

    init() throws {
        folder = try Folder()
        // Postfix's own user goes through it to the socket.
        chmod(folder.path, 0o711)
        host = try ExampleHost("postfix", in: folder, items: "audit-log \(folder.path("audit.log"))")
        port = try Place.freePort()
        let data = folder.path("data")
        for name in ["data", "queue", "etc"] {
            try FileManager.default.createDirectory(atPath: folder.path(name), withIntermediateDirectories: true)
        }
        guard let user = getpwnam("postfix") else { throw ChildError(description: "no user `postfix`") }
        chown(data, user.pointee.pw_uid, user.pointee.pw_gid)
        let example = try Place.text("examples/postfix/main.cf")
            .replacing("/run/authhost/auth", with: folder.path("auth"))
        try folder.write(
            """
            compatibility_level = 3.6
            queue_directory = \(folder.path("queue"))
            data_directory = \(data)
            command_directory = /usr/sbin
            daemon_directory = /usr/lib/postfix/sbin
            mail_owner = postfix
            setgid_group = postdrop
            myhostname = mail.example.org
            mydestination =
            alias_maps =
            local_recipient_maps =
            mynetworks =
            inet_interfaces = 127.0.0.1
            inet_protocols = ipv4
            maillog_file = /dev/stdout
            \(example)
            """, to: "etc/main.cf")
        try folder.write(
            """
            127.0.0.1:\(port) inet n - n - - smtpd -o smtpd_sasl_auth_enable=yes
            postlog unix-dgram n - n - 1 postlogd
            proxymap unix - - n - - proxymap
            anvil unix - - n - 1 anvil
            rewrite unix - - n - - trivial-rewrite
            cleanup unix n - n - 0 cleanup
            qmgr unix n - n 300 1 qmgr
            bounce unix - - n - 0 bounce
            defer unix - - n - 0 bounce
            trace unix - - n - 0 bounce
            error unix - - n - - error
            smtp unix - - n - - error

            """, to: "etc/master.cf")
        master = try ChildProcess(["/usr/sbin/postfix", "-c", folder.path("etc"), "start-fg"])
        try master.wait(for: "daemon started", seconds: 60)
    }

    deinit {
        let text = try? String(contentsOfFile: folder.path("queue/pid/master.pid"), encoding: .utf8)
        if let pid = text.flatMap({ pid_t($0.trimmingCharacters(in: .whitespacesAndNewlines)) }) {
            kill(pid, SIGTERM)
            _ = try? master.finish()
        }
    }

    /// What Postfix has written into its own log, once it has a text.
    func log(with text: String) throws -> String {
        try master.wait(for: text)
        return master.seen
    }

    /// The audit log of authhost.
    var audit: String { (try? String(contentsOfFile: folder.path("audit.log"), encoding: .utf8)) ?? "" }

    /// Logs in, from an address of this machine, and tries to send mail to somewhere else; what the server said of
    /// either.
    ///
    /// - Parameter claimed: the address that the client says it has.
    func logIn(
        _ mechanism: String, _ user: String, _ password: String, from address: String = "127.0.0.1",
        claiming claimed: String? = nil
    ) throws -> [String] {
        let script = try folder.write(Self.script, to: "login.py")
        let ending = try ChildProcess.run(
            ["python3", script, "\(port)", address, mechanism, user, password, claimed ?? ""])
        #expect(ending.status == 0, "\(ending.errors)")
        // What was decided has an id of its own each time.
        return ending.output.split(separator: "\n").map { line in
            String(line.replacing(/decision [0-9a-f]{32}/, with: "decision ID"))
        }
    }

    private static let script = """
        import smtplib, sys
        port, address, mechanism, user, password, claimed = sys.argv[1:]
        server = smtplib.SMTP('127.0.0.1', int(port), timeout=60, source_address=(address, 0))
        server.ehlo('[' + claimed + ']' if claimed else '')
        if claimed: server.docmd('XCLIENT', 'ADDR=' + claimed)
        server.user, server.password = user, password
        try:
            answer = server.auth(mechanism, getattr(server, 'auth_' + mechanism.lower()),
                initial_response_ok=mechanism == 'PLAIN')
        except smtplib.SMTPAuthenticationError as error:
            answer = error.args
        print(answer[0], answer[1].decode())
        server.mail('sender@example.org')
        print(server.rcpt('recipient@example.net')[0])
        server.quit()
        """
}

@Suite(.needs(.postfix, .python3)) struct PostfixTests {
    @Test func `gives Postfix what the module says, and nothing while authhost has gone`() throws {
        let server = try MailServer()
        let yes = ["235 2.7.0 Authentication successful", "250"]
        func no(_ reason: String) -> [String] { ["535 5.7.8 Error: authentication failed: \(reason)", "554"] }
        for mechanism in ["PLAIN", "LOGIN"] {
            #expect(try server.logIn(mechanism, "alice", "wonderland") == yes, "\(server.host.process.seen)")
            #expect(try server.logIn(mechanism, "alice", "looking-glass") == no("decision ID"))
        }
        #expect(try server.logIn("PLAIN", "carol", "builder") == no("deny (decision ID)"))
        // One session: a log-in from the same address shares it, one from another address is over the limit.
        #expect(try server.logIn("PLAIN", "bob", "builder") == yes)
        #expect(try server.logIn("PLAIN", "bob", "builder") == yes)
        #expect(try server.logIn("PLAIN", "bob", "builder", from: "127.0.0.2") == no("over-limit (decision ID)"))
        // Where a client says that it is counts for nothing.
        #expect(try server.logIn("PLAIN", "bob", "builder", claiming: "127.0.0.2") == yes)
        #expect(
            try server.logIn("PLAIN", "bob", "builder", from: "127.0.0.2", claiming: "127.0.0.1")
                == no("over-limit (decision ID)"))
        // Postfix's own log leads to the audit log.
        let log = try server.log(with: "authentication failed: deny (decision ")
        let denial = try #require(log.firstMatch(of: /authentication failed: deny \(decision ([0-9a-f]{32})\)/))
        try server.host.process.wait(until: { server.audit.contains("decision=\(denial.output.1)") })
        let line = server.audit.split(separator: "\n").first { $0.contains("decision=\(denial.output.1)") } ?? ""
        #expect(line.contains("user=carol") && line.contains("door=mail") && line.contains("verdict=deny"), "\(line)")
        try server.host.eject("bob")
        #expect(try server.logIn("PLAIN", "bob", "builder") == no("ejected (decision ID)"))
        #expect(try server.logIn("PLAIN", "bob", "builder", from: "127.0.0.2") == yes)
        try server.host.stop()
        #expect(
            try server.logIn("PLAIN", "alice", "wonderland") == [
                "454 4.7.0 Temporary authentication failure: (reason unavailable)", "554",
            ])
        try server.host.start()
        #expect(try server.logIn("PLAIN", "alice", "wonderland") == yes)
    }
}
