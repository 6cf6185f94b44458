import Foundation
import Testing

/// A configuration, and where it comes from.
struct SampleConfiguration: CustomTestStringConvertible {
    let name: String
    let text: String

    var testDescription: String { name }

    /// Every configuration of the examples and modules, and every block of the documents that is one.
    static let all: [SampleConfiguration] = files + blocks

    private static let files: [SampleConfiguration] = ["examples", "Plugins", "share"].flatMap { folder in
        (FileManager.default.enumerator(atPath: Place.file(folder))?.compactMap { $0 as? String } ?? [])
            .filter { $0.hasSuffix("authhost.conf") || $0.hasSuffix("native.conf") || $0.hasSuffix("auth.conf") }
            .sorted().compactMap { file in
                (try? Place.text("\(folder)/\(file)")).map { SampleConfiguration(name: "\(folder)/\(file)", text: $0) }
            }
    }

    private static let blocks: [SampleConfiguration] = {
        let docs = FileManager.default.enumerator(atPath: Place.file("docs"))?.compactMap { $0 as? String } ?? []
        let pages =
            docs.filter { $0.hasSuffix(".md") }.sorted().map { "docs/\($0)" }
            + ["xmlauth", "cfgauth", "exec", "defaultauth", "upstream", "openauth"].map { "Plugins/\($0)/\($0).7.md" }
        return pages.flatMap { page in
            ((try? Place.text(page)) ?? "").matches(of: /\n```\n((?:auth-|add-|http-|audit-)[^`]+)\n```/).enumerated()
                .map {
                    SampleConfiguration(name: "\(page), block \($0 + 1)", text: String($1.1))
                }
        }
    }()
}

/// A configuration that a start refuses.
struct BrokenConfiguration: CustomTestStringConvertible {
    let name: String
    let text: String
    /// What the check says, with its place.
    let message: String

    var testDescription: String { name }

    /// Whether a start says the same.
    let inWordsOfTheStart: Bool

    init(_ name: String, _ text: String, _ message: String, inWordsOfTheStart: Bool = true) {
        (self.name, self.text, self.message) = (name, text, message)
        self.inWordsOfTheStart = inWordsOfTheStart
    }

    private static let long = String(repeating: "x", count: 120)

    static let all = [
        BrokenConfiguration(
            "a control socket too long", "control-socket %r/\(long)", "a.conf:3:1: cannot listen on the unix socket"),
        BrokenConfiguration(
            "a door's socket too long", "add-door\ntype native\nsocket %r/\(long)\nend-door",
            "a.conf:5:1: cannot listen on the"),
        BrokenConfiguration(
            "no folder for a socket", "add-door\ntype native\nsocket /nowhere/a\nend-door",
            "a.conf:5:1: cannot listen on the unix socket `/nowhere/a`: it could not be bound: no such file"),
        BrokenConfiguration(
            "an address of another machine", "add-door\ntype native\nlisten 192.0.2.1:7700\nend-door",
            "a.conf:5:8: cannot listen on `192.0.2.1:7700`: cannot assign requested address"),
        BrokenConfiguration(
            "one socket for two", "control-socket %r/s\nadd-door\ntype native\nsocket %r/s\nend-door",
            "/s` is listened on already at a.conf:3:1"),
        BrokenConfiguration(
            "one address twice", "http-listen 127.0.0.1:7391\nhttp-listen 127.0.0.1:7391",
            "`127.0.0.1:7391` is listened on already at a.conf:"),
        BrokenConfiguration(
            "no certificate",
            "add-door\ntype native\nlisten 127.0.0.1:0\ntls-certificate /nowhere/c\ntls-key /nowhere/k\nend-door",
            "a.conf:6:1: the TLS file `/nowhere/c`"),
        BrokenConfiguration(
            "no folder for the audit log", "audit-log /nowhere/audit", "a.conf:3:1: cannot open the audit log"),
        BrokenConfiguration(
            "an audit log that is required and not there", "audit-required TRUE", "a.conf:3:1: `audit-required` is TRUE"
        ),
        BrokenConfiguration(
            "an audit log that is a folder", "audit-log /tmp", "a.conf:3:1: cannot open the audit log `/tmp`",
            inWordsOfTheStart: false),
        BrokenConfiguration(
            "a misspelled sink", "audit-log journald", "a.conf:3:1: audit-log: `journald` is not a sink; `-`, `syslog:`"
        ),
        BrokenConfiguration(
            "a sink of another kind", "audit-log file:/var/log/x", "`./file:/var/log/x` for a file of that name"),
        BrokenConfiguration(
            "no folder for the identity in a cluster", "cluster-registry unix:/r\ncluster-identity-file /nowhere/i",
            "a.conf:4:1: cluster-identity-file: `/nowhere/i` cannot be made: its folder: no such file"),
        BrokenConfiguration(
            "no authority of the registry", "cluster-registry rediss://r\ncluster-authority /nowhere/c",
            "a.conf:4:1: cluster-authority: `/nowhere/c` cannot be used"),
        BrokenConfiguration(
            "no file of the registry's password", "cluster-registry unix:/r\ncluster-password-file /nowhere/p",
            "a.conf:4:1: cluster-password-file: "),
        BrokenConfiguration(
            "no variable of the registry's password", "cluster-registry unix:/r\ncluster-password-variable NO_SUCH",
            "a.conf:4:1: cluster-password-variable: the environment has no variable `NO_SUCH`"),
        BrokenConfiguration("no licence", "licence-file /nowhere/licence", "a.conf:3:1: cannot read `licence-file`"),
        BrokenConfiguration("no key", "add-sigkey\nkey-id a\nkeyfile /nowhere/k\nend-sigkey", "a.conf:5:1: key `a`"),
        BrokenConfiguration("an unknown owner", "trusted-owner no-such-user", "a.conf:3:1: trusted-owner"),
        BrokenConfiguration(
            "an unknown door", "add-door\ntype smtp\nlisten 127.0.0.1:0\nend-door", "a.conf:4:1: there is no door type"),
        BrokenConfiguration("a file that is not a usage database", "uupp-file a.conf", "a.conf:3:1: usage database `"),
        BrokenConfiguration(
            "two mistakes", "licence-file /nowhere/licence\naudit-log /nowhere/audit",
            "a.conf:4:1: cannot open the audit log `/nowhere/audit`"),
    ]
}

/// `config check` says what a start will do.
@Suite struct ConfigCheckTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    private func check(_ arguments: [String]) throws -> Ending {
        try ChildProcess.run(
            [Place.binary("authhost"), "config", "check", "a.conf"] + arguments, directory: folder.path)
    }

    /// Starts a host, and ends it when it listens; nil when it did, else how it ended.
    private func refusal(_ arguments: [String]) throws -> Ending? {
        let host = try ChildProcess(
            [Place.binary("authhost"), "serve", "-c", "a.conf"] + arguments, directory: folder.path)
        let log = folder.path("events.log")
        func listens() -> Bool {
            (try? String(contentsOfFile: log, encoding: .utf8))?.contains("listening on ") == true
        }
        try? host.wait(until: listens)
        host.terminate()
        let ending = try host.finish()
        return listens() ? nil : ending
    }

    private func compare(_ text: String, inWords: Bool = true) throws -> Ending {
        try folder.write(text, to: "a.conf")
        let arguments = ["--event-log", folder.path("events.log")]
        let checked = try check(arguments + ["--bind"])
        let refused = try refusal(arguments)
        guard let refused else {
            #expect(checked.status == 0, "the host starts, and the check says \(checked)")
            return checked
        }
        #expect(checked.status == refused.status, "\(checked)\n\(refused)")
        for line in refused.errors.split(separator: "\n") where inWords && line.hasPrefix("authhost: ") {
            let parts = line.dropFirst("authhost: ".count).split(separator: ": ")
            #expect(checked.errors.contains(parts.last ?? ""), "\(checked)\n\(refused)")
        }
        return checked
    }

    @Test(arguments: SampleConfiguration.all)
    func `a check of what is shown to people predicts the start`(sample: SampleConfiguration) throws {
        // Folders of the system, ports and the users file are this test's own.
        var text = sample.text.replacing(/\/(?:run|etc|var\/log|var\/lib)\/authhost/, with: folder.path)
        text = text.replacing(/(listen +\S+):[0-9]+/) { "\($0.1):0" }
        text = text.replacing(/(xmlauth-file +)\S+/) { "\($0.1)\(Place.file("Plugins/xmlauth/users.xml"))" }
        _ = try compare(text)
    }

    @Test func `documents and examples have configurations to be tried`() {
        #expect(SampleConfiguration.all.count > 20, "\(SampleConfiguration.all.map(\.name))")
    }

    @Test(arguments: BrokenConfiguration.all)
    func `a check finds what would stop a start, and says where it is written`(broken: BrokenConfiguration) throws {
        let ending = try compare(
            "auth-module openauth\nhttp-listen 127.0.0.1:0\n\(broken.text)\n", inWords: broken.inWordsOfTheStart)
        #expect(ending.status == 3 && ending.errors.contains(broken.message), "\(ending)")
    }

    @Test func `a port and a socket in use are faults where they must be free`() throws {
        let host = try Server(["--module", "openauth", "--http-listen", "127.0.0.1:0"], in: folder)
        let port = try #require(host.process.seen.firstMatch(of: /127\.0\.0\.1:([0-9]+)/)?.1)
        try folder.write(
            "auth-module openauth\nhttp-listen 127.0.0.1:\(port)\nhttp-socket \(host.socket)\n", to: "a.conf")
        #expect(try check([]).status == 0)
        let ending = try check(["--bind"])
        #expect(ending.status == 3, "\(ending)")
        #expect(
            ending.errors.contains("a.conf:2:1: cannot listen on `127.0.0.1:\(port)`: address already in use"),
            "\(ending)")
        #expect(
            ending.errors.contains("a.conf:3:1: cannot listen on the unix socket `\(host.socket)`: a server answers"),
            "\(ending)")
    }

    @Test(.needs(.openssl)) func `a certificate that ends soon, or has ended, is a warning`() throws {
        for (days, text) in [("2", ", in "), ("400", "")] {
            let made = try ChildProcess.run(
                [
                    "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", days,
                    "-subj", "/CN=door", "-keyout", "key.pem", "-out", "chain.pem",
                ], directory: folder.path)
            #expect(made.status == 0, "\(made)")
            try folder.write(
                "auth-module openauth\nhttp-listen none\nadd-door\ntype native\nlisten 127.0.0.1:0\ntls-certificate chain.pem\n"
                    + "tls-key key.pem\nend-door\n", to: "a.conf")
            let ending = try check([])
            #expect(ending.status == 0, "\(ending)")
            let chain = folder.path("chain.pem")
            let warning = "warning: a.conf:6:1: door native: `\(chain)` holds a certificate that ends at 20"
            #expect(ending.errors.contains(warning) == !text.isEmpty, "\(ending)")
            #expect(text.isEmpty || ending.errors.contains(text), "\(ending)")
        }
    }

    @Test(arguments: [
        ("forward-auth", 31, "Traefik waits 30 s", 1), ("forward-auth", 61, "nginx waits 60 s", 2),
        ("rabbitmq", 16, "RabbitMQ waits 15 s", 1), ("dovecot", 11, "Postfix waits 10 s", 1),
        ("rabbitmq", 15, "", 0), ("native", 999, "", 0),
    ])
    func `a deadline that is longer than a client waits is a warning`(
        type: String, seconds: Int, text: String, count: Int
    ) throws {
        let others = ["map", "checkread", "checkwrite"].map { "auth-\($0)-timeout 5\n" }.joined()
        try folder.write(
            "auth-module openauth\nhttp-listen none\nauth-login-timeout \(seconds)\n\(others)add-door\ntype \(type)\n"
                + "socket %r/s\nend-door\n", to: "a.conf")
        let ending = try check([])
        let warnings = ending.errors.split(separator: "\n").filter { $0.hasPrefix("warning: ") }
        #expect(ending.status == 0 && warnings.count == count, "\(ending)")
        #expect(
            warnings.allSatisfy {
                $0.hasPrefix("warning: a.conf:8:1: door \(type): ") && $0.contains("`auth-login-timeout`")
            })
        #expect(text.isEmpty || ending.errors.contains(text), "\(ending)")
    }

    @Test func `findings are JSON with a place`() throws {
        struct Report: Decodable {
            struct Finding: Decodable {
                let severity, message: String
                let status, line, column: Int?
                let file: String?
            }
            let good: Bool
            let findings: [Finding]
        }
        func report(_ text: String, _ status: Int32) throws -> Report {
            try folder.write(text, to: "a.conf")
            let ending = try check(["--json"])
            #expect(ending.status == status, "\(ending)")
            return try JSONDecoder().decode(Report.self, from: Data(ending.output.utf8))
        }
        let syntax = try report("auth-module openauth\nlog-levle x\n", 3)
        #expect(!syntax.good && syntax.findings.map(\.line) == [2] && syntax.findings[0].file == "a.conf")
        let option = try report(
            "auth-module openauth\n\nadd-module-options openauth\n  none 1\nend-module-options\n", 3)
        #expect(option.findings.map(\.line) == [4] && option.findings.map(\.column) == [3], "\(option)")
        #expect(option.findings[0].status == 3 && option.findings[0].severity == "error")
        let warned = try report("auth-module openauth\nhttp-listen 127.0.0.1:0\nrequest-log requests\n", 0)
        #expect(warned.good && warned.findings.map(\.severity) == ["warning"] && warned.findings[0].line == 3)
    }
}
