import AuthHostClient
import Foundation
import Synchronization
import Testing

/// The client against doors that behave, and against those that do not: whatever they do, no user is let in by mistake, and
/// everybody is answered once.
@Suite struct ClientTests {
    private func client(
        _ server: ScriptedServer, _ change: (inout AuthHostClient.Options) -> Void = { _ in }
    ) throws -> AuthHostClient {
        var options = AuthHostClient.Options(address: server.path)
        change(&options)
        return try AuthHostClient(options)
    }

    private func session(_ client: AuthHostClient) async throws -> ClientSession {
        try #require(await client.ask(.login(user: "alice", password: "secret")).session)
    }

    @Test func `asks and is answered`() async throws {
        let server = try ScriptedServer { _, frame in
            [ScriptedServer.answer(frame, verdict: ScriptedServer.names("/X", in: frame) ? 2 : 1)]
        }
        let client = try client(server)
        // Whichever user was typed: the answer says whose the session is.
        let login = await client.ask(.login(user: "root", password: "secret"))
        #expect(login.user == "alice")
        let session = try #require(login.session)
        let allowed = await client.ask(.check(session, .read, "/A", fields: [("Side", "BUY")]))
        #expect(allowed.verdict == .allow && allowed.reason == "granted")
        #expect(await client.ask(.check(session, .write, "/X")).verdict == .deny)
        #expect(await client.ask(.logout(session)).verdict == .allow)
        client.close()
        #expect(await client.ask(.check(session, .read, "/A")).reason == "closed")
        server.stop()
    }

    @Test(arguments: [
        ("no verdict", [0, 7] + Array("granted".utf8) + [0, 0]), ("an unknown verdict", [7, 0, 0, 0]),
        ("surplus", [1, 0, 0, 0, 0]), ("too little", [1]), ("nothing", []), ("a reason without end", [1, 200, 65]),
        ("a NUL in a reason", [1, 1, 0, 0, 0]), ("a text without end", [1, 0, 255, 255, 65]),
    ])
    func `bytes that are not an answer are not a yes`(what: String, body: [UInt8]) async throws {
        let server = try ScriptedServer { _, frame in
            frame[0] == 6 ? [ScriptedServer.frame(0x86, frame[4..<8], body)] : [ScriptedServer.answer(frame)]
        }
        let client = try client(server)
        let answer = await client.ask(.check(try await session(client), .read, "/A"))
        #expect(answer.verdict == .undecided && answer.reason == "broken-answer", "\(what): \(answer)")
        client.close()
        server.stop()
    }

    @Test func `attributes go both ways where the other side speaks version 2`() async throws {
        let server = try ScriptedServer { _, frame in
            if frame[0] == 1 { return [ScriptedServer.greeting(frame, version: 2)] }
            let pairs = ["group", "role"].reduce(into: [2, 0] as [UInt8]) {
                $0 += ScriptedServer.text($1) + ScriptedServer.text("x")
            }
            return [ScriptedServer.withAttributes(ScriptedServer.answer(frame, more: pairs))]
        }
        let client = try client(server)
        let login = ClientQuestion.login(user: "alice", password: "secret")
        login.add(attribute: Array("realm".utf8).span, value: Array("r1".utf8).span)
        let answer = await client.ask(login)
        #expect(answer.attributes == [ClientAttribute("group", "x"), ClientAttribute("role", "x")])
        let check = ClientQuestion.check(try #require(answer.session), .read, "/A")
        check.add(attribute: Array("realm".utf8).span, value: Array("r2".utf8).span)
        #expect(await client.ask(check).attributes.count == 2)
        client.close()
        let end = { (text: String) -> [UInt8] in [1, 0] + ScriptedServer.text("realm") + ScriptedServer.text(text) }
        #expect(server.received.map { $0[1] } == [4, 1])
        #expect(server.received[0].suffix(13).elementsEqual(end("r1")))
        #expect(server.received[1].suffix(13).elementsEqual(end("r2")))
        server.stop()
    }

    @Test(arguments: [1, 2, 3, 4]) func `a mapping and a log-out have attributes towards version 4 alone`(
        _ version: UInt8
    )
        async throws
    {
        let server = try ScriptedServer { _, frame in
            if frame[0] == 1 { return [ScriptedServer.greeting(frame, version: version)] }
            return [ScriptedServer.answer(frame)]
        }
        let client = try client(server)
        let session = try await session(client)
        let plain = [ClientQuestion.map(session, "/A"), ClientQuestion.logout(session)]
        let marked = [ClientQuestion.map(session, "/A"), ClientQuestion.logout(session)]
        for question in marked { question.add(attribute: Array("trace-parent".utf8).span, value: Array("t".utf8).span) }
        for question in plain + marked { #expect(await client.ask(question).verdict == .allow) }
        client.close()
        let received = server.received.dropFirst()
        let bodies = received.map { Array($0[8...]) }
        #expect(received.map { $0[1] } == (version == 4 ? [0, 0, 1, 1] : [0, 0, 0, 0]))
        let end = version == 4 ? [1, 0] + ScriptedServer.text("trace-parent") + ScriptedServer.text("t") : []
        #expect(bodies[2] == bodies[0] + end && bodies[3] == bodies[1] + end)
        server.stop()
    }

    @Test func `an answer names its decision, whichever way it went, and so does a line that a program logs of it`()
        async throws
    {
        let server = try ScriptedServer { _, frame in
            if frame[0] == 1 { return [ScriptedServer.greeting(frame, version: 3)] }
            let verdict: UInt8 = ScriptedServer.names("/X", in: frame) ? 2 : 1
            return [ScriptedServer.withDecision(ScriptedServer.answer(frame, verdict: verdict, more: Array(0..<16)))]
        }
        let client = try client(server)
        let id = "07060504030201000f0e0d0c0b0a0908"
        let login = await client.ask(.login(user: "alice", password: "secret"))
        #expect(login.decisionID == id && "\(login)" == "allow: granted, decision \(id)")
        let denied = await client.ask(.check(try #require(login.session), .write, "/X"))
        #expect(denied.decisionID == id && "\(denied)" == "deny: denied-by-module, decision \(id)")
        client.close()
        #expect("\(await client.ask(.login(user: "alice", password: "secret")))" == "undecided: closed")
        server.stop()
    }

    @Test func `towards version 1 attributes are left out`() async throws {
        let server = try ScriptedServer { _, frame in [ScriptedServer.answer(frame)] }
        let client = try client(server)
        for attributes in [false, true] {
            let login = ClientQuestion.login(user: "alice", password: "secret")
            if attributes { login.add(attribute: Array("realm".utf8).span, value: Array("r1".utf8).span) }
            #expect(await client.ask(login).verdict == .allow)
        }
        client.close()
        let frames = server.received.map { Array($0[..<4] + $0[8...]) }
        try #require(frames.count == 2)
        #expect(frames[0] == frames[1])
        server.stop()
    }

    @Test(arguments: [[2, 0], [1, 0, 1, 0, 97], [1, 0, 1, 0, 97, 1, 0, 98, 9], [255, 255]] as [[UInt8]])
    func `broken attributes make the answer not a yes`(_ more: [UInt8]) async throws {
        let server = try ScriptedServer { _, frame in
            if frame[0] == 1 { return [ScriptedServer.greeting(frame, version: 2)] }
            return [ScriptedServer.withAttributes(ScriptedServer.answer(frame, more: more))]
        }
        let client = try client(server)
        let answer = await client.ask(.login(user: "alice", password: "secret"))
        #expect(answer.verdict == .undecided && answer.reason == "broken-answer" && answer.attributes.isEmpty)
        client.close()
        server.stop()
    }

    @Test func `an answer of another kind is no yes`() async throws {
        let server = try ScriptedServer { connection, frame in
            guard frame[0] == 6 else { return [ScriptedServer.answer(frame)] }
            var answer = ScriptedServer.answer(frame)
            answer[4] = 0x84
            return [answer]
        }
        let client = try client(server)
        let answer = await client.ask(.check(try await session(client), .read, "/A"), timeout: .seconds(60))
        // Asked once more on the next connection, and not on a third.
        #expect(answer.verdict == .undecided && answer.reason == "away", "\(answer)")
        #expect(server.received.filter { $0[0] == 6 }.count == 2)
        client.close()
        server.stop()
    }

    @Test func `a session that comes too late is logged out`() async throws {
        let isLate = DispatchSemaphore(value: 0)
        let server = try ScriptedServer { _, frame in
            if frame[0] == 3 {
                isLate.wait()
                isLate.signal()
            }
            return [ScriptedServer.answer(frame)]
        }
        let client = try client(server)
        let late = await client.ask(.login(user: "alice", password: "secret"), timeout: .milliseconds(100))
        #expect(late.verdict == .undecided && late.reason == "deadline")
        isLate.signal()
        // What is asked next goes out behind the end of the unknown session.
        let bob = try #require(await client.ask(.login(user: "bob", password: "secret")).session)
        #expect(await client.ask(.logout(bob)).verdict == .allow)
        #expect(server.received.map { $0[0] } == [3, 4, 3, 4] || server.received.map { $0[0] } == [3, 3, 4, 4])
        #expect(server.received.filter { $0[0] == 4 }.allSatisfy { $0.dropFirst(8).elementsEqual(1...16) })
        client.close()
        server.stop()
    }

    @Test func `what is not a question is not sent, and ends no connection`() async throws {
        let server = try ScriptedServer { _, frame in [ScriptedServer.answer(frame)] }
        let client = try client(server)
        let session = try await session(client)
        for user in [[0xFF, 0xFE], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82], [0xF5, 0x80, 0x80, 0x80]]
            as [[UInt8]]
        {
            let none: [UInt8] = []
            let question = ClientQuestion.login(
                user: user.span, password: none.span, address: none.span, applicationID: none.span,
                machineID: none.span)
            let answer = await client.ask(question)
            #expect(answer.verdict == .undecided && answer.reason == "bad-question", "\(user)")
        }
        #expect(await client.ask(.login(user: "José 😀 \u{7FF}\u{FFFF}", password: "x")).verdict == .allow)
        #expect(await client.ask(.check(session, .read, "/A")).verdict == .allow)
        #expect(server.received.filter { $0[0] == 3 }.count == 2)
        client.close()
        server.stop()
    }

    @Test func `an attribute that no module may see is not sent, and no other question suffers by it`() async throws {
        let server = try ScriptedServer { _, frame in
            frame[0] == 1 ? [ScriptedServer.greeting(frame, version: 2)] : [ScriptedServer.answer(frame)]
        }
        let client = try client(server)
        let session = try await session(client)
        let bad = [
            ("", "x"), ("a", "r\tx"), ("a", "r\r\nx"), ("a", "r\u{202e}x"), ("a", "r\u{2066}x"), ("a", "r\u{feff}x"),
            ("a", "\u{e000}"), ("a", "\u{e0041}"), ("a\u{85}", ""), ("a", String(repeating: "x", count: 4096)),
            (String(repeating: "a", count: 256), "x"),
        ]
        for (name, value) in bad {
            let check = ClientQuestion.check(session, .read, "/A")
            check.add(attribute: Array(name.utf8).span, value: Array(value.utf8).span)
            let answer = await client.ask(check)
            #expect(
                answer.verdict == .undecided && answer.reason == "bad-question",
                "\(name.count), \(value.debugDescription)")
        }
        let good = ClientQuestion.check(session, .read, "/A")
        good.add(attribute: Array("José".utf8).span, value: Array("😀 \u{5e9}\u{200a}".utf8).span)
        good.add(
            attribute: Array(String(repeating: "a", count: 255).utf8).span,
            value: Array(String(repeating: "x", count: 4095).utf8).span)
        #expect(await client.ask(good).verdict == .allow)
        #expect(server.received.filter { $0[0] == 6 }.count == 1)
        client.close()
        server.stop()
    }

    @Test func `every answer that is cut short is no yes`() async throws {
        let whole = ScriptedServer.answer([3, 0, 0, 0, 1, 0, 0, 0])
        for count in 8..<(whole.count - 4) {
            let server = try ScriptedServer { _, frame in
                frame[0] == 3
                    ? [ScriptedServer.frame(0x83, frame[4..<8], Array(whole[12..<(4 + count)]))]
                    : [ScriptedServer.answer(frame)]
            }
            let client = try client(server)
            let answer = await client.ask(.login(user: "alice", password: "secret"))
            #expect(answer.verdict == .undecided && answer.session == nil, "\(count): \(answer)")
            client.close()
            server.stop()
        }
    }

    @Test func `silence ends at the deadline, and a late answer belongs to no question`() async throws {
        let isLate = DispatchSemaphore(value: 0)
        let server = try ScriptedServer { _, frame in
            if ScriptedServer.names("/S", in: frame) { isLate.wait() }
            return [ScriptedServer.answer(frame)]
        }
        let client = try client(server)
        let session = try await session(client)
        let late = await client.ask(.check(session, .read, "/S"), timeout: .milliseconds(100))
        #expect(late.verdict == .undecided && late.reason == "deadline")
        isLate.signal()
        #expect(await client.ask(.check(session, .read, "/A")).verdict == .allow)
        client.close()
        server.stop()
    }

    @Test func `garbage in place of a greeting lets no client ask`() async throws {
        let server = try ScriptedServer { _, frame in [Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)] }
        let failed = Mutex<[String]>([])
        let client = try client(server) { options in
            options.failsFast = true
            options.onEvent = { if case .connectFailed(let why) = $0 { failed.withLock { $0.append(why) } } }
        }
        let answer = await client.ask(.login(user: "alice", password: "secret"), timeout: .seconds(60))
        #expect(answer.verdict == .undecided && answer.reason == "away", "\(answer)")
        #expect(failed.withLock { $0.first } == "the other side does not greet as a native door")
        client.close()
        server.stop()
    }

    @Test func `what may be asked twice is asked again on the next connection, a log-in is not`() async throws {
        let server = try ScriptedServer { connection, frame in
            if frame[0] == 1 { return [ScriptedServer.answer(frame)] }
            // The first connection takes questions and ends without an answer.
            if connection == 0 && ScriptedServer.names("/B", in: frame) { return nil }
            return [ScriptedServer.answer(frame)]
        }
        let client = try client(server)
        let session = try await session(client)
        #expect(await client.ask(.check(session, .read, "/B")).verdict == .allow)
        #expect(server.received.filter { $0[0] == 6 }.count == 2)
        client.close()
        server.stop()

        let second = try ScriptedServer { _, frame in frame[0] == 1 ? [ScriptedServer.answer(frame)] : nil }
        let other = try self.client(second)
        let lost = await other.ask(.login(user: "alice", password: "secret"))
        #expect(lost.verdict == .undecided && lost.reason == "away")
        #expect(second.received.count == 1)
        other.close()
        second.stop()
    }

    @Test func `logs on, and answers a challenge with something else`() async throws {
        let server = try ScriptedServer { _, frame in
            guard frame[0] == 2 else { return [ScriptedServer.answer(frame)] }
            let isGood = String(decoding: frame, as: UTF8.self).contains("fresh")
            if isGood { return [ScriptedServer.answer(frame)] }
            return [
                ScriptedServer.frame(0x82, frame[4..<8], [3, 0] + ScriptedServer.text("expired"))
            ]
        }
        let challenges = Mutex<[String?]>([])
        let accepted = Mutex<[Bool]>([])
        let client = try client(server) { options in
            options.logon = { challenge in
                challenges.withLock { $0.append(challenge) }
                let secret = challenge == nil ? "stale" : "fresh"
                return .init(user: "edge") { buffer in
                    buffer.copyBytes(from: Array(secret.utf8))
                    return secret.utf8.count
                }
            }
            options.loggedOn = { isAccepted in accepted.withLock { $0.append(isAccepted) } }
        }
        _ = try await session(client)
        #expect(challenges.withLock { $0 } == [nil, "expired"])
        #expect(accepted.withLock { $0 } == [false, true])
        client.close()
        server.stop()
    }

    @Test func `logs on with no name that holds a NUL`() async throws {
        let server = try ScriptedServer { _, frame in [ScriptedServer.answer(frame)] }
        let client = try client(server) { options in
            options.logon = { _ in
                .init(user: "edge\0other") { buffer in
                    buffer.copyBytes(from: [1])
                    return 1
                }
            }
        }
        let answer = await client.ask(.login(user: "a", password: "b"), timeout: .milliseconds(300))
        #expect(answer.verdict == .undecided)
        client.close()
        server.stop()
    }

    @Test func `questions of many threads are each answered once, through lost connections`() async throws {
        let server = try ScriptedServer { _, frame in
            [ScriptedServer.answer(frame, verdict: ScriptedServer.names("/X", in: frame) ? 2 : 1)]
        }
        let client = try client(server) { $0.mostPending = 100_000 }
        let session = try await session(client)
        let wrong = Mutex<[String]>([])
        let answered = Mutex(0)
        let group = DispatchGroup()
        for thread in 0..<8 {
            group.enter()
            Thread.detachNewThread {
                for number in 0..<500 {
                    let isDenied = (thread + number) % 3 == 0
                    group.enter()
                    client.ask(
                        .check(session, .read, isDenied ? "/X/\(number)" : "/A/\(number)"), timeout: .seconds(60)
                    ) {
                        let answer = $0
                        let expected: ClientVerdict = isDenied ? .deny : .allow
                        if answer.verdict != expected { wrong.withLock { $0.append("\(answer)") } }
                        answered.withLock { $0 += 1 }
                        group.leave()
                    }
                    if number % 250 == 200 { server.hangUp() }
                }
                group.leave()
            }
        }
        await withCheckedContinuation { continuation in
            group.notify(queue: .global()) { continuation.resume() }
        }
        #expect(answered.withLock { $0 } == 4000)
        #expect(wrong.withLock { $0 } == [])
        client.close()
        server.stop()
    }

    @Test func `one question too many is undecided, and an end answers what waits`() async throws {
        let server = try ScriptedServer { _, frame in frame[0] == 6 ? [] : [ScriptedServer.answer(frame)] }
        let client = try client(server) { $0.mostPending = 2 }
        let session = try await session(client)
        let reasons = Mutex<[String]>([])
        for _ in 0..<3 {
            client.ask(.check(session, .read, "/A")) { answer in reasons.withLock { $0.append(answer.reason) } }
        }
        #expect(reasons.withLock { $0 } == ["too-many"])
        client.close()
        #expect(reasons.withLock { $0 } == ["too-many", "closed", "closed"])
        server.stop()
    }

    @Test func `tells what is pushed`() async throws {
        let server = try ScriptedServer { _, frame in
            guard frame[0] == 6 else { return [ScriptedServer.answer(frame)] }
            return [
                ScriptedServer.frame(0xC1, [0, 0, 0, 0], [UInt8](1...16) + [2]),
                ScriptedServer.frame(0xC2, [0, 0, 0, 0], [1] + ScriptedServer.text("alice")),
                ScriptedServer.frame(0xC2, [0, 0, 0, 0], [0]),
                ScriptedServer.answer(frame),
            ]
        }
        let events = Mutex<[String]>([])
        let sessions = Mutex<[ClientSession]>([])
        let client = try client(server) { options in
            options.onEvent = { event in
                if case .ended(let session) = event { sessions.withLock { $0.append(session) } }
                events.withLock { $0.append("\(event)") }
            }
        }
        let session = try await session(client)
        _ = await client.ask(.check(session, .read, "/A"))
        #expect(sessions.withLock { $0 } == [session])
        #expect(
            events.withLock { $0 } == ["connected", "ended((session))", "invalidatedUser(\"alice\")", "invalidated"])
        client.close()
        server.stop()
    }

    @Test func `a connection that served begins anew with a short pause, however often it is closed`() async throws {
        let server = try ScriptedServer { _, frame in [ScriptedServer.answer(frame)] }
        let gone = Mutex<ContinuousClock.Instant?>(nil)
        let pauses = Mutex<[Duration]>([])
        let client = try client(server) { options in
            options.onEvent = { event in
                switch event {
                case .disconnected: gone.withLock { $0 = .now }
                case .connected:
                    if let since = gone.withLock({ $0 }) { pauses.withLock { $0.append(.now - since) } }
                default: break
                }
            }
        }
        // Enough for pauses that double to have come to their longest, five seconds.
        for _ in 0..<12 {
            #expect(
                await client.ask(.login(user: "alice", password: "wonderland"), timeout: .seconds(120)).verdict
                    == .allow)
            let before = pauses.withLock { $0.count }
            server.hangUp()
            while pauses.withLock({ $0.count }) == before { await Task.yield() }
        }
        // One of four that is short is proof that it did not grow; a slow machine makes some longer.
        #expect(pauses.withLock { $0.suffix(4).min() ?? .seconds(99) } < .seconds(2), "\(pauses.withLock { $0 })")
        client.close()
        server.stop()
    }

    @Test func `what is not an address, and an address without a server`() async throws {
        #expect(throws: ClientError.self) { try AuthHostClient(.init(address: "")) }
        #expect(throws: ClientError.self) { try AuthHostClient(.init(address: "/nowhere/authhost.sock\0")) }
        var options = AuthHostClient.Options(address: "/nowhere/authhost.sock")
        options.failsFast = true
        let client = try AuthHostClient(options)
        #expect(await client.ask(.login(user: "a", password: "b")).reason == "away")
        client.close()
    }
}
