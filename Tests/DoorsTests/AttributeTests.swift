import AuthCore
import Testing

@testable import DoorProtocols

/// What each door tells a module beside its questions.
@Suite struct `What doors tell beside a question` {
    static let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    /// Lets everybody in and allows everything.
    static func host(reads: Bool = true, attributes: [Field] = [], ofSession: [Field] = []) -> FakeHost {
        FakeHost(readsAttributes: reads, sessionAttributes: ofSession) { question in
            var answer = Answer(.allow, .granted, user: "alice")
            switch question {
            case .login, .resume, .authenticate: answer.session = FakeHost.session
            case .check(_, let check): answer.mappedName = check.name
            case .logout, .map: break
            }
            answer.attributes = attributes
            return .decided(answer)
        }
    }

    /// The attributes of each question as `name=value`.
    static func told(_ host: FakeHost) -> [[String]] {
        host.questions.compactMap { question in
            switch question {
            case .login(let login), .resume(let login), .authenticate(let login): login.attributes
            case .check(_, let check): check.attributes
            case .logout(_, let attributes), .map(_, _, let attributes): attributes.isEmpty ? nil : attributes
            }
        }.map { $0.map { "\($0.name)=\($0.value)" } }
    }

    static func request(_ lines: String...) -> [UInt8] { request(lines: lines) }

    static func request(lines: [String]) -> [UInt8] { Array((lines + ["", ""]).joined(separator: "\r\n").utf8) }

    static let forwarded = request(
        "GET /caddy HTTP/1.1", "Host: app.example", "X-Forwarded-Uri: /a", "X-Forwarded-Method: GET",
        "X-Forwarded-Host: app.example:8443", "X-Forwarded-For: 198.51.100.9, 192.0.2.7", "traceparent: \(trace)",
        "Authorization: Basic YWxpY2U6c2VjcmV0")

    @Test func `forward-auth: method, host, address and trace, of the log-in and of the check`() throws {
        let host = Self.host()
        _ = try RehearsedDoor("forward-auth", host).talk(Self.forwarded)
        let expected = [
            "forwarded.method=GET", "forwarded.host=app.example:8443", "forwarded.address=192.0.2.7",
            "trace-parent=\(Self.trace)",
        ]
        #expect(Self.told(host) == [expected, expected])
    }

    @Test func `http: the same at auth, and the trace of every other question`() throws {
        let host = Self.host()
        let session = "Authorization: Session \(FakeHost.sessionText)"
        _ = try RehearsedDoor("http", host).talk(
            Self.request(
                "GET /auth HTTP/1.1", "Host: app.example", "X-Original-URI: /a", "X-Original-Method: PUT",
                "X-Real-IP: 192.0.2.7", session),
            Self.request(
                "GET /v1/check?action=read&object=/a HTTP/1.1", "Host: a", "traceparent: \(Self.trace)", session))
        #expect(
            Self.told(host) == [
                ["forwarded.method=PUT", "forwarded.host=app.example", "forwarded.address=192.0.2.7"],
                ["trace-parent=\(Self.trace)"],
            ])
    }

    @Test func `http: the trace of a mapping and of a log-out`() throws {
        func post(_ path: String, _ type: String, _ body: String, _ lines: String...) -> [UInt8] {
            let head = [
                "POST \(path) HTTP/1.1", "Host: a", "traceparent: \(Self.trace)", "Content-Type: \(type)",
                "Content-Length: \(body.utf8.count)",
            ]
            return Self.request(lines: head + lines) + body.utf8
        }
        let (host, id) = (Self.host(), FakeHost.sessionText)
        _ = try RehearsedDoor("http", host).talk(
            post("/v1/map", "application/json", #"{"session":"\#(id)","object":"/a"}"#),
            post("/v1/logout", "application/json", #"{"session":"\#(id)"}"#))
        #expect(Self.told(host) == [["trace-parent=\(Self.trace)"], ["trace-parent=\(Self.trace)"]])
    }

    @Test func `rabbitmq: the virtual host`() throws {
        let host = Self.host()
        _ = try RehearsedDoor("rabbitmq", host).talk(
            Self.request(
                "GET /auth/user?username=alice&password=secret HTTP/1.1", "Host: a", "traceparent: \(Self.trace)"),
            Self.request("GET /auth/vhost?username=alice&vhost=%2Fone&ip=192.0.2.7&tags= HTTP/1.1", "Host: a"))
        #expect(Self.told(host) == [["trace-parent=\(Self.trace)"], ["virtual-host=/one"]])
    }

    @Test func `authzen: the id of the request`() throws {
        let host = Self.host()
        let json =
            #"{"subject":{"type":"user","id":"alice"},"action":{"name":"read"},"resource":{"type":"r","id":"1"}}"#
        _ = try RehearsedDoor("authzen", host).talk(
            Array(
                ("POST /access/v1/evaluation HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nX-Request-ID: bfe9\r\n"
                    + "Content-Length: \(json.utf8.count)\r\n\r\n\(json)").utf8))
        #expect(Self.told(host) == [["request-id=bfe9"], ["request-id=bfe9"]])
    }

    @Test func `dovecot: service and mechanism`() throws {
        let host = Self.host()
        _ = try RehearsedDoor("dovecot", host).talk(
            Array("VERSION\t1\t2\nCPID\t7\nAUTH\t1\tPLAIN\tservice=smtp\tresp=AGFsaWNlAHNlY3JldA==\n".utf8))
        let expected = ["service=smtp", "sasl.mechanism=PLAIN"]
        #expect(Self.told(host) == [expected, expected])
    }

    @Test func `saslauthd: service and realm`() throws {
        let host = Self.host()
        _ = try RehearsedDoor("saslauthd", host).talk(`The saslauthd door`.alice)
        #expect(Self.told(host) == [["service=imap", "realm=example.org"], ["service=imap", "realm=example.org"]])
    }

    static let certificate = DoorCertificate(
        commonName: "ann", subject: "CN=ann,O=Example", names: [(.tlsDNS, "ann.example"), (.tlsURI, "spiffe://a/b")],
        digest: [0, 255])
    static let ofCertificate = [
        "tls.subject=CN=ann,O=Example", "tls.dns=ann.example", "tls.uri=spiffe://a/b", "tls.digest=00ff",
    ]

    @Test func `every door: the client's certificate`() throws {
        let host = Self.host()
        let client = try RehearsedDoor("native", host).client(from: "192.0.2.7", with: Self.certificate)
        client.send(NativeFrames.hello(2) + NativeFrames.login(1) + NativeFrames.check(2, "/a"))
        #expect(Self.told(host) == [Self.ofCertificate, Self.ofCertificate])
        let other = Self.host()
        let web = try RehearsedDoor("http", other).client(from: "192.0.2.7", with: Self.certificate)
        web.send(
            Self.request(
                "GET /v1/check?action=read&object=/a HTTP/1.1", "Host: a",
                "Authorization: Session \(FakeHost.sessionText)"))
        #expect(Self.told(other) == [Self.ofCertificate])
    }

    @Test(arguments: ["forward-auth", "native", "saslauthd"])
    func `nothing is made that no module reads`(_ type: String) throws {
        let host = Self.host(reads: false)
        let bytes = [
            "forward-auth": Self.forwarded, "saslauthd": `The saslauthd door`.alice,
            "native": NativeFrames.hello(2) + NativeFrames.login(1, [("realm", "x")]),
        ]
        _ = try RehearsedDoor(type, host).talk(try #require(bytes[type]))
        #expect(!Self.told(host).isEmpty && Self.told(host).allSatisfy(\.isEmpty))
    }

    @Test(arguments: [
        "", "00", "01-\(trace.dropFirst(3))x", "ff\(trace.dropFirst(2))",
        "00-\(String(repeating: "0", count: 32))-b7ad6b7169203331-01",
        trace.uppercased(), "\(trace)-1", "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
    ])
    func `a broken trace parent is passed over`(_ value: String) throws {
        let host = Self.host()
        _ = try RehearsedDoor("http", host).talk(
            Self.request(
                "GET /v1/check?action=read&object=/a HTTP/1.1", "Host: a", "traceparent: \(value)",
                "Authorization: Session \(FakeHost.sessionText)"))
        #expect(Self.told(host) == [[]])
    }

    @Test func `what modules may not see is left out`() {
        var attributes = DoorAttributes(DoorPeer(address: ""))
        attributes.add(.realm, "")
        attributes.add(.realm, "a\nb")
        attributes.add(.realm, "a\u{202e}b")
        attributes.add(.realm, String(repeating: "x", count: 4096))
        attributes.add(.realm, [0xff] as [UInt8])
        #expect(attributes.fields.isEmpty)
        for number in 0..<70 { attributes.add(.realm, "\(number)") }
        #expect(attributes.fields.count == 64)
    }
}

/// Frames of the native protocol, with the attributes of its version 2.
enum NativeFrames {
    typealias Frame = NativeDoorTests.Frame

    static func hello(_ highest: Int) -> [UInt8] { Frame(1, 1).u16(1).u16(highest).text("test").bytes }

    static func login(_ number: UInt32, _ attributes: [(String, String)] = []) -> [UInt8] {
        adding(attributes, to: .login(number, flags: attributes.isEmpty ? 0 : 4)).bytes
    }

    static func check(_ number: UInt32, _ name: String, _ attributes: [(String, String)] = []) -> [UInt8] {
        let frame = Frame(6, flags: attributes.isEmpty ? 0 : 1, number).session().adding([1]).text(name).text("").u16(0)
        return adding(attributes, to: frame).bytes
    }

    static func batch(_ number: UInt32, _ names: [String], _ attributes: [(String, String)] = []) -> [UInt8] {
        let frame = Frame(7, flags: attributes.isEmpty ? 0 : 1, number).session().u16(names.count)
        return adding(attributes, to: names.reduce(frame) { $0.adding([1]).text($1) }).bytes
    }

    static func map(_ number: UInt32, _ name: String, _ attributes: [(String, String)] = []) -> [UInt8] {
        adding(attributes, to: Frame(5, flags: attributes.isEmpty ? 0 : 1, number).session().text(name)).bytes
    }

    static func logout(_ number: UInt32, _ attributes: [(String, String)] = []) -> [UInt8] {
        adding(attributes, to: Frame(4, flags: attributes.isEmpty ? 0 : 1, number).session()).bytes
    }

    private static func adding(_ attributes: [(String, String)], to frame: Frame) -> Frame {
        if attributes.isEmpty { return frame }
        return attributes.reduce(frame.u16(attributes.count)) { $0.text($1.0).text($1.1) }
    }
}
