import Foundation
import Glibc
import Testing

/// Metrics, what documents say of them, and `authhost top`.
@Suite struct FigureTests {
    private func server(_ folder: Folder, _ module: String = "openauth") throws -> Server {
        try Server(["--module", module, "--control-socket", folder.path("control")], in: folder)
    }

    /// Logs in and asks one question.
    private func ask(_ server: Server) throws {
        let login = try server.client.post("/v1/login", #"{"user":"ann","password":"x"}"#)
        let session = try #require(login.member("session"), "\(login)")
        let check = try server.client.post("/v1/check", #"{"session":"\#(session)","action":"read","object":"/A"}"#)
        #expect(check.member("verdict") == "allow", "\(check)")
    }

    @Test(.needs(.curl, .promtool), arguments: ["openauth", Place.fixture("good9_blocking")])
    func `tell how long decisions take by door and question, and the module by entry`(module: String) throws {
        let folder = try Folder()
        let server = try server(folder, module)
        try ask(server)
        var metrics = try server.client.get("/metrics").body
        for line in [
            #"authhost_decision_seconds_count{door="http",question="login"} 1"#,
            #"authhost_decision_seconds_count{door="http",question="read"} 1"#,
            #"authhost_door_decisions_total{door="http",verdict="allow"} 2"#, "authhost_module_call_seconds_count{",
            #"entry="auth_check_read""#, #"le="1.024e-06""#,
        ] { #expect(metrics.contains(line), "\(line): \(metrics)") }
        let waits = metrics.split(separator: "\n").filter { $0.hasPrefix("authhost_queue_wait_seconds_count{") }
        #expect(waits.contains { !$0.hasSuffix(" 0") } == module.hasSuffix("blocking.so"), "\(waits)")
        // The gauges are set each second.
        try server.process.wait(until: {
            metrics = (try? server.client.get("/metrics").body) ?? ""
            return metrics.contains("authhost_ready 1.0")
        })
        for part in ["audit", "module", "rules", "running"] {
            #expect(metrics.contains(#"authhost_ready_part{part="\#(part)"} 1.0"#), "\(part): \(metrics)")
        }
        let verdict = try ChildProcess.run(["promtool", "check", "metrics"], input: metrics)
        #expect(verdict.status == 0 && verdict.output.isEmpty && verdict.errors.isEmpty, "\(verdict)")
    }

    /// What the sources count, what `/metrics` says of it, and the page.
    @Test func `have the names that their page has, each with its words`() throws {
        let folder = Place.file("Sources")
        let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        var counted: Set<String> = ["authhost_metrics_dropped_series_total"]
        for name in names where name.hasSuffix(".swift") && !name.hasSuffix("MetricHelp.swift") {
            let text = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
            counted.formUnion(
                text.matches(of: /"(authhost_[a-z_]+_[a-z]+|authhost_ready|authhost_sessions)"/).map { String($0.1) })
        }
        // The cookie's name, and what `top` reads of a histogram.
        counted.remove("authhost_session")
        let help = try Place.text("Sources/authhost/Serve/MetricHelp.swift")
        let said = Dictionary(
            uniqueKeysWithValues: help.matches(of: /"(authhost_[a-z_]+)":\s+"([^"]+)"/).map {
                (String($0.1), String($0.2))
            })
        let page = try Place.text("docs/metrics.md")
        let rows = Dictionary(
            uniqueKeysWithValues: page.matches(of: /\| `(authhost_[a-z_]+)` \| [^|]*\| ([^|]+) \|/).map {
                (String($0.1), String($0.2))
            })
        #expect(counted.count > 30)
        #expect(Set(said.keys) == counted)
        #expect(rows == said)
    }

    @Test(.needs(.curl)) func `are a page and JSON in a shell`() throws {
        let folder = try Folder()
        let server = try server(folder)
        try ask(server)
        let page = try AuthHost.run(["top", "--once", "--socket", folder.path("control")])
        let whole = try ChildProcess.run([
            Place.binary("authhost"), "top", "--once", "--socket", folder.path("control"),
        ])
        // Nothing is cut where there is no terminal that says how wide it is.
        let (cut, line) = (page.output.split(separator: "\n")[1], whole.output.split(separator: "\n")[1])
        #expect(cut.count == 80 && line.count > 80 && line.hasSuffix(", waiting 0"), "\(line)")
        #expect(page.status == 0, "\(page)")
        for text in ["authhost openauth", "DOOR", "http", "auth_check_read", "99 % WITHIN", "sessions 1"] {
            #expect(page.output.contains(text), "\(text): \(page)")
        }
        #expect(page.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
        let json = try AuthHost.run(["top", "--json", "--socket", folder.path("control")]).output
        let value = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
        #expect(value?["sessions"] as? Int == 1 && value?["ready"] as? Bool == true, "\(json)")
        let decisions = value?["decisions"] as? [[String: Any]] ?? []
        #expect(decisions.contains { $0["question"] as? String == "read" && $0["median_seconds"] is Double }, "\(json)")
        #expect(try AuthHost.run(["top", "--interval", "0"]).status == 3)
    }

    @Test(.needs(.curl), arguments: ["q", "\u{3}"])
    func `are live in a terminal, which is given back`(key: String) throws {
        let folder = try Folder()
        let server = try server(folder)
        let terminal = try PseudoTerminal()
        let before = terminal.flags
        let top = try ChildProcess([
            "sh", "-c", "exec \"$@\" <\(terminal.path) >\(terminal.path)", "sh", Place.binary("authhost"), "top",
            "--interval", "0.1", "--socket", folder.path("control"),
        ])
        #expect(terminal.read(until: "sessions 0"))
        #expect(terminal.flags != before)
        try ask(server)
        #expect(terminal.read(until: "sessions 1"))
        terminal.type(key)
        #expect(try top.finish().status == 0)
        #expect(terminal.read(until: "\u{1b}[?25h\u{1b}[?1049l"))
        #expect(terminal.flags == before)
    }

    @Test func `give the terminal back when they are told to end`() throws {
        let folder = try Folder()
        let running = try server(folder)
        let terminal = try PseudoTerminal()
        let before = terminal.flags
        let top = try ChildProcess([
            "sh", "-c", "exec \"$@\" <\(terminal.path) >\(terminal.path)", "sh", Place.binary("authhost"), "top",
            "--socket", folder.path("control"),
        ])
        #expect(terminal.read(until: "sessions 0"))
        top.send(SIGTERM)
        #expect(try top.finish().status == 0)
        #expect(terminal.flags == before)
        _ = running
    }
}

/// A terminal for a program, and the end at which the test sits.
private final class PseudoTerminal {
    let path: String
    private let descriptor: Int32
    /// Held, so that reading before the program has it, and after, is no error.
    private let other: Int32
    private var seen = ""

    init() throws {
        descriptor = Glibc.open("/dev/ptmx", O_RDWR | O_NOCTTY)
        var (isLocked, number): (Int32, Int32) = (0, 0)
        // TIOCSPTLCK and TIOCGPTN of ioctl_tty(2), which Swift does not import.
        guard descriptor >= 0, ioctl(descriptor, 0x4004_5431, &isLocked) == 0,
            ioctl(descriptor, 0x8004_5430, &number) == 0
        else { throw ChildError(description: "no pseudo-terminal") }
        path = "/dev/pts/\(number)"
        other = open(path, O_RDWR | O_NOCTTY)
    }

    deinit {
        close(descriptor)
        close(other)
    }

    /// The local modes: whether it echoes, and waits for whole lines.
    var flags: UInt32 {
        var modes = termios()
        tcgetattr(other, &modes)
        return modes.c_lflag
    }

    /// Reads until a text has come; a minute at most.
    func read(until text: String) -> Bool {
        var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while !seen.contains(text) {
            guard poll(&wanted, 1, 60_000) > 0 else { return false }
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return false }
            seen += String(decoding: buffer[..<count], as: UTF8.self)
        }
        seen = String(seen[(seen.range(of: text)?.upperBound ?? seen.endIndex)...])
        return true
    }

    func type(_ text: String) { _ = write(descriptor, text, text.utf8.count) }
}
