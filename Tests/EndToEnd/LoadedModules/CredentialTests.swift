import Foundation
import Testing

/// Credentials of destinations, as the programs that need them take them.
@Suite struct CredentialTests {
    private let folder: Folder
    private let configuration: String
    private let control: String

    init() throws {
        folder = try Folder()
        control = folder.path("control.sock")
        let command = try folder.program(
            """
            #!/bin/sh
            echo run >>"\(folder.path("runs"))"
            printf '{"version":1,"token":"tok en-%s","expires":%s}' "$2" $(($(date +%s) + 3600))
            """, to: "token")
        configuration = try folder.write(
            """
            auth-module openauth
            application-root \(folder.path)
            control-socket \(control)
            add-destination
                name partner
                address p.example.com:4000
                git-host git.example.com http://127.0.0.1:3000
                add-authenticator exec
                    UserName gateway
                    Command "/bin/sh \(command) --user '{{AMPS_USER_NAME}}'"
                    Timeout 10m
                    Format json
                end-authenticator
            end-destination
            add-destination
                name once
                add-authenticator exec
                    UserName gateway
                    Command "/bin/echo token"
                    Timeout 10m
                end-authenticator
            end-destination
            add-destination
                name broken
                add-authenticator exec
                    UserName gateway
                    Command "/bin/sh -c 'echo no entry >&2; exit 1'"
                    Timeout 10m
                end-authenticator
            end-destination
            """, to: "authhost.conf")
    }

    private var runs: Int {
        (try? String(contentsOfFile: folder.path("runs"), encoding: .utf8))?.split(separator: "\n").count ?? 0
    }

    private func get(_ arguments: String..., input: String = "") throws -> Ending {
        try AuthHost.run(["credential", "get"] + arguments + ["-c", configuration], input: input)
    }

    @Test func `all programs share what the host keeps`() throws {
        let server = try Server(["-c", configuration], in: folder)
        for _ in 0..<3 {
            let ending = try get("partner")
            #expect(ending.status == 0 && ending.output == "tok en-gateway\n", "\(ending)")
        }
        #expect(runs == 1)
        let listed = try AuthHost.run(["credential", "list", "--socket", control])
        #expect(listed.output.contains("partner") && !listed.output.contains("tok en"), "\(listed)")
        #expect(try AuthHost.run(["credential", "reject", "partner", "--socket", control]).status == 0)
        _ = try get("partner")
        #expect(runs == 2)
        _ = server
    }

    @Test(.needs(.curl)) func `local users that the module permits have them over HTTP`() throws {
        let users = try folder.write(
            """
            <authhost-users version="1">
                <user name="gate" password="{PLAIN}gate"><allow actions="read" object="/credentials/partner"/></user>
                <user name="other" password="{PLAIN}other"/>
            </authhost-users>
            """, to: "users.xml")
        let server = try Server(
            AuthHost.xmlauth(users) + ["--option", "allow-plain-passwords=TRUE", "-c", configuration], in: folder)
        func ask(_ user: String, _ destination: String, _ path: String = "") throws -> Response {
            let login = try server.client.post("/v1/login", #"{"user":"\#(user)","password":"\#(user)"}"#)
            let session = try #require(login.member("session"), "\(login)")
            return try server.client.post(
                "/v1/credentials\(path)", #"{"session":"\#(session)","destination":"\#(destination)"}"#)
        }
        let given = try ask("gate", "partner")
        #expect(given.status == 200 && given.member("secret") == "tok en-gateway", "\(given)")
        #expect(given.headers["cache-control"] == "no-store")
        #expect(try ask("gate", "partner").member("user") == "gateway")
        #expect(runs == 1)
        #expect(try ask("other", "partner").status == 403)
        #expect(try ask("gate", "broken").status == 403)
        #expect(try ask("gate", "partner", "/reject").status == 200)
        #expect(try ask("gate", "partner").status == 200)
        #expect(runs == 2)
        #expect(!server.process.seen.contains("tok en"))
    }

    @Test func `runs of the command leave no descriptor and no child behind`() throws {
        let server = try Server(["-c", configuration], in: folder)
        func descriptors() throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/\(server.process.pid)/fd").count
        }
        // What is not kept is fetched each time.
        func run() throws { #expect(try get("once").output == "token\n") }
        try run()
        // The connection of the last command may not be closed yet.
        let before = try descriptors()
        for _ in 0..<20 { try run() }
        #expect(try get("broken").status == 1)
        try server.process.wait(until: { (try? descriptors()).map { $0 <= before } == true })
        let children = try String(
            contentsOfFile: "/proc/\(server.process.pid)/task/\(server.process.pid)/children", encoding: .utf8)
        #expect(children.isEmpty)
    }

    @Test func `says why there are none, without what the command printed`() throws {
        let server = try Server(["-c", configuration], in: folder)
        let ending = try get("broken")
        #expect(ending.status == 1 && ending.output.isEmpty, "\(ending)")
        #expect(ending.errors.contains("/bin/sh") && ending.errors.contains("no entry"), "\(ending)")
        let unknown = try get("partnr")
        #expect(unknown.errors.contains("there is no destination `partnr`"), "\(unknown)")
        _ = server
    }

    @Test(arguments: [
        ("raw", #"^tok en-gateway\n$"#),
        ("json", #"^\{"user": "gateway", "secret": "tok en-gateway", "expires": "20.*Z"\}\n$"#),
        ("env", #"^CREDENTIAL_USER='gateway'\nCREDENTIAL_SECRET='tok en-gateway'\nCREDENTIAL_EXPIRES='20.*Z'\n$"#),
        (
            "exec-credential",
            #"^\{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": \{"expirationTimestamp": "20.*Z", "token": "tok en-gateway"\}\}\n$"#
        ),
        (
            "credential-process",
            #"^\{"Version": 1, "AccessKeyId": "gateway", "SecretAccessKey": "tok en-gateway", "Expiration": "20.*Z"\}\n$"#
        ),
    ])
    func `writes what a program takes, also without a host that runs`(format: String, pattern: String) throws {
        let ending = try AuthHost.run(
            ["credential", "get", "partner", "--format", format, "-c", withoutSocket()])
        #expect(ending.status == 0, "\(ending)")
        #expect(ending.output.range(of: pattern, options: .regularExpression) != nil, "\(ending)")
    }

    @Test(arguments: ["tok en", "tok en\n", "tok en\r\n"])
    func `a password of a file, of the environment or of a command ends before LF and before CR LF`(text: String) throws
    {
        let file = try folder.write(text, to: "password")
        chmod(file, 0o600)
        let settings = try folder.write(
            """
            auth-module openauth
            add-destination
                name file
                add-authenticator defaultauth
                    User gateway
                    PasswordFileName \(file)
                end-authenticator
            end-destination
            add-destination
                name environment
                add-authenticator defaultauth
                    User gateway
                    PasswordEnvironmentVariable PARTNER
                end-authenticator
            end-destination
            add-destination
                name command
                add-authenticator exec
                    UserName gateway
                    Command "/bin/cat \(file)"
                    Timeout 10m
                end-authenticator
            end-destination
            """, to: "passwords.conf")
        for destination in ["file", "environment", "command"] {
            let ending = try ChildProcess.run(
                [Place.binary("authhost"), "credential", "get", destination, "-c", settings],
                environment: ["PARTNER": text])
            #expect(ending.status == 0 && ending.output == "tok en\n", "\(destination): \(ending)")
        }
    }

    private func withoutSocket() throws -> String {
        let text = try String(contentsOfFile: configuration, encoding: .utf8)
        return try folder.write(text.replacing("control-socket", with: "# control-socket"), to: "alone.conf")
    }

    @Test(.needs(.aws)) func `the AWS command line takes its credentials from the host`() throws {
        let server = try Server(["-c", configuration], in: folder)
        let program = Place.binary("authhost")
        let process = "\(program) credential get partner --format credential-process --socket \(control)"
        let settings = try folder.write("[default]\ncredential_process = \(process)\n", to: "aws.conf")
        let environment = [
            "AWS_CONFIG_FILE": settings, "HOME": folder.path, "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_DEFAULT_REGION": "eu-west-1",
        ]
        let listed = try ChildProcess.run([RealProgram.aws.path, "configure", "list"], environment: environment)
        #expect(listed.output.contains("eway") && listed.output.contains("custom-process"), "\(listed)")
        // The first version of the command line, which is the one on PyPI, exports nothing: its library is asked.
        let script = """
            import awscli.botocore.session
            found = awscli.botocore.session.Session().get_credentials().get_frozen_credentials()
            print(found.access_key, found.secret_key)
            """
        let python = Place.file(".build/pypi/bin/python")
        let ending = try ChildProcess.run([python, "-c", script], environment: environment)
        #expect(ending.output == "gateway tok en-gateway\n", "\(ending)")
        #expect(runs == 1)
        _ = server
    }
}
