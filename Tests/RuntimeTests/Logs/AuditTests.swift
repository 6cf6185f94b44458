import AuthCore
import Basics
import Glibc
import Logging
import ModuleHost
import Synchronization
import Testing

@testable import Runtime

extension AuditLog {
    /// Writes a file, on the threads of those who ask and flush.
    convenience init(
        file: String, required: Bool = false, json: Bool = false, log: Logger,
        isFull: (@Sendable (Int32) -> Bool)? = nil
    ) throws(LogFileError) {
        var settings = Settings()
        (settings.required, settings.json, settings.timeout) = (required, json, .seconds(60))
        self.init([(file, try FileOutput(file, isFull: isFull))], settings, log: log, startsWriter: false)
    }
}

/// A host whose decisions are recorded in a file of its own.
private final class AuditedHost: Sendable {
    let test: TestHost
    let audit: AuditLog
    let path: String
    private let folder: String

    init(
        _ fixture: String, required: Bool = false, json: Bool = false, path: String? = nil, sessions: Int = 0
    ) throws {
        folder = try temporaryFolder()
        self.path = path ?? "\(folder)/audit.log"
        let lines = LogLines()
        let audit = try AuditLog(
            file: self.path, required: required, json: json,
            log: Logger(label: "audit") { _ in LineHandler(lines: lines) })
        self.audit = audit
        problems = lines
        test = try TestHost(fixture) {
            $0.audit = audit
            $0.limits.sessions = sessions
        }
    }

    /// What the audit log has said of itself.
    let problems: LogLines

    deinit {
        unlink("\(folder)/audit.log")
        unlink("\(folder)/old.log")
        rmdir(folder)
    }

    /// The lines of the file without their times and the names of the decisions.
    func lines(_ name: String? = nil) throws -> [String] {
        audit.flush()
        return try contents(name.map { "\(folder)/\($0)" } ?? path).split(separator: "\n").map { line in
            String(try #require(line.split(separator: ": AUDIT: ", maxSplits: 1).last))
                .replacing(/\ decision=[0-9a-f]{32}/, with: "")
        }
    }

    func move(to name: String) { rename(path, "\(folder)/\(name)") }

    /// Puts a file that can never be written behind the log's name.
    func blockFile() throws {
        unlink(path)
        try #require(symlink("/dev/full", path) == 0)
        // A device that is in the place of the file is refused.
        #expect(throws: LogFileError.self) { try audit.reopen() }
    }

    func freeFile() throws {
        unlink(path)
        try audit.reopen()
    }
}

private func temporaryFolder() throws -> String {
    var name = Array("/tmp/authhost-audit-XXXXXX".utf8CString)
    try #require(mkdtemp(&name) != nil)
    return String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

private func contents(_ path: String) throws -> String {
    let file = open(path, O_RDONLY)
    try #require(file >= 0, "`\(path)` cannot be read")
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(file, &bytes, bytes.count)
    return String(decoding: bytes[..<max(count, 0)], as: UTF8.self)
}

@Suite struct `The audit log` {
    @Test func `has one line for every decision`() throws {
        let audited = try AuditedHost("explains")
        let test = audited.test
        let session = try test.session()
        let short = session.description
        _ = test.ask(.resume(try test.login("nobody")))
        _ = test.ask(.map(session, try ObjectName("/in/x")))
        _ = try test.check(session, .write, "/in/x")
        _ = try test.check(session, .read, "/deny/x")
        _ = test.ask(.logout(session))
        _ = try test.check(session, .read, "/a")
        let rule = #"module="rule \"allow read /**\" at users:1""#
        let lost = #"module="rule \"deny read /deny/**\" at users:2""#
        #expect(
            try audited.lines() == [
                "user=alice question=login door=test session=\(short) verdict=allow reason=granted",
                "user=nobody question=resume door=test verdict=wrong-credentials reason=denied-by-module",
                "user=alice session=\(short) question=map door=test requested=/in/x object=/out/x verdict=allow "
                    + "reason=granted",
                "user=alice session=\(short) question=write door=test requested=/in/x object=/out/x verdict=allow "
                    + "reason=granted \(rule)",
                "user=alice session=\(short) question=read door=test requested=/deny/x object=/deny/x verdict=deny "
                    + "reason=denied-by-module \(lost)",
                "user=alice session=\(short) question=logout door=test verdict=allow reason=granted",
                "session=\(short) question=read requested=/a verdict=deny reason=unknown-session",
            ])
    }

    @Test func `has who was typed and who that is, where the module names another user`() throws {
        let audited = try AuditedHost("reads_open")
        _ = audited.test.ask(.login(try audited.test.login("alias")))
        _ = audited.test.ask(.login(try audited.test.login("plain")))
        let lines = try audited.lines()
        #expect(lines.first?.hasPrefix("user=alias ") == true, "\(lines)")
        #expect(lines.first?.contains(" becomes=canonical session=") == true, "\(lines)")
        #expect(lines.last?.contains("becomes") == false, "\(lines)")
    }

    @Test func `has who that is where a limit of that user refuses the log-in, as the event log has`() throws {
        let audited = try AuditedHost("reads_open", sessions: 1)
        _ = audited.test.ask(.login(try audited.test.login("canonical")))
        #expect(audited.test.ask(.login(try audited.test.login("alias"))).user == "canonical")
        let line = try #require(try audited.lines().last)
        #expect(line.hasPrefix("user=alias ") && line.contains(" becomes=canonical verdict=over-limit "), "\(line)")
        #expect(
            audited.test.lines.all.contains { $0.contains("Log-in of user <alias> failed as <canonical> at door test") }
        )
    }

    @Test func `has a line for every row of a batch`() throws {
        let audited = try AuditedHost("explains")
        let session = try audited.test.session()
        let checks = try ["/a", "/deny/b", "/in/c"].map { Check(.read, try ObjectName($0)) }
        _ = audited.test.host.ask(checks, session: session)
        let lines = try audited.lines().dropFirst()
        #expect(lines.map { $0.contains("verdict=allow") } == [true, false, true])
        #expect(lines.map { $0.contains("at users:") } == [true, true, true])
        #expect(lines.last?.contains("requested=/in/c object=/out/c") == true)
    }

    @Test(arguments: ["good9_serial", "delayed6", "completes_from_thread"])
    func `has one line for an answer that comes later, before anybody has it`(_ fixture: String) throws {
        let audited = try AuditedHost(fixture, required: true)
        #expect(audited.test.ask(.login(try audited.test.login("alice"))).verdict == .allow)
        let lines = try audited.lines()
        #expect(lines.count == 1)
        #expect(lines.first?.contains("user=alice question=login") == true)
    }

    @Test func `has a line also for an answer that was kept`() throws {
        let audited = try AuditedHost("good9")
        let first = audited.test.ask(.authenticate(try audited.test.login("alice")))
        let second = audited.test.ask(.authenticate(try audited.test.login("alice")))
        #expect(first.session == second.session)
        #expect(try audited.lines().count { $0.contains("question=authenticate") } == 2)
    }

    @Test(arguments: ["good9", "explains"])
    func `has a line for what an administrator may do`(_ fixture: String) throws {
        let audited = try AuditedHost(fixture)
        let session = try audited.test.session()
        var request = RealmRequest(
            .delete, path: try ObjectName("/v1/admin/sessions"), user: "alice", password: Secret("secret"))
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        request.attributes = [Field(DoorAttribute.traceParent.rawValue, trace)]
        let answer = TestHost.wait(
            audited.test.host.permits(request, session: session, object: try ObjectName("/authhost/admin/sessions")))
        let lines = try audited.lines().dropFirst()
        #expect(lines.count == 1)
        #expect(
            lines.last?.hasPrefix(
                "user=alice session=\(session) question=realm door=test method=DELETE requested=/v1/admin/sessions")
                == true,
            "\(lines)")
        #expect(lines.last?.contains("verdict=\(answer.verdict.rawValue) reason=\(answer.reason.rawValue)") == true)
        #expect(lines.last?.contains("trace=\(trace)") == true)
    }

    @Test func `never holds a password or the whole id of a session`() throws {
        let audited = try AuditedHost("good9")
        let answer = audited.test.ask(.login(try audited.test.login("alice", password: "hunter2-hunter2")))
        let session = try #require(answer.session)
        _ = try audited.test.check(session, .read, "/a")
        audited.audit.flush()
        let text = try contents(audited.path)
        #expect(text.contains("alice"))
        #expect(!text.contains("hunter2"))
        #expect(!text.contains(session.hexadecimal.dropFirst(4)))
    }

    @Test func `asks for the rule of an allow only where it is written`() throws {
        let plain = try TestHost("explains")
        #expect(TestHost.wait(try plain.check(plain.session(), .read, "/a")).logText == nil)
        let audited = try AuditedHost("explains").test
        #expect(TestHost.wait(try audited.check(audited.session(), .read, "/a")).logText != nil)
    }

    @Test(arguments: [
        ("/A/B", "x=/A/B"), ("a b", #"x="a b""#), ("say \"hi\"", #"x="say \"hi\"""#), ("a=b", #"x="a=b""#),
        ("back\\slash", #"x="back\\slash""#), ("two\nlines", #"x="two\u000alines""#), ("3fa9…", "x=3fa9…"),
        ("\u{9b}2J", #"x="\u009b2J""#), ("a\u{2028}b", #"x="a\u2028b""#),
        ("a\u{202e}b", #"x="a\u202eb""#), ("\u{e0041}", #"x="\udb40\udc41""#), ("no\u{a0}break", "x=\"no\u{a0}break\""),
    ])
    func `quotes what could be taken for something else`(_ value: String, _ expected: String) {
        var line = AuditLine()
        line.add("x", value)
        let time = LogTime(nanoseconds: 0)
        #expect(
            String(decoding: line.bytes(json: false, time: time), as: UTF8.self) == "\(time.text): AUDIT: \(expected)")
    }

    @Test func `says what a module tells beside, each name and value apart`() throws {
        let audited = try AuditedHost("attributes")
        _ = try audited.test.session()
        audited.audit.flush()
        let line = try #require(try contents(audited.path).split(separator: "\n").last)
        #expect(line.contains(#"&group=traders" decision="#), "\(line)")
        var odd = AuditLine()
        var answer = Answer(.allow, .granted)
        answer.attributes = [Field("a=b", "c&d%"), Field("e", "")]
        odd.add(answer, rules: "")
        #expect(
            String(decoding: odd.bytes(json: false), as: UTF8.self).hasSuffix(
                #"attributes="a%3Db=c%26d%25&e=""#))
    }

    @Test func `is JSON where the event log is`() throws {
        let audited = try AuditedHost("explains", json: true)
        _ = try audited.test.check(audited.test.session(), .read, "/deny/x")
        audited.audit.flush()
        let line = try #require(try contents(audited.path).split(separator: "\n").last)
        #expect(
            line.contains(/^\{"time":"2[0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{6}[+-][0-9]{2}:[0-9]{2}","severity"/)
        )
        #expect(line.contains(#"","severity":"AUDIT","user":"alice","session":""#))
        #expect(
            line.contains(
                #""reason":"denied-by-module","module":"rule \"deny read /deny/**\" at users:2","decision":""#))
    }

    @Test func `is opened again under its name`() throws {
        let audited = try AuditedHost("good9")
        let session = try audited.test.session()
        audited.move(to: "old.log")
        try audited.audit.reopen()
        _ = try audited.test.check(session, .read, "/a")
        #expect(try audited.lines().count == 1)
        #expect(try audited.lines("old.log").count == 1)
    }

    @Test(arguments: [false, true], ["deleted", "moved", "replaced"])
    func `goes on under its name when its file was taken away`(isRequired: Bool, what: String) throws {
        let audited = try AuditedHost("good9", required: isRequired)
        let session = try audited.test.session()
        audited.audit.flush()
        switch what {
        case "deleted": unlink(audited.path)
        case "moved": audited.move(to: "old.log")
        default:
            audited.move(to: "old.log")
            close(open(audited.path, O_CREAT | O_WRONLY, 0o600))
        }
        #expect(TestHost.wait(try audited.test.check(session, .read, "/a")).reason != .auditFailed)
        let lines = try audited.lines()
        #expect(lines.count == 1 && lines[0].contains("question=read"), "\(lines)")
        #expect(
            audited.problems.all == [
                "warning: audit log `\(audited.path)` was deleted, moved or replaced: it is opened again under its name"
            ])
    }

    @Test(arguments: [false, true]) func `is there again within a second while no question comes`(isRequired: Bool)
        throws
    {
        let audited = try AuditedHost("good9", required: isRequired)
        unlink(audited.path)
        // What the sweep does each second, and the writer.
        if isRequired { audited.test.host.expireDeadlines() } else { audited.audit.flush() }
        #expect(access(audited.path, F_OK) == 0)
    }

    @Test func `is written by a thread of its own, without anything more to write`() throws {
        let folder = try temporaryFolder()
        let path = "\(folder)/audit.log"
        defer {
            unlink(path)
            rmdir(folder)
        }
        let audit = try AuditLog([path], AuditLog.Settings(), log: Logger(label: "x"))
        audit.record([Array("line".utf8)], []) { #expect($0) }
        let pause = ThreadSemaphore()
        for _ in 0..<6_000 where try contents(path).isEmpty { _ = pause.wait(for: .milliseconds(10)) }
        #expect(try contents(path) == "line\n")
        audit.stop()
    }

    @Test func `has everything when the host has stopped`() throws {
        let audited = try AuditedHost("good9")
        _ = try audited.test.session()
        #expect(try contents(audited.path).isEmpty)
        audited.test.host.stop()
        #expect(try contents(audited.path).contains("question=login"))
    }
}

@Suite struct `An audit log that cannot be written` {
    @Test func `is reported once, and decisions go on where it is not required`() throws {
        let audited = try AuditedHost("good9", path: "/dev/full")
        #expect(audited.test.ask(.login(try audited.test.login("alice"))).verdict == .allow)
        #expect(!audited.audit.flush())
        #expect(!audited.audit.flush())
        #expect(
            audited.problems.all == [
                "error: audit log `/dev/full` cannot be written: no space left on device; lines are kept until it can be"
            ])
    }

    @Test func `makes every answer one that could not be decided where it is required`() throws {
        let audited = try AuditedHost("good9", required: true, path: "/dev/full")
        let answer = audited.test.ask(.login(try audited.test.login("alice")))
        #expect(answer.verdict == .undecided)
        #expect(answer.reason == .auditFailed)
        #expect(answer.session == nil)
        #expect(audited.test.host.sessionCount == 0)
        #expect(audited.problems.all.count == 1)
    }

    @Test func `denies where it is required and its folder has gone, until there is one again`() throws {
        let folder = try temporaryFolder()
        let (inner, path) = ("\(folder)/logs", "\(folder)/logs/audit.log")
        mkdir(inner, 0o700)
        defer {
            unlink(path)
            rmdir(inner)
            rmdir(folder)
        }
        let audit = try AuditLog(file: path, required: true, log: Logger(label: "x"))
        let test = try TestHost("good9") { $0.audit = audit }
        unlink(path)
        rmdir(inner)
        #expect(test.ask(.login(try test.login("alice"))).reason == .auditFailed)
        test.host.expireDeadlines()
        #expect(!test.host.readiness.ready)
        mkdir(inner, 0o700)
        test.host.expireDeadlines()
        #expect(test.host.readiness.ready)
        #expect(test.ask(.login(try test.login("alice"))).verdict == .allow)
        #expect(try contents(path).split(separator: "\n").count == 2)
    }

    @Test func `makes the host unready where it is required, until a line is written again`() throws {
        let audited = try AuditedHost("good9", required: true)
        let (test, host) = (audited.test, audited.test.host)
        #expect(host.readiness.ready)
        try audited.blockFile()
        _ = test.ask(.login(try test.login("alice")))
        #expect(!host.readiness.ready && host.readiness.detail.contains("`\(audited.path)`"))
        host.expireDeadlines()
        #expect(!host.readiness.ready)
        try audited.freeFile()
        host.expireDeadlines()
        #expect(host.readiness.ready)
        let lines = try audited.lines()
        #expect(lines.count == 1 && lines[0].contains("1 decisions before this line were not given"), "\(lines)")
    }

    @Test func `makes the host unready before the first decision is lost`() throws {
        let folder = try temporaryFolder()
        let path = "\(folder)/audit.log"
        defer {
            unlink(path)
            rmdir(folder)
        }
        let isFull = Atomic<Bool>(true)
        let audit = try AuditLog(file: path, required: true, log: Logger(label: "x")) { _ in
            isFull.load(ordering: .relaxed)
        }
        let test = try TestHost("good9") { $0.audit = audit }
        test.host.expireDeadlines()
        #expect(!test.host.readiness.ready)
        isFull.store(false, ordering: .relaxed)
        test.host.expireDeadlines()
        #expect(test.host.readiness.ready)
    }

    @Test(arguments: [(61_440, false), (61_441, true), (65_536, true)])
    func `has no room where the limit of a file leaves less than a block`(size: Int, isFull: Bool) throws {
        let folder = try temporaryFolder()
        let path = "\(folder)/audit.log"
        defer {
            unlink(path)
            rmdir(folder)
        }
        let file = open(path, O_RDWR | O_CREAT, 0o600)
        defer { close(file) }
        #expect(ftruncate(file, size) == 0)
        #expect(FileOutput.hasNoRoom(file, sizeLimit: 65_536) == isFull)
        #expect(!FileOutput.hasNoRoom(file, sizeLimit: .max))
    }

    @Test func `denies every row of a batch where it is required`() throws {
        let audited = try AuditedHost("explains", required: true)
        let session = try audited.test.session()
        try audited.blockFile()
        let checks = try ["/a", "/b"].map { Check(.read, try ObjectName($0)) }
        let answers = audited.test.host.ask(checks, session: session).map(TestHost.wait)
        #expect(answers.map(\.reason) == [.auditFailed, .auditFailed])
        #expect(answers.map(\.verdict) == [.undecided, .undecided])
    }

    @Test func `keeps lines in their order until it can be written, and counts what is lost`() throws {
        let audited = try AuditedHost("good9")
        let log = audited.audit
        try audited.blockFile()
        log.record([Array("first".utf8)], []) { #expect($0) }
        #expect(!log.flush())
        log.record([Array("second".utf8)], []) { #expect($0) }
        // The bound is for what waits; two records more than it holds are lost, and the first loss is reported at once.
        for _ in 0..<2 { log.record([Array(repeating: 0, count: AuditSink.bound)], []) { #expect($0) } }
        #expect(audited.problems.all.last?.contains("lines are lost") == true)
        try audited.freeFile()
        #expect(log.flush())
        let lines = try audited.lines()
        #expect(lines.prefix(2) == ["first", "second"] && lines.count == 3, "\(lines)")
        #expect(lines.last?.contains("2 lines before this one were lost") == true, "\(lines)")
        #expect(audited.problems.all.last == "error: audit log `\(audited.path)`: 2 records were lost")
    }

    @Test func `refuses to be opened where there is no folder`() {
        #expect(throws: LogFileError.self) {
            try AuditLog(file: "/nonexistent/audit.log", log: Logger(label: "x"))
        }
    }
}
