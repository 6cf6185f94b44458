import AuditTrail
import AuthCore
import Basics
import Glibc
import Logging
import ModuleHost
import Synchronization
import Testing

@testable import Runtime

/// Sinks that take lines, or do not, beside a host that needs them.
@Suite struct `The sinks of an audit log` {
    private final class Place {
        let folder: String

        init() throws {
            var name = Array("/tmp/authhost-sink-XXXXXX".utf8CString)
            try #require(mkdtemp(&name) != nil)
            folder = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }

        func path(_ name: String) -> String { "\(folder)/\(name)" }

        func text(_ name: String) -> String {
            guard let file = fopen(path(name), "re") else { return "" }
            defer { fclose(file) }
            var bytes = [UInt8](repeating: 0, count: 1 << 20)
            let count = fread(&bytes, 1, bytes.count, file)
            return String(decoding: bytes.prefix(count), as: UTF8.self)
        }

        deinit {
            for name in ["a", "b", "fifo", "socket"] { unlink(path(name)) }
            rmdir(folder)
        }
    }

    private func log(_ lines: LogLines) -> Logger { Logger(label: "audit") { _ in LineHandler(lines: lines) } }

    private func settings(required: Bool, timeout: Duration = .seconds(60), key: AuditKey? = nil) -> AuditLog.Settings {
        var settings = AuditLog.Settings()
        (settings.required, settings.timeout, settings.key) = (required, timeout, key)
        return settings
    }

    @Test func `all have each line`() throws {
        let place = try Place()
        let audit = try AuditLog([place.path("a"), place.path("b")], settings(required: true), log: log(LogLines()))
        let test = try TestHost("good9") { $0.audit = audit }
        #expect(test.ask(.login(try test.login("alice"))).verdict == .allow)
        test.host.stop()
        #expect(place.text("a") == place.text("b") && place.text("a").contains("user=alice"))
    }

    @Test func `deny while none of them takes a line, and go on when one does`() throws {
        let place = try Place()
        try #require(mkfifo(place.path("fifo"), 0o600) == 0)
        let audit = try AuditLog(
            [place.path("fifo")], settings(required: true, timeout: .milliseconds(200)), log: log(LogLines()))
        let test = try TestHost("good9") { $0.audit = audit }
        #expect(test.ask(.login(try test.login("alice"))).reason == .auditFailed)
        #expect(!test.host.readiness.ready)
        let reader = open(place.path("fifo"), O_RDONLY | O_NONBLOCK)
        defer { close(reader) }
        let deadline = SystemClock().monotonic + 60_000_000_000
        var verdict = Verdict.undecided
        while verdict != .allow, SystemClock().monotonic < deadline {
            verdict = test.ask(.login(try test.login("alice"))).verdict
        }
        #expect(verdict == .allow)
        test.host.expireDeadlines()
    }

    /// Logs in until that is allowed, and recorded.
    private func logInAtLast(_ test: TestHost) throws -> Answer {
        let deadline = SystemClock().monotonic + 60_000_000_000
        var answer = test.ask(.login(try test.login("alice")))
        while answer.verdict != .allow, SystemClock().monotonic < deadline {
            answer = test.ask(.login(try test.login("alice")))
        }
        return answer
    }

    @Test func `write no device that has come in the place of a regular file`() throws {
        let place = try Place()
        let audit = try AuditLog(
            [place.path("a")], settings(required: true, timeout: .milliseconds(200)), log: log(LogLines()))
        let test = try TestHost("good9") { $0.audit = audit }
        #expect(try logInAtLast(test).verdict == .allow)
        unlink(place.path("a"))
        try #require(symlink("/dev/null", place.path("a")) == 0)
        for _ in 0..<3 { #expect(test.ask(.login(try test.login("alice"))).reason == .auditFailed) }
        #expect(!test.host.readiness.ready)
        unlink(place.path("a"))
        let answer = try logInAtLast(test)
        #expect(answer.verdict == .allow && place.text("a").contains("decision=\(answer.decision)"))
    }

    @Test func `write the FIFO that has come in the place of another, and no file of another kind`() throws {
        let place = try Place()
        try #require(mkfifo(place.path("fifo"), 0o600) == 0)
        let first = open(place.path("fifo"), O_RDONLY | O_NONBLOCK)
        defer { close(first) }
        let audit = try AuditLog(
            [place.path("fifo")], settings(required: true, timeout: .milliseconds(200)), log: log(LogLines()))
        let test = try TestHost("good9") { $0.audit = audit }
        #expect(try logInAtLast(test).verdict == .allow)
        try #require(rename(place.path("fifo"), place.path("b")) == 0)
        let file = open(place.path("fifo"), O_WRONLY | O_CREAT, 0o600)
        try #require(write(file, "kept", 4) == 4)
        close(file)
        for _ in 0..<3 { #expect(test.ask(.login(try test.login("alice"))).reason == .auditFailed) }
        #expect(place.text("fifo") == "kept")
        unlink(place.path("fifo"))
        try #require(mkfifo(place.path("fifo"), 0o600) == 0)
        let second = open(place.path("fifo"), O_RDONLY | O_NONBLOCK)
        defer { close(second) }
        let answer = try logInAtLast(test)
        var bytes = [UInt8](repeating: 0, count: 1 << 17)
        let count = read(second, &bytes, bytes.count)
        let text = String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
        #expect(answer.verdict == .allow && text.contains("decision=\(answer.decision)"), "\(text)")
    }

    @Test func `with a reader that has stopped, hold no answer up for longer than they may take`() throws {
        let place = try Place()
        try #require(mkfifo(place.path("fifo"), 0o600) == 0)
        let reader = open(place.path("fifo"), O_RDONLY | O_NONBLOCK)
        defer { close(reader) }
        let audit = try AuditLog(
            [place.path("fifo")], settings(required: true, timeout: .milliseconds(200)), log: log(LogLines()))
        let test = try TestHost("good9") { $0.audit = audit }
        // 64 KiB, which are not taken away.
        var answers: [Answer] = []
        while answers.last?.verdict != .undecided, answers.count < 10_000 {
            answers.append(test.ask(.login(try test.login("alice"))))
        }
        #expect(answers.last?.reason == .auditFailed)
        var bytes = [UInt8](repeating: 0, count: 1 << 17)
        var text = ""
        while case let count = read(reader, &bytes, bytes.count), count > 0 {
            text += String(decoding: bytes.prefix(count), as: UTF8.self)
        }
        let allowed = answers.filter { $0.verdict == .allow }
        #expect(allowed.allSatisfy { text.contains("decision=\($0.decision)") })
        #expect(!allowed.isEmpty)
    }

    @Test func `that hang lose lines where none is required, and say how many`() throws {
        let place = try Place()
        try #require(mkfifo(place.path("fifo"), 0o600) == 0)
        let lines = LogLines()
        let audit = try AuditLog([place.path("fifo")], settings(required: false), log: log(lines))
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 16)
        for _ in 0..<60 { audit.record([long], []) { #expect($0) } }
        #expect(lines.wait(for: "lines are lost"))
        #expect(audit.status.first?.lost ?? 0 > 0)
    }

    @Test(arguments: ["syslog", "journal"]) func `send a datagram to a service`(_ form: String) throws {
        let place = try Place()
        let service = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(service) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: place.path("socket").utf8) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(service, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
        let audit = try AuditLog(
            ["\(form):\(place.path("socket"))"], settings(required: true), log: log(LogLines()))
        let test = try TestHost("good9") { $0.audit = audit }
        #expect(test.ask(.login(try test.login("alice"))).verdict == .allow)
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(service, &bytes, bytes.count)
        let text = String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
        #expect(text.contains(" AUDIT: user=alice ") && !text.dropLast().contains("\nuser"), "\(text)")
        #expect(text.hasPrefix(form == "syslog" ? "<86>" : "SYSLOG_IDENTIFIER=authhost\n"), "\(text)")
    }

    @Test func `chain their lines through restarts, and have the marks of each other`() throws {
        let place = try Place()
        let key = AuditKey.random()
        for _ in 0..<2 {
            let audit = try AuditLog(
                [place.path("a"), place.path("b")], settings(required: true, key: key), log: log(LogLines()))
            let test = try TestHost("good9") { $0.audit = audit }
            for _ in 0..<5 { #expect(test.ask(.login(try test.login("alice"))).verdict == .allow) }
            test.host.stop()
        }
        for name in ["a", "b"] {
            var verifier = AuditVerifier(keys: [key])
            try verifier.learn(from: place.path(name == "a" ? "b" : "a"))
            let finding = try verifier.check(place.path(name)) ?? verifier.finish()
            #expect(
                finding == nil && verifier.lines > 12, "\(name): \(String(describing: finding)) \(place.text(name))")
        }
        // What is cut from one is known to the other.
        let whole = place.text("a")
        let lines = whole.split(separator: "\n")
        let file = fopen(place.path("a"), "we")
        fputs(lines.dropLast(4).joined(separator: "\n") + "\n", file)
        fclose(file)
        var verifier = AuditVerifier(keys: [key])
        try verifier.learn(from: place.path("b"))
        let finding = try verifier.check(place.path("a")) ?? verifier.finish()
        #expect(finding?.kind == .cut, "\(String(describing: finding))")
    }

    @Test(arguments: [0, 1]) func `have the last mark of each other when the host has stopped`(_ index: Int) throws {
        let place = try Place()
        let (key, name, other) = (AuditKey.random(), ["a", "b"][index], ["b", "a"][index])
        let audit = try AuditLog(
            [place.path("a"), place.path("b")], settings(required: true, key: key), log: log(LogLines()))
        let test = try TestHost("good9") { $0.audit = audit }
        #expect(test.ask(.login(try test.login("alice"))).verdict == .allow)
        test.host.stop()
        // Without its last mark, and the line before it.
        let lines = place.text(name).split(separator: "\n")
        let last = try #require(lines.lastIndex { $0.contains("audit=checkpoint") }, "\(place.text(name))")
        let file = fopen(place.path(name), "we")
        for line in lines[..<(last - 1)] { fputs("\(line)\n", file) }
        fclose(file)
        var verifier = AuditVerifier(keys: [key])
        try verifier.learn(from: place.path(other))
        let finding = try verifier.check(place.path(name)) ?? verifier.finish()
        #expect(finding?.kind == .cut, "\(String(describing: finding)) \(place.text(other))")
    }

    @Test(arguments: [false, true])
    func `take lines again behind those of the process that has taken them over and has gone`(required: Bool) throws {
        let place = try Place()
        let key = AuditKey.random()
        let audit = try AuditLog([place.path("a")], settings(required: required, key: key), log: log(LogLines()))
        let test = try TestHost("good9") { $0.audit = audit }
        for round in 0..<2 {
            #expect(test.ask(.login(try test.login("alice\(round)"))).verdict == .allow)
            #expect(test.host.beginHandOver(within: .seconds(60)))
            test.host.endHandOver()
            let head = try #require(ChainedLine.head(ofTail: Array(place.text("a").utf8)))
            var others = AuditChain(key, sink: 1, after: head)
            let line = others.seal(Array("2026/11/30-00:00:00.000000 +0000: AUDIT: user=another".utf8), json: false)
            let file = fopen(place.path("a"), "ae")
            fputs(String(decoding: line, as: UTF8.self), file)
            fclose(file)
            test.host.takeBack()
        }
        #expect(test.ask(.login(try test.login("bob"))).verdict == .allow)
        test.host.stop()
        let text = place.text("a")
        #expect(["alice0", "alice1", "another", "bob"].allSatisfy { text.contains("user=\($0)") }, "\(text)")
        var verifier = AuditVerifier(keys: [key])
        let finding = try verifier.check(place.path("a")) ?? verifier.finish()
        #expect(finding == nil, "\(String(describing: finding)) \(text)")
    }

    /// A place whose first write waits until it may go on.
    private struct Slow: SinkOutput {
        let writes = Atomics()
        let entered = ThreadSemaphore()
        let goesOn = ThreadSemaphore()

        final class Atomics: Sendable {
            let written = Atomic<Int>(0)
            /// How many lines had been written when it was opened again; -1 before.
            let reopened = Atomic<Int>(-1)
        }

        mutating func prepare() -> (isOther: Bool, failure: String?) { (false, nil) }

        mutating func write(_ lines: [[UInt8]], patience: Duration) -> AuditWrite {
            if writes.written.load(ordering: .acquiring) == 0 {
                entered.signal()
                goesOn.wait()
            }
            writes.written.wrappingAdd(lines.count, ordering: .acquiringAndReleasing)
            return AuditWrite(written: lines.count)
        }

        mutating func reopen() throws(LogFileError) {
            writes.reopened.store(writes.written.load(ordering: .acquiring), ordering: .releasing)
        }

        mutating func close() {}
    }

    private func slow(_ patience: Duration) -> (place: Slow, sink: AuditSink) {
        let place = Slow()
        let sink = AuditSink(
            "a", place, chain: nil, required: false, json: false, patience: patience, log: log(LogLines()))
        sink.start()
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 16)
        sink.put(AuditSink.Entry(lines: [long]))
        place.entered.wait()
        sink.put(AuditSink.Entry(lines: [[1]]))
        return (place, sink)
    }

    @Test func `are opened again behind the write that is under way, and what was recorded before`() throws {
        let (place, sink) = slow(.seconds(600))
        let ended = ThreadSemaphore()
        let problem = Mutex<LogFileError?>(nil)
        #expect(
            PosixThread.start(name: "reopen") {
                do throws(LogFileError) {
                    try sink.reopen(ownThread: true)
                } catch {
                    problem.withLock { $0 = error }
                }
                ended.signal()
            })
        #expect(!ended.wait(for: .milliseconds(50)) && place.writes.reopened.load(ordering: .acquiring) == -1)
        place.goesOn.signal()
        ended.wait()
        #expect(place.writes.reopened.load(ordering: .acquiring) == 2 && problem.withLock { $0 } == nil)
    }

    @Test func `say so where the write under way does not return, and are opened again once it does`() throws {
        let (place, sink) = slow(.milliseconds(200))
        let error = #expect(throws: LogFileError.self) { try sink.reopen(ownThread: true) }
        #expect(error?.reason == "a write to it has not returned")
        place.goesOn.signal()
        sink.close()
        #expect(sink.awaitClosing(ownThread: true))
        #expect(place.writes.written.load(ordering: .acquiring) == 2)
        try sink.reopen(ownThread: true)
        #expect(place.writes.reopened.load(ordering: .acquiring) == 2)
    }

    @Test func `that cannot be opened again leave the others open under their names`() throws {
        let place = try Place()
        try #require(mkdir(place.path("gone"), 0o700) == 0)
        let audit = try AuditLog(
            [place.path("gone/a"), place.path("b")], settings(required: true), log: log(LogLines()))
        defer { audit.stop() }
        try #require(rename(place.path("b"), place.path("a")) == 0)
        unlink(place.path("gone/a"))
        rmdir(place.path("gone"))
        #expect(throws: LogFileError.self) { try audit.reopen() }
        #expect(access(place.path("b"), F_OK) == 0)
    }

    /// A place that takes nothing, and waits with the second write until it may go on.
    private struct Stubborn: SinkOutput {
        let writes = Counted()
        let entered = ThreadSemaphore()
        let goesOn = ThreadSemaphore()

        final class Counted: Sendable {
            let count = Atomic<Int>(0)
        }

        mutating func prepare() -> (isOther: Bool, failure: String?) { (false, nil) }

        mutating func write(_ lines: [[UInt8]], patience: Duration) -> AuditWrite {
            if writes.count.wrappingAdd(1, ordering: .relaxed).newValue == 2 {
                entered.signal()
                goesOn.wait()
            }
            return AuditWrite(failure: "no room")
        }

        mutating func close() {}
    }

    @Test func `that cannot be written are told so also while they try again`() throws {
        let place = Stubborn()
        let sink = AuditSink(
            "a", place, chain: nil, required: true, json: false, patience: .seconds(600), log: log(LogLines()))
        #expect(sink.fault == nil)
        sink.put(AuditSink.Entry(lines: [[1]]))
        sink.drain()
        #expect(sink.fault == "no room")
        let ended = ThreadSemaphore()
        #expect(
            PosixThread.start(name: "again") {
                sink.drain()
                ended.signal()
            })
        place.entered.wait()
        #expect(sink.fault == "no room", "the last thing that is known of it")
        place.goesOn.signal()
        ended.wait()
    }

    @Test func `go on with another key`() throws {
        let place = try Place()
        let keys = [AuditKey.random(), AuditKey.random()]
        let audit = try AuditLog([place.path("a")], settings(required: true, key: keys[0]), log: log(LogLines()))
        let test = try TestHost("good9") { $0.audit = audit }
        _ = test.ask(.login(try test.login("alice")))
        audit.rotate(to: keys[1])
        _ = test.ask(.login(try test.login("alice")))
        test.host.stop()
        var verifier = AuditVerifier(keys: keys)
        let finding = try verifier.check(place.path("a"))
        #expect(finding == nil, "\(String(describing: finding)) \(place.text("a"))")
        #expect(place.text("a").contains("next=\(keys[1].id)"))
    }

    @Test func `keep the latest decisions, by their ids`() throws {
        let audit = try AuditLog(["memory"], settings(required: false), log: log(LogLines()))
        let test = try TestHost("explains") { $0.audit = audit }
        let answer = TestHost.wait(try test.check(test.session(), .read, "/deny/x"))
        #expect(audit.line(of: answer.decision)?.contains(#"module="rule \"deny read"#) == true)
        #expect(audit.line(of: .none) == nil)
    }
}
