import Glibc
import Logging
import Testing

@testable import Runtime

/// A pipe whose ends never wait, in the place of standard error.
private final class ErrorPipe: Sendable {
    private let reading: Int32
    let writing: Int32

    init() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        for end in ends { try #require(fcntl(end, F_SETFL, O_NONBLOCK) == 0) }
        (reading, writing) = (ends[0], ends[1])
        try #require(fcntl(writing, 1031 /* F_SETPIPE_SZ */, 4096) == 4096)
    }

    deinit {
        close(reading)
        close(writing)
    }

    /// What has been written since the last time, without the times of lines.
    func lines() -> [String] {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(reading, &bytes, bytes.count)
        return withoutTimes(String(decoding: bytes[..<max(count, 0)], as: UTF8.self))
    }
}

private func withoutTimes(_ text: String) -> [String] {
    text.split(separator: "\n").map { line in
        String(line.split(separator: " +", maxSplits: 1).last?.drop { $0 != ":" }.dropFirst(2) ?? "")
    }
}

/// A folder with an event log, whose errors go to a pipe.
private final class Folder: Sendable {
    let path: String
    var log: String { "\(path)/event.log" }

    init() throws {
        var name = Array("/tmp/authhost-event-XXXXXX".utf8CString)
        try #require(mkdtemp(&name) != nil)
        path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        unlink(log)
        rmdir(path)
    }

    func lines() throws -> [String] {
        let file = open(log, O_RDONLY)
        try #require(file >= 0, "`\(log)` cannot be read")
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        return withoutTimes(String(decoding: bytes[..<max(read(file, &bytes, bytes.count), 0)], as: UTF8.self))
    }
}

@Suite struct `The event log` {
    private func open(_ path: String?, _ errors: ErrorPipe) throws -> EventLogOutput {
        try EventLogOutput(path: path, level: .trace, json: false, errorStream: errors.writing)
    }

    @Test func `says on standard error once that it cannot be written, and in the log how much is missing`() throws {
        let (folder, errors) = (try Folder(), try ErrorPipe())
        let output = try open("/dev/full", errors)
        for number in 1...3 { output.write(.notice, "line \(number)") }
        #expect(errors.lines() == ["ERROR: the event log `/dev/full` cannot be written: no space left on device"])
        try output.open(folder.log)
        output.write(.notice, "line 4")
        output.write(.notice, "line 5")
        #expect(try folder.lines() == ["ERROR: event log: 3 lines were lost", "NOTIFY: line 4", "NOTIFY: line 5"])
        #expect(errors.lines().isEmpty)
        try output.open("/dev/full")
        output.write(.notice, "line 6")
        #expect(errors.lines().count == 1)
        try output.open(folder.log)
        output.write(.notice, "line 7")
        #expect(try folder.lines().suffix(2) == ["ERROR: event log: 1 line was lost", "NOTIFY: line 7"])
    }

    @Test func `a line that was cut short ends before the next begins`() throws {
        let errors = try ErrorPipe()
        let output = try open(nil, errors)
        output.write(.notice, String(repeating: "x", count: 10_000))
        output.write(.notice, "lost as well")
        let cut = errors.lines()
        #expect(cut.count == 1 && cut[0].hasSuffix("xxx"))
        output.write(.notice, "whole")
        #expect(errors.lines() == ["ERROR: event log: 2 lines were lost", "NOTIFY: whole"])
    }

    @Test func `what is wrong with the log itself is told on standard error too`() throws {
        let (folder, errors) = (try Folder(), try ErrorPipe())
        let output = try open(folder.log, errors)
        output.report("a\u{1b}b")
        #expect(errors.lines() == ["ERROR: a\\u{1b}b"])
        #expect(try folder.lines() == ["ERROR: a\\u{1b}b"])
        try output.open(nil)
        output.report("once")
        #expect(errors.lines() == ["ERROR: once"])
    }

    @Test func `where no new file can be opened the old one is used, and standard error when that was deleted`() throws
    {
        let (folder, errors) = (try Folder(), try ErrorPipe())
        let output = try open(folder.log, errors)
        let refusal = "ERROR: cannot open the event log `/nonexistent/log` for appending: no such file or directory; "
        #expect(!output.reopen("/nonexistent/log"))
        #expect(try folder.lines() == [refusal + "the old one stays in use"])
        #expect(errors.lines() == [refusal + "the old one stays in use"])
        unlink(folder.log)
        #expect(!output.reopen("/nonexistent/log"))
        output.write(.notice, "goes on")
        #expect(
            errors.lines() == [refusal + "the old one was deleted, so standard error is used", "NOTIFY: goes on"])
        #expect(output.reopen(folder.log))
        output.write(.notice, "is back")
        #expect(try folder.lines() == ["NOTIFY: is back"])
        #expect(errors.lines().isEmpty)
    }

    @Test(arguments: ["a FIFO", "a socket"])
    func `a file of another kind is refused at once, and the old one stays in use`(kind: String) throws {
        let (folder, errors) = (try Folder(), try ErrorPipe())
        try #require(kind == "a FIFO" ? mkfifo(folder.log, 0o600) == 0 : bindSocket(at: folder.log))
        let reason = ": it is \(kind), and neither a regular file nor a character device"
        let refusal = "cannot open the event log `\(folder.log)` for appending" + reason
        #expect(LogFile.fault(at: folder.log, as: "event log", mustBeFree: false).map { ": \($0.reason)" } == reason)
        #expect(error { try open(folder.log, errors) } == refusal)
        let output = try open(nil, errors)
        #expect(error { try output.open(folder.log) } == refusal)
        output.write(.notice, "goes on")
        #expect(errors.lines() == ["NOTIFY: goes on"])
        let audit = error { try AuditLog(file: folder.log, log: Logger(label: "x")) }
        #expect(audit == "cannot open the audit log `\(folder.log)` for appending" + reason)
    }

    @Test func `a FIFO that somebody reads is refused as well`() throws {
        let (folder, errors) = (try Folder(), try ErrorPipe())
        try #require(mkfifo(folder.log, 0o600) == 0)
        let reader = Glibc.open(folder.log, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        defer { close(reader) }
        #expect(error { try open(folder.log, errors) }?.contains("it is a FIFO") == true)
    }

    private func error(_ body: () throws -> some Any) -> String? {
        do {
            _ = try body()
            return nil
        } catch {
            return "\(error)"
        }
    }
}

private func bindSocket(at path: String) -> Bool {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    // SAFETY: the path of a test's folder is shorter than the 108 bytes of sun_path.
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    // SAFETY: a sockaddr_un is what bind takes for AF_UNIX.
    return withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
        }
    }
}
