import Foundation
import Testing

/// Certificates of a test's own authority, made by openssl in its folder.
struct Authority {
    let folder: Folder
    private let name: String

    init(_ name: String, in folder: Folder) throws {
        self.folder = folder
        self.name = name
        try Self.openssl(
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                "/CN=\(name)",
            ]
                + ["-keyout", folder.path("\(name).key"), "-out", certificate])
    }

    var certificate: String { folder.path("\(name).pem") }

    /// Signs a certificate, which is `FILE.pem` and `FILE.key` then.
    ///
    /// - Parameter names: that it has besides, each as openssl has it, such as `DNS:a.example`.
    func sign(_ commonName: String, as file: String, days: Int = 2, names: [String] = []) throws {
        let request = folder.path("\(file).csr")
        try Self.openssl(
            ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=\(commonName)"]
                + ["-addext", "subjectAltName=\((["IP:127.0.0.1"] + names).joined(separator: ","))"]
                + ["-keyout", folder.path("\(file).key"), "-out", request])
        try Self.openssl(
            [
                "x509", "-req", "-in", request, "-CA", certificate, "-CAkey", folder.path("\(name).key"),
                "-CAcreateserial",
            ]
                + ["-days", "\(days)", "-copy_extensions", "copy", "-out", folder.path("\(file).pem")])
    }

    private static func openssl(_ arguments: [String]) throws {
        let ending = try ChildProcess.run(["openssl"] + arguments)
        guard ending.status == 0 else { throw ChildError(description: ending.errors) }
    }
}

/// Doors over TLS, with real clients.
@Suite(.needs(.openssl, .curl, .python3)) struct TLSTests {
    private let folder: Folder
    private let ours: Authority
    private let host: ChildProcess
    /// Of the door for everybody, and of those that ask for certificates.
    private let open: UInt16
    private let certified: UInt16
    private let native: UInt16

    init() throws {
        folder = try Folder()
        ours = try Authority("ours", in: folder)
        try ours.sign("server", as: "server")
        let ports = try (0..<3).map { _ in try Place.freePort() }
        (open, certified, native) = (ports[0], ports[1], ports[2])
        let tls = """
                tls-certificate \(folder.path("server.pem"))
                tls-key \(folder.path("server.key"))
            """
        let users = try folder.write(
            Place.text("examples/saslauthd/users.xml").replacing("/login/imap", with: "/doors/native"), to: "users.xml")
        let configuration = try folder.write(
            """
            auth-module xmlauth
            add-module-options xmlauth
                xmlauth-file \(users)
            end-module-options
            http-listen none
            add-door
                type rabbitmq
                name open
                listen 127.0.0.1:\(open)
            \(tls)
            end-door
            add-door
                type rabbitmq
                name certified
                listen 127.0.0.1:\(certified)
                client cn:broker
            \(tls)
                tls-client-authority \(ours.certificate)
            end-door
            add-door
                type native
                listen 127.0.0.1:\(native)
                option logon TRUE
            \(tls)
                tls-client-authority \(ours.certificate)
            end-door
            """, to: "authhost.conf")
        host = try ChildProcess([Place.binary("authhost"), "serve", "-c", configuration])
        try host.wait(for: "door native: listening")
    }

    /// What the broker's question is answered with: the content, or curl's exit status.
    private func ask(_ port: UInt16, certificate: String? = nil, authority: Authority? = nil) throws -> String {
        var arguments = [
            "curl", "-q", "-sS", "--max-time", "60", "--cacert", (authority ?? ours).certificate, "-d",
            "username=alice&password=wonderland",
        ]
        if let certificate {
            arguments += ["--cert", folder.path("\(certificate).pem"), "--key", folder.path("\(certificate).key")]
        }
        let ending = try ChildProcess.run(arguments + ["https://127.0.0.1:\(port)/auth/user"])
        return ending.status == 0 ? ending.output : "no answer"
    }

    @Test func `answers clients that trust the certificate, and reads a new one at HUP`() throws {
        #expect(try ask(open) == "allow", "\(host.seen)")
        // A client without TLS is not answered.
        let plain = try ChildProcess.run([
            "curl", "-q", "-sS", "--max-time", "60", "-d", "username=alice&password=wonderland",
            "http://127.0.0.1:\(open)/auth/user",
        ])
        #expect(plain.status != 0 && !plain.output.contains("allow"))

        let theirs = try Authority("theirs", in: folder)
        #expect(try ask(open, authority: theirs) == "no answer")
        // A key that is not the certificate's: the old pair stays.
        try theirs.sign("server", as: "new")
        try replace("server.pem", by: "new.pem")
        host.send(SIGHUP)
        try host.wait(for: "the old certificate stays in use")
        #expect(try ask(open) == "allow")
        try replace("server.key", by: "new.key")
        host.send(SIGHUP)
        try host.wait(until: { (try? ask(open, authority: theirs)) == "allow" })
        #expect(try ask(open) == "no answer")
    }

    /// The attributes of the certificate reach the module, which tells them again, and the door makes a tag of one.
    @Test func `tells the module what the client's certificate says`() throws {
        try ours.sign(
            "broker", as: "broker",
            names: ["DNS:a.example", "DNS:b.example", "email:broker@a.example", "URI:spiffe://a.example/broker"])
        let port = try Place.freePort()
        let configuration = try folder.write(
            """
            auth-module \(Place.binary("fixtures/attributes.so"))
            http-listen none
            audit-log \(folder.path("audit.log"))
            audit-required TRUE
            add-door
                type rabbitmq
                listen 127.0.0.1:\(port)
                tls-certificate \(folder.path("server.pem"))
                tls-key \(folder.path("server.key"))
                tls-client-authority \(ours.certificate)
                option tag-attribute tls.digest
            end-door
            """, to: "told.conf")
        let told = try ChildProcess([Place.binary("authhost"), "serve", "-c", configuration])
        try told.wait(for: "door rabbitmq: listening")
        let fingerprint = try ChildProcess.run([
            "openssl", "x509", "-in", folder.path("broker.pem"), "-noout", "-fingerprint", "-sha256",
        ]).output
        let digest = fingerprint.split(separator: "=").last?.filter(\.isHexDigit).lowercased()
        #expect(try ask(port, certificate: "broker") == "allow \(digest ?? "")", "\(told.seen)")
        // The module hands back what it was told, the decision's id too.
        let said =
            "attributes=\"tls.subject=CN%3Dbroker&tls.dns=a.example&tls.dns=b.example&tls.email=broker@a.example"
            + "&tls.uri=spiffe://a.example/broker&tls.digest=\(digest ?? "")&decision-id="
        try told.wait(until: {
            (try? String(contentsOfFile: folder.path("audit.log"), encoding: .utf8))?.contains(said) == true
        })
        told.terminate()
        #expect(try told.finish().status == 0)
    }

    private func replace(_ name: String, by other: String) throws {
        guard rename(folder.path(other), folder.path(name)) == 0 else {
            throw ChildError(description: "rename \(name)")
        }
    }

    @Test func `lets clients connect by the name in their certificate`() throws {
        try ours.sign("broker", as: "broker")
        #expect(try ask(certified, certificate: "broker") == "allow", "\(host.seen)")
        // None, one of another name, one that has expired, and one that somebody else has signed.
        #expect(try ask(certified) == "no answer")
        try ours.sign("gateway", as: "gateway")
        #expect(try ask(certified, certificate: "gateway") == "no answer")
        try host.wait(for: "a client may not connect: <127.0.0.1> with the certificate of <gateway>")
        try ours.sign("broker", as: "expired", days: -1)
        #expect(try ask(certified, certificate: "expired") == "no answer")
        try Authority("theirs", in: folder).sign("broker", as: "forged")
        #expect(try ask(certified, certificate: "forged") == "no answer")
    }

    @Test func `a certificate logs its own user on at the native door, and no other`() throws {
        try ours.sign("alice", as: "alice")
        #expect(try logOn("alice", "", certificate: "alice") == "1", "\(host.seen)")
        // Wrong credentials, as of anybody without the right password.
        #expect(try logOn("bob", "", certificate: "alice") == "3")
        #expect(try logOn("alice", "looking-glass", certificate: "alice") == "3")
        #expect(try logOn("bob", "builder", certificate: "alice") == "1")
    }

    /// The verdict of a LOGON.
    private func logOn(_ user: String, _ secret: String, certificate: String) throws -> String {
        let script = try folder.write(Self.script, to: "logon.py")
        let ending = try ChildProcess.run([
            "python3", script, "\(native)", ours.certificate, folder.path("\(certificate).pem"),
            folder.path("\(certificate).key"), user, secret,
        ])
        #expect(ending.status == 0, "\(ending.errors)")
        return ending.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static let script = """
        import socket, ssl, struct, sys
        port, authority, certificate, key, user, secret = sys.argv[1:]
        context = ssl.create_default_context(cafile=authority)
        context.load_cert_chain(certificate, key)
        server = context.wrap_socket(socket.create_connection(('127.0.0.1', int(port)), 30), server_hostname='127.0.0.1')
        stream = server.makefile('rb')
        text = lambda value: struct.pack('<H', len(value)) + value.encode()
        def ask(kind, number, body):
            frame = struct.pack('<BBHI', kind, 0, 0, number) + body
            server.sendall(struct.pack('<I', len(frame)) + frame)
            length, = struct.unpack('<I', stream.read(4))
            return stream.read(length)
        ask(1, 1, struct.pack('<HH', 1, 1) + text('test'))
        print(ask(2, 2, text(user) + text(secret))[8])
        """
}
