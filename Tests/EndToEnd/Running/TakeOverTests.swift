import Foundation
import Synchronization
import Testing

/// `serve --take-over`: one host in two processes, one after the other.
@Suite(.needs(.curl)) struct TakeOverTests {
    private let folder: Folder
    private let control: String
    private var socket: String { folder.path("authhost.sock") }
    private var log: String { (try? String(contentsOfFile: folder.path("event.log"), encoding: .utf8)) ?? "" }

    init() throws {
        folder = try Folder()
        control = folder.path("control.sock")
    }

    @discardableResult
    private func write(_ more: String = "", module: String = "swapped", to name: String = "a.conf") throws -> String {
        try folder.write(
            """
            auth-module \(Place.fixture(module))
            control-socket \(control)
            event-log \(folder.path("event.log"))
            \(more)

            """, to: name)
    }

    private func start() throws -> Server {
        try Server(["--config", folder.path("a.conf")], in: folder, waitsFor: "event.log")
    }

    private func takeOver(_ configuration: String = "a.conf", socket: String? = nil) throws -> ChildProcess {
        try ChildProcess(
            [
                Place.binary("authhost"), "serve", "--take-over", control, "--http-listen", "none", "--http-socket",
                socket ?? self.socket, "--config", folder.path(configuration),
            ], directory: folder.path)
    }

    /// Waits until the process has taken over, and the one before has ended as it should.
    private func awaitEnd(of server: Server, _ next: ChildProcess) throws {
        try next.wait(until: { log.contains("over from process \(server.process.pid)") })
        let ending = try server.process.finish()
        #expect(ending.status == 0, "\(ending) \(log)")
        #expect(log.contains("authhost has stopped: process \(next.pid) is the host"), "\(log)")
    }

    private func logIn(_ user: String = "alice") throws -> String {
        let answer = try Client(socket: socket).post("/v1/login", #"{"user":"\#(user)","password":"x"}"#)
        return try #require(answer.member("session"), "\(answer)")
    }

    private static func check(_ session: String) -> String {
        #"{"session":"\#(session)","action":"read","object":"/A"}"#
    }

    private func verdict(_ session: String) throws -> String? {
        try Client(socket: socket).post("/v1/check", Self.check(session)).member("verdict")
    }

    // MARK: - What goes over

    /// Connections that the network library carries end, as the page says.
    private static let areHandedOver = getenv("AUTHHOST_TEST_CARRIER") == nil

    @Test(.enabled(if: areHandedOver))
    func `no connection of 1,000 is refused and no session lost while a new process takes over`() throws {
        try write()
        let server = try start()
        let (session, gone) = (try logIn(), try logIn("carol"))
        _ = try server.client.post("/v1/logout", #"{"session":"\#(gone)"}"#)
        let kept = try KeptConnection(socket: socket)
        #expect(try kept.post("/v1/check", Self.check(session)).status == 200)
        let faults = Mutex<[String]>([])
        let answered = Atomic<Int>(0)
        let (clients, socket) = (DispatchGroup(), socket)
        for _ in 0..<8 {
            DispatchQueue.global().async(group: clients) {
                for _ in 0..<125 {
                    do {
                        let answer = try KeptConnection(socket: socket).post("/v1/check", Self.check(session))
                        guard answer.status == 200, answer.body.contains(#""verdict":"allow""#) else {
                            throw ChildError(description: "\(answer)")
                        }
                        answered.add(1, ordering: .relaxed)
                    } catch {
                        faults.withLock { $0.append("\(error)") }
                    }
                    usleep(2_000)
                }
            }
        }
        while answered.load(ordering: .relaxed) < 50, faults.withLock({ $0.isEmpty }) { usleep(1_000) }
        let next = try takeOver()
        try awaitEnd(of: server, next)
        // Some connect to the new process in any case.
        #expect(try verdict(session) == "allow")
        clients.wait()
        let found = faults.withLock { $0 }
        #expect(found.isEmpty && answered.load(ordering: .relaxed) == 1000, "\(found.prefix(3))")
        #expect(try kept.post("/v1/check", Self.check(session)).status == 200, "a connection at rest goes on")
        #expect(try verdict(gone) != "allow")
        // Through the control socket it is the same host.
        let list = try AuthHost.run(["session", "list", "--socket", control])
        #expect(list.output.contains("alice") && !list.output.contains("carol"), "\(list)")
        let ejection = try AuthHost.run(["session", "eject", "--user", "alice", "--socket", control])
        #expect(ejection.status == 0, "\(ejection)")
        #expect(try verdict(session) != "allow")
        next.terminate()
        #expect(try next.finish().status == 0)
        #expect(access(socket, F_OK) != 0 && access(control, F_OK) != 0, "the sockets are the new process's to remove")
    }

    @Test func `sessions of the native door live on, limits count them, and wrong passwords stay counted`() throws {
        let native = folder.path("native.sock")
        try write(
            "swap-unresumable keep\nmax-user-limit 2\nadd-door\n  type native\n  socket \(native)\nend-door\npenalty-limit 3\n",
            module: "knows_one_password")
        let server = try start()
        let ids = try (0..<2).map { _ in try NativeClient(native).logIn("alice", "secret") }
        for id in ids { #expect(try NativeClient(native).allows(id)) }
        for password in 0..<3 {
            _ = try server.client.post("/v1/login", #"{"user":"bob","password":"wrong\#(password)"}"#)
        }
        #expect(try AuthHost.run(["penalty", "list", "--socket", control]).output.contains("bob"))
        let next = try takeOver()
        try awaitEnd(of: server, next)
        for id in ids { #expect(try NativeClient(native).allows(id)) }
        let third = try server.client.post("/v1/login", #"{"user":"alice","password":"secret"}"#)
        #expect(third.status == 429, "\(third)")
        #expect(try AuthHost.run(["penalty", "list", "--socket", control]).output.contains("bob"))
    }

    @Test func `the lines of a chained audit log go on where the process before has ended`() throws {
        let key = folder.path("key")
        #expect(try AuthHost.run(["audit", "key", key]).status == 0)
        let audit = folder.path("audit.log")
        try write("audit-log \(audit)\naudit-key \(key)\naudit-chain TRUE\naudit-required TRUE\n")
        let server = try start()
        let session = try logIn()
        let next = try takeOver()
        try awaitEnd(of: server, next)
        #expect(try verdict(session) == "allow")
        next.terminate()
        #expect(try next.finish().status == 0)
        let lines = try String(contentsOfFile: audit, encoding: .utf8)
        #expect(lines.contains("method=TAKE-OVER") && lines.contains("done: 1 session and"), "\(lines)")
        let check = try AuthHost.run(["audit", "verify", "--key", key, audit])
        #expect(check.status == 0, "\(check) \(lines)")
    }

    @Test(.needs(.cc))
    func `a log-in under way ends before the cut, and a client that sends half a question hinders nothing`() throws {
        let fifo = folder.path("fifo")
        #expect(mkfifo(fifo, 0o600) == 0)
        let module = try folder.module(from: Place.file("Tests/EndToEnd/LoadedModules/Modules/waits.c"), "waits")
        try folder.write(
            """
            auth-module \(module)
            add-module-options \(module)
                fifo \(fifo)
            end-module-options
            control-socket \(control)
            event-log \(folder.path("event.log"))
            swap-unresumable keep

            """, to: "a.conf")
        let server = try start()
        let answered = Mutex(0)
        let (slow, socket) = (DispatchGroup(), socket)
        DispatchQueue.global().async(group: slow) {
            let login = #"{"user":"alice","password":"x"}"#
            let answer = try? KeptConnection(socket: socket).post("/v1/login", login)
            answered.withLock { $0 = answer?.status ?? -1 }
        }
        let half = try KeptConnection(socket: socket)
        try half.say("POST /v1/check HTTP/1.1\r\nHost: localhost\r\n")
        try server.process.wait(until: { log.contains("was asked") })
        let next = try takeOver()
        try server.process.wait(until: { log.contains("can be the host: what was asked is answered") })
        #expect(answered.withLock { $0 } == 0, "no host has answered yet")
        try "x".write(toFile: fifo, atomically: false, encoding: .utf8)
        try awaitEnd(of: server, next)
        slow.wait()
        #expect(answered.withLock { $0 } == 200)
        let list = try AuthHost.run(["session", "list", "--socket", control])
        #expect(list.output.contains("alice"), "\(list)")
        withExtendedLifetime(half) {}
    }

    @Test func `a new process takes over from one that has taken over`() throws {
        try write()
        let server = try start()
        let session = try logIn()
        let second = try takeOver()
        try awaitEnd(of: server, second)
        let third = try takeOver()
        try second.wait(until: { log.contains("over from process \(second.pid)") })
        #expect(try second.finish().status == 0)
        #expect(try verdict(session) == "allow")
        third.terminate()
        #expect(try third.finish().status == 0)
    }

    // MARK: - What goes wrong

    @Test(arguments: [
        ("auth-module MODULE(init_fails)", "`auth_init` returned", 4),
        ("add-module-test\nuser stranger\nlogin allow\nend-module-test", "its tests failed", 4),
        ("add-door\ntype native\nlisten 192.0.2.1:9\nend-door", "cannot listen on `192.0.2.1:9`", 3),
        ("no-such-item x", "no-such-item", 3),
    ])
    func `a process that cannot be the host leaves the running one as it was`(
        _ more: String, _ why: String, _ status: Int32
    ) throws {
        try write()
        let server = try start()
        let session = try logIn()
        let kept = try KeptConnection(socket: socket)
        #expect(try kept.post("/v1/check", Self.check(session)).status == 200)
        let module = more.contains("MODULE") ? "init_fails" : "swapped"
        try write(more.hasPrefix("auth-module") ? "" : more, module: module, to: "b.conf")
        let ending = try takeOver("b.conf").finish()
        #expect(ending.status == status && (ending.errors + log).contains(why), "\(ending)")
        try server.process.wait(until: { log.contains("has failed, and nothing has changed: ") })
        #expect(try kept.post("/v1/check", Self.check(session)).status == 200)
        #expect(try verdict(session) == "allow")
        #expect(try AuthHost.run(["status", "--socket", control]).status == 0)
        // The next one can take over.
        let next = try takeOver()
        try awaitEnd(of: server, next)
        #expect(try verdict(session) == "allow")
    }

    @Test func `a process that ends in the middle leaves the running one as it was`() throws {
        try write()
        let server = try start()
        let session = try logIn()
        let peer = try KeptConnection(socket: control)
        let offer = try peer.exchange(#"{"do":"take-over","protocol":1}"#)
        #expect(offer.contains(#""protocol":1"#), "\(offer)")
        let kept = try KeptConnection(socket: socket)
        #expect(try kept.post("/v1/check", Self.check(session)).status == 200)
        // `cut`, with no places; what follows is no message.
        try peer.send([5, 0, 0, 0, 5, 0, 0, 0, 0])
        try server.process.wait(until: { log.contains("takes over, asked by") })
        try peer.send([255, 255, 255, 255, 0])
        try server.process.wait(until: {
            log.contains("has failed, and nothing has changed: a message of 4294967295 bytes")
        })
        if Self.areHandedOver { #expect(try kept.post("/v1/check", Self.check(session)).status == 200) }
        #expect(try verdict(session) == "allow")
        #expect(try logIn().count == 32)
    }

    /// How far a process comes that is to be the host.
    enum Step: CaseIterable {
        case asked, cut, handed, taken, yours

        /// Whether it has everything then.
        var isTaken: Bool { [.taken, .yours].contains(self) }
    }

    @Test(arguments: Step.allCases)
    func `a process that is gone before it accepts a client leaves the running one the host`(_ step: Step) throws {
        let (key, audit, penalties) = (folder.path("key"), folder.path("audit.log"), folder.path("penalties"))
        #expect(try AuthHost.run(["audit", "key", key]).status == 0)
        try write(
            """
            audit-log \(audit)
            audit-key \(key)
            audit-chain TRUE
            audit-required TRUE
            penalty-limit 3
            penalty-file \(penalties)
            uupp-file \(folder.path("usage"))
            swap-unresumable keep
            """, module: "knows_one_password")
        let server = try start()
        func logIn(_ user: String, _ password: String) throws -> Int {
            try Client(socket: socket).post("/v1/login", #"{"user":"\#(user)","password":"\#(password)"}"#).status
        }
        let session = try #require(
            try Client(socket: socket).post(
                "/v1/login", #"{"user":"alice","password":"secret"}"#
            ).member("session"))
        let kept = try KeptConnection(socket: socket)
        #expect(try kept.post("/v1/check", Self.check(session)).status == 200)
        do {
            let next = try NextProcess(control)
            try next.come(to: step, listeningAt: [socket, control])
        }
        let said = step.isTaken ? "this one is the host again" : "has failed, and nothing has changed"
        try server.process.wait(until: { log.contains(said) })
        // The host is as it was: sessions, connections, operators, files.
        if Self.areHandedOver { #expect(try kept.post("/v1/check", Self.check(session)).status == 200) }
        #expect(try verdict(session) == "allow")
        #expect(try logIn("bob", "secret") == 200)
        for password in 0..<3 { #expect(try logIn("carol", "wrong\(password)") != 200) }
        let outcome = step.isTaken ? "undone" : "failed"
        let metrics = try server.client.get("/metrics").body
        #expect(metrics.contains(#"authhost_take_overs_total{outcome="\#(outcome)"} 1"#), "\(metrics)")
        #expect(try AuthHost.run(["session", "list", "--socket", control]).output.contains("bob"))
        try server.process.wait(until: {
            (try? String(contentsOfFile: penalties, encoding: .utf8))?.contains("carol") ?? false
        })
        // The next one takes over, and has what came since.
        let next = try takeOver()
        try awaitEnd(of: server, next)
        #expect(try verdict(session) == "allow")
        #expect(try AuthHost.run(["penalty", "list", "--socket", control]).output.contains("carol"))
        let figures = try Client(socket: socket).get("/metrics").body
        #expect(figures.contains(#"authhost_take_overs_total{outcome="done"} 1"#), "\(figures)")
        next.terminate()
        #expect(try next.finish().status == 0)
        #expect(access(socket, F_OK) != 0 && access(control, F_OK) != 0, "the sockets are removed")
        let lines = try String(contentsOfFile: audit, encoding: .utf8)
        #expect(lines.contains("outcome=\"failed: "), "\(lines)")
        let check = try AuthHost.run(["audit", "verify", "--key", key, audit])
        #expect(check.status == 0, "\(check) \(lines)")
    }

    /// A host that has handed everything over and says no more, because it has ended or because its connection has.
    private func handedOver(_ way: String) throws -> ChildProcess {
        let running = try ChildProcess(["python3", Place.file("Tests/Fixtures/take-over/handed_over.py"), control, way])
        try running.wait(for: "listens")
        return running
    }

    @Test(.needs(.python3), arguments: ["ends", "ends-unread"])
    func `a host that is killed when all is taken leaves the next one the host`(_ way: String) throws {
        try write()
        let running = try handedOver(way)
        let next = try takeOver()
        let isTold = "Process \(running.pid) has ended before it said so: this one is the host"
        try next.wait(until: { log.contains(isTold) })
        let client = Client(socket: socket)
        try next.wait(until: { (try? client.get("/ready").status) == 200 })
        #expect(try AuthHost.run(["status", "--socket", control]).status == 0)
        next.terminate()
        #expect(try next.finish().status == 0)
        _ = try running.finish()
    }

    @Test(.needs(.python3), arguments: [("stays", "the other process has gone"), ("refuses", ": no")])
    func `a host that is there, or has taken all back, stays the host`(_ way: String, _ why: String) throws {
        try write()
        let running = try handedOver(way)
        let ending = try takeOver().finish()
        #expect(ending.status == 1, "\(ending)")
        let said = ending.errors + log
        #expect(said.contains("has not said that this one is the host") && said.contains(why), "\(said)")
        running.terminate()
        _ = try running.finish()
    }

    @Test func `a host that waits for the other process ends when it is told to`() throws {
        try write()
        let server = try start()
        let next = try NextProcess(control)
        try next.come(to: .yours, listeningAt: [socket, control])
        server.process.terminate()
        let ending = try server.process.finish()
        #expect(ending.status == 0 && log.contains("is the host"), "\(ending) \(log)")
        #expect(access(socket, F_OK) == 0, "the socket is the other process's to remove")
        withExtendedLifetime(next) {}
    }

    @Test(arguments: [
        (#"{"do":"take-over"}"#, "version 0 of taking over, and this host version 1"),
        (#"{"do":"take-over","protocol":-1}"#, "version -1 of taking over, and this host version 1"),
    ])
    func `an older process is refused with both versions`(_ request: String, _ why: String) throws {
        try write()
        let server = try start()
        let answer = try KeptConnection(socket: control).exchange(request)
        #expect(answer.contains(why) && answer.contains(#""ok":false"#), "\(answer)")
        #expect(try server.client.get("/ready").status == 200)
    }

    @Test(arguments: [
        ("hello", "its answer is not of this version's protocol"),
        (#"{"ok":true,"protocol":7}"#, "it speaks version 7 of taking over, and this process version 1"),
        (#"{"ok":false,"error":"no"}"#, "is not taken over: no"),
    ])
    func `what answers as no host does is named`(_ line: String, _ why: String) throws {
        try write()
        let fake = try FakeHost(control, saying: line + "\n")
        let ending = try takeOver().finish()
        #expect(ending.status == 1 && ending.errors.contains(why), "\(ending)")
        withExtendedLifetime(fake) {}
    }

    @Test(.enabled(if: geteuid() == 0, "only root can be somebody else"))
    func `another user takes nothing over, whatever the mode of the socket`() throws {
        try write()
        let server = try start()
        let session = try logIn()
        func attempt() throws -> Ending {
            try ChildProcess.run([
                "setpriv", "--reuid", "65534", "--clear-groups", Place.binary("authhost"), "serve", "--take-over",
                control,
                "--config", "none", "--module", "openauth", "--auth-moddir", Place.binaries,
            ])
        }
        chmod(folder.path, 0o755)
        let closed = try attempt()
        #expect(closed.status == 1 && closed.errors.contains("belongs to another user"), "\(closed)")
        chmod(control, 0o666)
        let refused = try attempt()
        #expect(refused.status == 1, "\(refused)")
        #expect(refused.errors.contains("only the user that the host runs as, and root, may use"), "\(refused)")
        #expect(log.contains("control socket: user 65534 was refused") && !log.contains("takes over"), "\(log)")
        #expect(try verdict(session) == "allow")
        withExtendedLifetime(server) {}
    }

    @Test func `without a running host there is nothing to take over`() throws {
        try write()
        let ending = try takeOver().finish()
        #expect(ending.status == 1, "\(ending)")
        #expect(ending.errors.contains("no host runs with the control socket `\(control)`"), "\(ending)")
    }

    @Test func `the service manager is told which process is the host`() throws {
        try write()
        let name = folder.path("notify")
        let manager = try ServiceManagerSocket(name)
        let server = try Server(
            ["--config", folder.path("a.conf")], in: folder, waitsFor: "event.log", environment: ["NOTIFY_SOCKET": name]
        )
        #expect(try manager.next().hasPrefix("READY=1\n"))
        let next = try takeOver()
        try awaitEnd(of: server, next)
        #expect(try manager.next().hasPrefix("MAINPID=\(next.pid)\n"))
        #expect(!manager.hasMore, "the host does not stop")
    }
}

/// A server at a unix socket that says one thing to its first client.
private final class FakeHost {
    private let listener: Int32

    init(_ path: String, saying text: String) throws {
        listener = try StreamSocket.listen(at: path)
        DispatchQueue.global().async { [listener] in
            let client = accept(listener, nil, nil)
            _ = write(client, text, text.utf8.count)
            var byte: UInt8 = 0
            while read(client, &byte, 1) > 0 {}
            close(client)
        }
    }

    deinit { close(listener) }
}

/// Takes over by hand, as far as a test wants, and is gone with its connection.
private final class NextProcess {
    private let connection: KeptConnection

    init(_ control: String) throws { connection = try KeptConnection(socket: control) }

    func come(to step: TakeOverTests.Step, listeningAt places: [String]) throws {
        _ = try connection.exchange(#"{"do":"take-over","protocol":1}"#)
        // `offered`
        _ = try connection.answer(to: []) { Self.message(4, in: $0) }
        if step == .asked { return }
        let cut = Self.number(places.count) + places.flatMap { Self.number($0.utf8.count) + Array($0.utf8) }
        let request = Self.number(cut.count + 1) + [5] + cut
        if step == .cut { return try connection.send(request) }
        // `handed`, with how many sessions.
        let sessions = try connection.answer(to: request) { Self.message(10, in: $0) }
        if step == .handed { return }
        let taken = Self.number(5) + [6] + sessions
        if step == .taken { return try connection.send(taken) }
        // `yours`
        _ = try connection.answer(to: taken) { Self.message(12, in: $0) }
    }

    /// The members of the first message of a number in what has come.
    private static func message(_ number: UInt8, in bytes: [UInt8]) -> [UInt8]? {
        var rest = bytes[...]
        while rest.count > 4 {
            let length = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
            guard rest.count >= 4 + length else { return nil }
            let body = rest.dropFirst(4).prefix(length)
            if body.first == number { return Array(body.dropFirst()) }
            rest = rest.dropFirst(4 + length)
        }
        return nil
    }

    private static func number(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(value >> (8 * $0) & 255) } }
}
