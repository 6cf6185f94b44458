import Foundation
import Testing

/// A key pair and tokens of it, made by openssl: nothing of what is tested has a part in them.
struct TokenSigner {
    let folder: Folder
    let configuration: String

    init(in folder: Folder) throws {
        self.folder = folder
        _ = try Self.run("openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out signer.pem", in: folder)
        _ = try Self.run("openssl pkey -in signer.pem -pubout -out public.pem", in: folder)
        configuration = try folder.write(
            """
            application-root \(folder.path)
            signature-store \(folder.path("used-tokens"))
            add-sigkey
                key-id   portal
                keyfile  \(folder.path("public.pem"))
            end-sigkey

            """, to: "authhost.conf")
    }

    /// The script of docs/signed-tokens.md.
    func token(for user: String) throws -> String {
        try Self.run(
            """
            encode() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
            header=$(printf '{"alg":"RS256"}' | encode)
            claims=$(printf '{"sub":"\(user)","iat":%s,"jti":"%s"}' "$(date +%s)" "$(openssl rand -hex 16)" | encode)
            signature=$(printf '%s.%s' "$header" "$claims" | openssl dgst -sha256 -sign signer.pem -binary | encode)
            echo "$header.$claims.$signature"
            """, in: folder
        ).trimmingCharacters(in: .newlines)
    }

    private static func run(_ script: String, in folder: Folder) throws -> String {
        let ending = try ChildProcess.run(["bash", "-c", script], directory: folder.path)
        guard ending.status == 0 else { throw ChildError(description: "\(script): \(ending.errors)") }
        return ending.output
    }
}

@Suite struct SignedTokenTests {
    static let users = """
        <authhost-users version="1">
          <user name="alice" sigkey-id="portal"><allow actions="read" object="/FX/**"/></user>
          <user name="bob" sigkey-id="portal"/>
          <user name="cat" password="{PLAIN}tabby-cat-password"/>
        </authhost-users>

        """

    static func start(_ signer: TokenSigner, _ more: [String] = []) throws -> Server {
        let users = try signer.folder.write(users, to: "users.xml")
        return try Server(
            ["-c", signer.configuration] + AuthHost.xmlauth(users) + ["--option", "allow-plain-passwords=TRUE"] + more,
            in: signer.folder)
    }

    private func login(_ server: Server, _ user: String, _ password: String) throws -> Int {
        try server.client.post("/v1/login", #"{"user":"\#(user)","password":"\#(password)"}"#).status
    }

    @Test(.needs(.curl, .openssl))
    func `a token lets its user in once, also after a kill`() throws {
        let signer = try TokenSigner(in: try Folder())
        let token = try signer.token(for: "alice")
        let server = try Self.start(signer)
        #expect(try login(server, "bob", token) == 401)
        #expect(try login(server, "alice", token) == 200)
        #expect(try login(server, "alice", token) == 401)
        server.process.send(SIGKILL)
        _ = try server.process.finish()
        let again = try Self.start(signer)
        #expect(try login(again, "alice", token) == 401)
        #expect(try login(again, "alice", try signer.token(for: "alice")) == 200)
        #expect(try login(again, "alice", String(try signer.token(for: "alice").dropLast())) == 401)
    }

    @Test(.needs(.curl, .openssl))
    func `a token in HTTP Basic is good for one request`() throws {
        let signer = try TokenSigner(in: try Folder())
        let server = try Self.start(signer, ["--forward-auth-object", "/FX%p"])
        let token = try signer.token(for: "alice")
        let statuses = try (0..<2).map { _ in
            try server.client.get("/auth", user: "alice:\(token)", headers: Forwarded.headers("/page")).status
        }
        #expect(statuses == [204, 401])
    }

    @Test(.needs(.curl, .openssl))
    func `so is one of a user who was typed by another name`() throws {
        let signer = try TokenSigner(in: try Folder())
        let server = try Server(
            ["-c", signer.configuration, "--module", Place.binary("fixtures/alias_tokens.so")], in: signer.folder)
        let token = try signer.token(for: "alice")
        let answers = try (0..<3).map { _ in
            try server.client.get("/auth", user: "alice@example.org:\(token)", headers: Forwarded.headers("/page"))
        }
        #expect(answers.map(\.status) == [204, 401, 401])
        #expect(answers[0].headers["x-auth-user"] == "alice")
    }
}

@Suite struct SecretTests {
    /// A whole run at the most talkative level, with every kind of secret, right and wrong.
    @Test(.needs(.curl, .openssl))
    func `no password and no token is in a log, an answer or the metrics`() throws {
        let signer = try TokenSigner(in: try Folder())
        let audit = signer.folder.path("audit.log")
        let server = try SignedTokenTests.start(
            signer, ["--log-level", "debug", "--audit-log", audit])
        let tokens = [try signer.token(for: "alice"), try signer.token(for: "bob")]
        let secrets = tokens + ["tabby-cat-password", "dog-password-wrong", "mouse-password-unknown"]
        var seen = ""
        for (user, secret) in [
            ("alice", secrets[0]), ("alice", secrets[0]), ("alice", secrets[1]), ("cat", secrets[2]),
            ("cat", secrets[3]),
            ("nobody", secrets[4]),
        ] {
            seen += try server.client.post("/v1/login", #"{"user":"\#(user)","password":"\#(secret)"}"#).body
            seen += "\(try server.client.get("/auth", user: "\(user):\(secret)", headers: Forwarded.headers("/x")))"
        }
        seen += "\(try server.client.post("/v1/login", #"{"user":"cat","password":"\#(secrets[3])""#))"
        seen += try server.client.get("/metrics").body
        server.process.send(SIGHUP)
        server.process.terminate()
        let ending = try server.process.finish()
        seen += ending.output + ending.errors
        seen += try String(contentsOfFile: audit, encoding: .utf8)
        #expect(seen.contains("user=alice") && seen.contains("401"), "nothing was written")
        for secret in secrets {
            for part in [secret] + secret.split(separator: ".").map(String.init).filter({ $0.count > 20 }) {
                #expect(!seen.contains(part), "a secret was written")
            }
        }
    }
}
