import Foundation
import Glibc
import Synchronization
import Testing

/// Asks more than a module can answer, at every door, for three seconds; AUTHHOST_OVERLOAD_SECONDS makes it another time.
///
/// What the module can do does not depend on the machine: it takes a millisecond for each question, one after the other. Neither does
/// the load: every client keeps more questions open than may wait, whatever the answers are.
@Suite(.needs(.cc)) struct OverloadTests {
    private static let seconds =
        ProcessInfo.processInfo.environment["AUTHHOST_OVERLOAD_SECONDS"].flatMap(Double.init) ?? 3
    /// Questions that may wait, and as many log-ins.
    private static let queue = 64
    /// What a crowd may cost, in kB: buffers of its connections, and what waits.
    private static let mostMemory = 64 * 1024

    private let folder: Folder
    private let host: ChildProcess

    init() throws {
        let folder = try Folder()
        self.folder = folder
        let module = try folder.module(from: Place.file("Tests/EndToEnd/LoadedModules/Modules/steady.c"), "steady")
        let doors = ["native", "dovecot", "saslauthd", "forward-auth"].map { type in
            "add-door\n type \(type)\n name \(type)\n socket \(folder.path(type))\nend-door\n"
        }
        let text = """
            auth-module \(module)
            module-queue \(Self.queue)
            login-cache-time 0
            http-listen none
            http-socket \(folder.path("http"))
            control-socket \(folder.path("control"))
            \(doors.joined())
            """
        host = try ChildProcess([
            Place.binary("authhost"), "serve", "-c", folder.write(text, to: "authhost.conf"),
        ])
        try host.wait(for: "door forward-auth: listening")
    }

    @Test func `every question is answered or told, and operators and polite clients are served meanwhile`() throws {
        let before = try memory()
        let session = try logIn("flood")
        let forwarded = "X-Original-Method: GET\r\nX-Original-URI: /a"
        let crowd: [Crowd] = [
            Crowd("native", NativeChecks(session)), Crowd("native", NativeChecks(session)),
            Crowd("native", NativeChecks(session)),
            Crowd("http", HTTPChecks("/v1/check?action=read&object=/a", "Authorization: Session \(session)")),
            Crowd("forward-auth", HTTPChecks("/nginx", "\(forwarded)\r\nCookie: __Host-authhost=\(session)")),
            Crowd("dovecot", MailLogins("flood", "192.0.2.1")),
            Crowd("saslauthd", LoginEach("flood")),
        ]
        let polite = Crowd("native", NativeChecks(try logIn("polite")), open: 1)
        let politeMail = Crowd("dovecot", MailLogins("polite", "192.0.2.2"), open: 1)
        let watching = Crowd("http", HTTPChecks("/health", ""), open: 1)
        let measuring = Crowd("http", HTTPChecks("/metrics", ""), open: 1)
        let all = crowd + [polite, politeMail, watching, measuring]
        for one in all { one.start(folder) }
        var most = before
        let end = ContinuousClock.now + .seconds(Self.seconds)
        while ContinuousClock.now < end || all.contains(where: { $0.counts.answered < 20 && !$0.isOver }) {
            most = max(most, try memory())
            let status = try AuthHost.run(["status", "--socket", folder.path("control")])
            #expect(status.status == 0, "\(status)")
        }
        for one in all { one.isEnding = true }
        for one in all { one.awaitEnd() }
        for one in all {
            #expect(one.fault == nil, "\(one.door): \(one.fault ?? "")")
            #expect(one.counts.asked == one.counts.answered, "\(one.door)")
            #expect(
                one.counts.asked == one.counts.allowed + one.counts.undecided,
                "\(one.door): a no that the module did not say")
        }
        #expect(crowd.reduce(0) { $0 + $1.counts.undecided } > 0, "there was no overload")
        for one in [polite, politeMail, watching, measuring] {
            #expect(one.counts.allowed >= 20 && one.counts.undecided == 0, "\(one.door): \(one.counts)")
        }
        most = max(most, try memory())
        #expect(most - before < Self.mostMemory, "\(before) kB before, \(most) kB at most")
    }

    /// The session of a user, who logs in before the crowd comes.
    private func logIn(_ user: String) throws -> String {
        let connection = try KeptConnection(socket: folder.path("http"))
        let answer = try connection.post("/v1/login", #"{"user":"\#(user)","password":"x"}"#)
        let session = answer.body.firstMatch(of: #/"session":"([0-9a-f]{32})"/#)?.1
        return String(try #require(session, "\(answer)"))
    }

    /// Kilobytes that are resident.
    private func memory() throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(host.pid)/status", encoding: .utf8)
        return try #require(status.firstMatch(of: #/VmRSS:\s+(\d+)/#).flatMap { Int($0.1) })
    }
}

/// What a client of a door says and is told.
private protocol Asking: Sendable {
    /// Whether each question has a connection of its own.
    var connectsEach: Bool { get }
    /// What is said first.
    var greeting: [UInt8] { get }
    /// Takes what answers the greeting; false while it is not whole.
    func takesGreeting(_ bytes: inout [UInt8]) -> Bool
    func question(_ number: Int) -> [UInt8]
    /// Takes an answer: whether it allows; nil while it is not whole. Throws what is neither a yes nor *could not decide*.
    func takeAnswer(_ bytes: inout [UInt8]) throws -> Bool?
}

extension Asking {
    var connectsEach: Bool { false }
    var greeting: [UInt8] { [] }
    func takesGreeting(_ bytes: inout [UInt8]) -> Bool { true }
}

/// A client that keeps so many questions open on one connection, on a thread of its own.
private final class Crowd: Sendable {
    struct Counts {
        var asked = 0
        var allowed = 0
        var undecided = 0
        var answered: Int { allowed + undecided }
    }

    let door: String
    private let asking: any Asking
    private let open: Int
    private let state = Mutex((counts: Counts(), fault: String?.none, isEnding: false))
    private let ended = DispatchSemaphore(value: 0)
    private let over = Atomic<Bool>(false)

    init(_ door: String, _ asking: any Asking, open: Int = 192) {
        (self.door, self.asking, self.open) = (door, asking, open)
    }

    var counts: Counts { state.withLock { $0.counts } }
    var fault: String? { state.withLock { $0.fault } }
    var isOver: Bool { over.load(ordering: .acquiring) }
    var isEnding: Bool {
        get { state.withLock { $0.isEnding } }
        set { state.withLock { $0.isEnding = newValue } }
    }

    func start(_ folder: Folder) {
        let path = folder.path(door)
        Thread.detachNewThread { [self] in
            do { try run(path) } catch { state.withLock { $0.fault = "\(error)" } }
            over.store(true, ordering: .releasing)
            ended.signal()
        }
    }

    func awaitEnd() { ended.wait() }

    private func run(_ path: String) throws {
        var wire = try Wire(path)
        wire.send(asking.greeting)
        while !asking.takesGreeting(&wire.bytes) { try wire.receive() }
        var waiting = 0
        while true {
            while waiting < (asking.connectsEach ? 1 : open), !isEnding {
                wire.send(asking.question(counts.asked + 1))
                state.withLock { $0.counts.asked += 1 }
                waiting += 1
            }
            if waiting == 0 { return }
            try wire.receive()
            while waiting > 0, let allows = try asking.takeAnswer(&wire.bytes) {
                waiting -= 1
                state.withLock { if allows { $0.counts.allowed += 1 } else { $0.counts.undecided += 1 } }
                if asking.connectsEach { wire = try Wire(path) }
            }
        }
    }
}

/// One connection to a unix socket.
private struct Wire: ~Copyable {
    private let descriptor: Int32
    var bytes: [UInt8] = []

    init(_ path: String) throws {
        descriptor = try StreamSocket.connect(to: path)
        var patience = timeval(tv_sec: 120, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    func send(_ bytes: [UInt8]) { _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }

    mutating func receive() throws {
        var piece = [UInt8](repeating: 0, count: 16_384)
        let count = recv(descriptor, &piece, piece.count, 0)
        guard count > 0 else { throw ChildError(description: "no answer came, error \(count == 0 ? 0 : errno)") }
        bytes += piece[..<count]
    }
}

private struct NativeChecks: Asking {
    private let session: [UInt8]

    /// - Parameter session: in hexadecimal digits, the high word first.
    init(_ session: String) {
        let words = [session.prefix(16), session.suffix(16)].map { UInt64($0, radix: 16) ?? 0 }
        self.session = words.flatMap { withUnsafeBytes(of: $0.littleEndian) { Array($0) } }
    }

    private func frame(_ type: UInt8, _ number: Int, _ body: [UInt8]) -> [UInt8] {
        let head = [type, 0, 0, 0] + withUnsafeBytes(of: UInt32(truncatingIfNeeded: number).littleEndian) { Array($0) }
        return withUnsafeBytes(of: UInt32(head.count + body.count).littleEndian) { Array($0) } + head + body
    }

    var greeting: [UInt8] { frame(1, 1, [1, 0, 1, 0, 1, 0, UInt8(ascii: "x")]) }

    private func take(_ bytes: inout [UInt8]) -> [UInt8]? {
        guard bytes.count >= 4 else { return nil }
        let end = 4 + Int(bytes[0]) + Int(bytes[1]) << 8 + Int(bytes[2]) << 16
        guard bytes.count >= end else { return nil }
        defer { bytes.removeFirst(end) }
        return Array(bytes[4..<end])
    }

    func takesGreeting(_ bytes: inout [UInt8]) -> Bool { take(&bytes)?.first == 0x81 }

    func question(_ number: Int) -> [UInt8] {
        frame(6, number, session + [1, 2, 0] + Array("/a".utf8) + [0, 0, 0, 0])
    }

    func takeAnswer(_ bytes: inout [UInt8]) throws -> Bool? {
        guard let answer = take(&bytes) else { return nil }
        // Verdicts 1 and 6 are *allow* and *undecided*.
        guard answer[0] == 0x86, answer[8] == 1 || answer[8] == 6 else {
            throw ChildError(description: "an answer \(answer)")
        }
        return answer[8] == 1
    }
}

private struct HTTPChecks: Asking {
    private let request: [UInt8]

    init(_ target: String, _ fields: String) {
        let more = fields.isEmpty ? "" : "\(fields)\r\n"
        request = Array("GET \(target) HTTP/1.1\r\nHost: app.example\r\n\(more)\r\n".utf8)
    }

    func question(_ number: Int) -> [UInt8] { request }

    func takeAnswer(_ bytes: inout [UInt8]) throws -> Bool? {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound else { return nil }
        let head = String(decoding: bytes[..<end], as: UTF8.self).lowercased()
        let length = head.firstMatch(of: #/content-length: *(\d+)/#).flatMap { Int($0.1) } ?? 0
        guard bytes.count >= end + length else { return nil }
        bytes.removeFirst(end + length)
        guard let status = head.firstMatch(of: #/^http/1.1 (200|204|503) /#)?.1 else {
            throw ChildError(description: head)
        }
        return status != "503"
    }
}

/// Log-ins at the door of Dovecot.
private struct MailLogins: Asking {
    private let response: String
    private let address: String

    init(_ user: String, _ address: String) {
        response = Data("\0\(user)\0x".utf8).base64EncodedString()
        self.address = address
    }

    var greeting: [UInt8] { Array("VERSION\t1\t2\nCPID\t1\n".utf8) }

    private func line(_ bytes: inout [UInt8]) -> String? {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        defer { bytes.removeFirst(end + 1) }
        return String(decoding: bytes[..<end], as: UTF8.self)
    }

    func takesGreeting(_ bytes: inout [UInt8]) -> Bool {
        while let line = line(&bytes) { if line == "DONE" { return true } }
        return false
    }

    func question(_ number: Int) -> [UInt8] {
        Array("AUTH\t\(number)\tPLAIN\tservice=smtp\tsecured\tnologin\trip=\(address)\tresp=\(response)\n".utf8)
    }

    func takeAnswer(_ bytes: inout [UInt8]) throws -> Bool? {
        guard let line = line(&bytes) else { return nil }
        guard line.hasPrefix("OK\t") || line.contains("\ttemp") else { throw ChildError(description: line) }
        return line.hasPrefix("OK\t")
    }
}

/// Log-ins at the door of saslauthd, each with a connection of its own.
private struct LoginEach: Asking {
    private let request: [UInt8]

    init(_ user: String) {
        request = [user, "x", "smtp", ""].flatMap { [0, UInt8($0.utf8.count)] + Array($0.utf8) }
    }

    var connectsEach: Bool { true }

    func question(_ number: Int) -> [UInt8] { request }

    func takeAnswer(_ bytes: inout [UInt8]) throws -> Bool? {
        guard bytes.count >= 2, bytes.count >= 2 + Int(bytes[1]) else { return nil }
        let answer = String(decoding: bytes[2...], as: UTF8.self)
        guard answer == "OK" || answer.hasPrefix("OK ") || answer.hasPrefix("NO undecided ") else {
            throw ChildError(description: answer)
        }
        return answer.hasPrefix("OK")
    }
}
