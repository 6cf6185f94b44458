import Foundation
import Testing

/// git, docker and kubectl, each with the protocol that it speaks to its helpers.
@Suite struct CredentialHelperTests {
    private let folder: Folder
    private let control: String
    private let server: Server

    init() throws {
        folder = try Folder()
        control = folder.path("control.sock")
        let command = try folder.program(
            """
            #!/bin/sh
            echo run >>"\(folder.path("runs"))"
            printf '{"version":1,"token":"tok-%s","expires":%s}' "$(wc -l <"\(folder.path("runs"))")" \
                $(($(date +%s) + 3600))
            """, to: "token")
        let configuration = try folder.write(
            """
            auth-module openauth
            application-root \(folder.path)
            control-socket \(control)
            add-destination
                name ok
                address p.example.com:1
                git-host git.example.com http://127.0.0.1:3000
                add-authenticator exec
                    UserName gateway
                    Command "/bin/sh \(command)"
                    Format json
                end-authenticator
            end-destination
            add-destination
                name broken
                address p.example.com:1
                add-authenticator exec
                    UserName gateway
                    Command "/bin/sh -c 'echo no entry >&2; exit 1'"
                end-authenticator
            end-destination
            """, to: "authhost.conf")
        server = try Server(["-c", configuration], in: folder)
    }

    private var runs: Int {
        (try? String(contentsOfFile: folder.path("runs"), encoding: .utf8))?.split(separator: "\n").count ?? 0
    }

    private func helper(
        _ format: String, _ operation: String, _ input: String, of destination: String = "ok",
        environment: [String: String] = [:]
    ) throws -> Ending {
        try ChildProcess.run(
            [
                Place.binary("authhost"), "credential", "get", destination, "--format", format, "--socket", control,
                operation,
            ], input: input, environment: environment)
    }

    // MARK: git

    @Test(arguments: [
        "protocol=https\nhost=p.example.com:1\n", "protocol=https\nhost=P.Example.com:1\n\nhost=example.com\n",
        "protocol=https\nhost=git.example.com\npath=a.git\nwwwauth[]=Basic\nwwwauth[]=Bearer\n",
        "protocol=https\nhost=git.example.com:443\nusername=gateway\n", "protocol=http\nhost=127.0.0.1:3000\n",
    ])
    func `git has the secret for the destination's servers`(request: String) throws {
        let ending = try helper("git", "get", request)
        #expect(ending.status == 0 && ending.errors.isEmpty, "\(ending)")
        #expect(
            ending.output.wholeMatch(of: /username=gateway\npassword=tok-1\npassword_expiry_utc=[0-9]+\n/) != nil,
            "\(ending)")
    }

    @Test(arguments: [
        "protocol=https\nhost=example.com\n", "protocol=https\nhost=p.example.com\n", "host=p.example.com:1\n",
        "protocol=http\nhost=p.example.com:1\n", "protocol=https\nhost=127.0.0.1:3000\n", "protocol=https\n", "\n", "",
        "protocol=https\nhost=p.example.com:1.evil.example\n", "protocol=https\nhost=p.example.com:1\r\n",
        "protocol=https\nhost=evil.example\nhost=p.example.com:1\n", "protocol=https\nhost=p.example.com:1\nnonsense\n",
        "protocol=https\nhost=u@p.example.com:1\n",
        "protocol=https\nhost=p.example.com:1/x\n", "protocol=https\n\nhost=p.example.com:1\n",
    ])
    func `git has nothing for any other, and goes on`(request: String) throws {
        let ending = try helper("git", "get", request)
        #expect(ending.status == 0 && ending.output.isEmpty && ending.errors.isEmpty, "\(ending)")
        #expect(runs == 0)
    }

    @Test func `git has nothing for another user than the destination's`() throws {
        let ending = try helper("git", "get", "protocol=https\nhost=p.example.com:1\nusername=other\n")
        #expect(ending.status == 0 && ending.output.isEmpty && ending.errors.isEmpty, "\(ending)")
    }

    @Test(arguments: ["store", "capability", "frobnicate"])
    func `operations that are not for it are ignored in silence`(operation: String) throws {
        let ending = try helper("git", operation, "protocol=https\nhost=p.example.com:1\npassword=tok-1\n")
        #expect(ending.status == 0 && ending.output.isEmpty && ending.errors.isEmpty, "\(ending)")
    }

    @Test func `erase rejects only the secret that it names`() throws {
        let asked = "protocol=https\nhost=p.example.com:1\n"
        func isKept() throws -> Bool {
            let before = runs
            _ = try helper("git", "get", asked)
            return runs == before
        }
        _ = try isKept()
        for other in [
            asked + "username=gateway\npassword=tok-0\n", asked + "password=tok-1x\n", asked, "",
            "protocol=https\nhost=example.com\npassword=tok-1\n",
        ] {
            #expect(try helper("git", "erase", other).status == 0)
            #expect(try isKept(), "\(other)")
        }
        #expect(try helper("git", "erase", asked + "username=gateway\npassword=tok-1\n").status == 0)
        #expect(try !isKept())
        #expect(try helper("git", "get", asked).output.contains("password=tok-2\n"))
    }

    @Test func `git is told on standard error why there is none`() throws {
        let ending = try helper("git", "get", "protocol=https\nhost=p.example.com:1\n", of: "broken")
        #expect(ending.status == 1 && ending.output.isEmpty && ending.errors.contains("no entry"), "\(ending)")
    }

    @Test(.needs(.git)) func `git itself takes, keeps and erases as the page shows`() throws {
        let page = try Place.text("docs/credentials.md")
        let shown =
            "git config credential.https://git.example.com.helper '!authhost credential get partner --format git'"
        #expect(page.contains(shown))
        let home = ["HOME": folder.path, "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1"]
        let program = "\(Place.binary("authhost")) credential get ok --format git --socket \(control)"
        let setting = shown.dropFirst("git config ".count).replacing(
            "authhost credential get partner --format git", with: program)
        let configured = try ChildProcess.run(["sh", "-c", "git config --global \(setting)"], environment: home)
        #expect(configured.status == 0, "\(configured)")
        func git(_ operation: String, _ input: String) throws -> Ending {
            try ChildProcess.run(["git", "credential", operation], input: input, environment: home)
        }
        let filled = try git("fill", "url=https://git.example.com/a.git\n\n")
        #expect(filled.output.contains("username=gateway\npassword=tok-1\n"), "\(filled)")
        #expect(try git("approve", filled.output).status == 0)
        #expect(try git("fill", "url=https://git.example.com/b.git\n\n").output.contains("password=tok-1\n"))
        let refused = try git("reject", filled.output)
        #expect(refused.status == 0 && refused.errors.isEmpty, "\(refused)")
        #expect(try git("fill", "url=https://git.example.com/a.git\n\n").output.contains("password=tok-2\n"))
        for other in ["https://example.com/", "http://git.example.com/", "https://git.example.com:8443/"] {
            // Also where the helper is set for every host.
            let ending = try ChildProcess.run(
                ["git", "-c", "credential.helper=!\(program)", "credential", "fill"], input: "url=\(other)\n\n",
                environment: home)
            #expect(ending.status != 0 && !ending.output.contains("tok-"), "\(ending)")
        }
    }

    // MARK: docker

    @Test(arguments: ["p.example.com:1", "https://p.example.com:1/v2/", "git.example.com", "http://127.0.0.1:3000"])
    func `docker has the secret for the destination's servers`(name: String) throws {
        let ending = try helper("docker", "get", "\(name)\n")
        #expect(ending.status == 0 && ending.errors.isEmpty, "\(ending)")
        #expect(ending.output == #"{"ServerURL": "\#(name)", "Username": "gateway", "Secret": "tok-1"}"# + "\n")
    }

    @Test(arguments: [
        ("get", "example.com", "credentials not found in native keychain"),
        ("get", "https://p.example.com", "credentials not found in native keychain"),
        ("get", "https://p.example.com:1@evil.example", "credentials not found in native keychain"),
        ("get", "", "no credentials server URL"), ("erase", "", "no credentials server URL"),
        ("store", "{}", "authhost, which stores none"), ("frobnicate", "", "unknown credential action `frobnicate`"),
    ])
    func `docker reads from standard output why there is none`(operation: String, input: String, text: String) throws {
        let ending = try helper("docker", operation, "\(input)\n")
        #expect(ending.status == 1 && ending.errors.isEmpty, "\(ending)")
        #expect(ending.output.contains(text) && ending.output.split(separator: "\n").count == 1, "\(ending)")
        #expect(text.contains("keychain") ? ending.output == text + "\n" : true)
    }

    @Test func `docker is told the authenticator's failure, lists servers, and logs out without a refusal`() throws {
        let broken = try helper("docker", "get", "p.example.com:1\n", of: "broken")
        #expect(broken.status == 1 && broken.errors.isEmpty && broken.output.contains("no entry"), "\(broken)")
        let list = try helper("docker", "list", "")
        #expect(
            list.output
                == #"{"p.example.com:1": "gateway", "git.example.com": "gateway", "http://127.0.0.1:3000": "gateway"}"#
                + "\n")
        let erased = try helper("docker", "erase", "p.example.com:1\n")
        #expect(erased.status == 0 && erased.output.isEmpty, "\(erased)")
        _ = try helper("docker", "get", "p.example.com:1\n")
        #expect(runs == 1)
        #expect(try helper("docker", "version", "").output.hasPrefix("authhost "))
    }

    @Test(.needs(.dockerpy)) func `docker's own client code understands the helper`() throws {
        try folder.program(
            """
            #!/bin/sh
            exec \(Place.binary("authhost")) credential get ok --format docker --socket \(control) "$@"
            """, to: "bin/docker-credential-ok")
        let client = """
            import docker.credentials as c
            store = c.Store("ok")
            print(store.get("p.example.com:1"))
            try: print(store.get("example.com"))
            except c.CredentialsNotFound: print("not found")
            try: store.store("p.example.com:1", "u", "s")
            except c.StoreError as e: print("refused:", str(e).replace("\\n", " "))
            store.erase("p.example.com:1")
            print(store.list())
            """
        let path = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin") + ":\(folder.path("bin"))"
        let ending = try ChildProcess.run(
            [RealProgram.dockerpy.path, "-c", client], environment: ["PATH": path, "HOME": folder.path])
        let lines = ending.output.split(separator: "\n")
        #expect(lines.count == 4, "\(ending)")
        guard lines.count == 4 else { return }
        #expect(lines[0].contains("'Username': 'gateway'") && lines[0].contains("'Secret': 'tok-1'"))
        #expect(lines[1] == "not found")
        #expect(lines[2].hasPrefix("refused:") && lines[2].contains("which stores none"))
        #expect(lines[3].contains("'p.example.com:1': 'gateway'"))
    }

    // MARK: Kubernetes

    private static func info(_ version: String, _ server: String?) -> String {
        let cluster = server.map { #""cluster":{"server":"\#($0)"},"# } ?? ""
        return
            #"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/\#(version)","spec":{\#(cluster)"interactive":false}}"#
    }

    @Test(arguments: [
        ("v1", nil as String?), ("v1", "https://p.example.com:1"), ("v1beta1", "https://git.example.com/k"),
    ])
    func `kubectl has the token in its own version`(version: String, server: String?) throws {
        let ending = try helper(
            "exec-credential", "get", "", environment: ["KUBERNETES_EXEC_INFO": Self.info(version, server)])
        #expect(ending.status == 0, "\(ending)")
        #expect(ending.output.contains(#""apiVersion": "client.authentication.k8s.io/\#(version)""#), "\(ending)")
        #expect(ending.output.contains(#""token": "tok-1""#), "\(ending)")
    }

    @Test(arguments: [
        (Self.info("v1", "https://example.com"), "`https://example.com` does not belong to the destination"),
        (Self.info("v1alpha1", nil), "v1beta1` are accepted"), ("nonsense", "KUBERNETES_EXEC_INFO"),
    ])
    func `kubectl is refused for another cluster`(info: String, text: String) throws {
        let ending = try helper("exec-credential", "get", "", environment: ["KUBERNETES_EXEC_INFO": info])
        #expect(ending.status == 1 && ending.output.isEmpty && ending.errors.contains(text), "\(ending)")
        #expect(runs == 0)
    }

    @Test func `the page's sample for kubectl says that it does not prompt`() throws {
        let page = try Place.text("docs/credentials.md")
        #expect(page.contains("interactiveMode: Never") && page.contains("provideClusterInfo: true"))
    }

    @Test(arguments: ["raw", "json", "env", "exec-credential", "credential-process"])
    func `formats without operations know get alone`(format: String) throws {
        let ending = try helper(format, "erase", "")
        #expect(ending.status == 3 && ending.errors.contains("`get` is accepted"), "\(ending)")
    }
}
