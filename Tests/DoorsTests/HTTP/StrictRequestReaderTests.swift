import NIOCore
import Testing

@testable import DoorCarrier
@testable import DoorProtocols

@Suite struct `The strict reader of requests` {
    static func read(_ text: String, limits: StrictRequestReader.Limits = .init()) throws -> StrictRequest? {
        let bytes = ByteBuffer(string: text)
        var reader = StrictRequestReader(limits: limits)
        guard try reader.read(bytes.readableBytesUInt8Span) else { return nil }
        return StrictRequest(bytes.readableBytesUInt8Span, reader.head)
    }

    static func status(_ text: String) -> Int? {
        do {
            return try read(text) == nil ? nil : 200
        } catch {
            return (error as? RequestRefusal)?.status
        }
    }

    struct Case: CustomTestStringConvertible {
        let status: Int
        let request: String
        let why: String
        var testDescription: String { "\(why): \(status)" }

        init(_ status: Int, _ why: String, _ request: String) {
            self.status = status
            self.request = request
            self.why = why
        }
    }

    static let line = "GET /auth HTTP/1.1\r\nHost: a\r\n"

    static let chunked = "Transfer-Encoding: chunked\r\n"
    static let expect = "Expect: 100-continue\r\n"

    static let accepted = [
        Case(200, "a request", "\(line)\r\n"),
        Case(200, "an empty line before it", "\r\n\(line)\r\n"),
        Case(200, "an expectation and no body to wait for", "\(line)Expect: 100-continue\r\n\r\n"),
        Case(200, "an empty value", "\(line)te:\r\n\r\n"),
        Case(200, "a value with bytes above ASCII", "\(line)X-A: é\r\n\r\n"),
        Case(200, "a body", "POST /v1/check HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"),
        Case(200, "HTTP/1.0 without a host", "GET /auth HTTP/1.0\r\n\r\n"),
        Case(200, "a host with a port", "GET /auth HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"),
        Case(200, "an expectation and the body behind it", "\(line)Content-Length: 1\r\n\(expect)\r\nx"),
        Case(200, "no chunk but the last", "\(line)\(chunked)\r\n0\r\n\r\n"),
        Case(200, "chunks", "\(line)Transfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0A\r\n0123456789\r\n00\r\n\r\n"),
        Case(200, "an extension of a chunk", "\(line)\(chunked)\r\n1;a=\"b c\"\r\nx\r\n0;z\r\n\r\n"),
        Case(200, "trailers", "\(line)\(chunked)\r\n1\r\nx\r\n0\r\nX-Sum: 1\r\nHost: b\r\n\r\n"),
        Case(200, "an encoded target", "GET /a%2Fb?x=%20 HTTP/1.1\r\nHost: a\r\n\r\n"),
    ]

    static let refused = [
        Case(400, "a line that ends with LF alone", "GET /auth HTTP/1.1\nHost: a\r\n\r\n"),
        Case(400, "a field that ends with LF alone", "\(line)X-A: b\n\r\n"),
        Case(400, "a header that ends with LF alone", "\(line)\n"),
        Case(400, "CR in a value", "\(line)X-A: b\rc\r\n\r\n"),
        Case(400, "CR before CR LF", "\(line)X-A: b\r\r\n\r\n"),
        Case(400, "NUL in a value", "\(line)X-A: b\0c\r\n\r\n"),
        Case(400, "DEL in a value", "\(line)X-A: b\u{7f}\r\n\r\n"),
        Case(400, "a control in the target", "GET /a\u{1}b HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case(400, "a folded field", "\(line)X-A: b\r\n c\r\n\r\n"),
        Case(400, "a folded first field", "GET /auth HTTP/1.1\r\n Host: a\r\n\r\n"),
        Case(400, "a space before the colon", "GET /auth HTTP/1.1\r\nHost : a\r\n\r\n"),
        Case(400, "a tab before the colon", "GET /auth HTTP/1.1\r\nHost\t: a\r\n\r\n"),
        Case(400, "no name", "\(line): b\r\n\r\n"),
        Case(400, "no colon", "\(line)X-A\r\n\r\n"),
        Case(400, "a name that is no token", "\(line)X(A): b\r\n\r\n"),
        Case(400, "no host", "GET /auth HTTP/1.1\r\n\r\n"),
        Case(400, "two hosts", "\(line)Host: a\r\n\r\n"),
        Case(400, "a host with a path", "GET /auth HTTP/1.1\r\nHost: a/b\r\n\r\n"),
        Case(400, "two content lengths", "\(line)Content-Length: 0\r\nContent-Length: 0\r\n\r\n"),
        Case(400, "a list of content lengths", "\(line)Content-Length: 0, 0\r\n\r\n"),
        Case(400, "a signed content length", "\(line)Content-Length: +1\r\n\r\nx"),
        Case(400, "a negative content length", "\(line)Content-Length: -1\r\n\r\n"),
        Case(400, "a hexadecimal content length", "\(line)Content-Length: 0x1\r\n\r\nx"),
        Case(400, "an empty content length", "\(line)Content-Length:\r\n\r\n"),
        Case(400, "a content length that overflows", "\(line)Content-Length: 99999999999999999999\r\n\r\n"),
        Case(413, "a body that is too long", "\(line)Content-Length: 65537\r\n\r\n"),
        Case(501, "a transfer coding", "\(line)Transfer-Encoding: gzip\r\n\r\n"),
        Case(501, "two transfer codings", "\(line)Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
        Case(501, "chunked twice in one field", "\(line)Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
        Case(501, "identity", "\(line)Transfer-Encoding: identity\r\n\r\n"),
        Case(400, "chunked twice", "\(line)\(chunked)\(chunked)\r\n0\r\n\r\n"),
        Case(400, "chunked in HTTP/1.0", "PUT /auth HTTP/1.0\r\nHost: a\r\n\(chunked)\r\n0\r\n\r\n"),
        Case(400, "both framings", "\(line)Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
        Case(400, "both framings turned round", "\(line)Content-Length: 5\r\ntransfer-encoding: x\r\n\r\n0\r\n\r\n"),
        Case(417, "another expectation", "\(line)Content-Length: 1\r\nExpect: tea\r\n\r\n"),
        Case(417, "two expectations", "\(line)Content-Length: 1\r\n\(expect)\(expect)\r\nx"),
        Case(400, "two spaces", "GET  /auth HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case(400, "a tab in the request line", "GET\t/auth HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case(400, "a space at the end", "GET /auth HTTP/1.1 \r\nHost: a\r\n\r\n"),
        Case(400, "a space at the start", " GET /auth HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case(400, "no version", "GET /auth\r\nHost: a\r\n\r\n"),
        Case(400, "a version in small letters", "GET /auth http/1.1\r\nHost: a\r\n\r\n"),
        Case(400, "two empty lines", "\r\n\r\n\(line)\r\n"),
        Case(505, "HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        Case(505, "HTTP/1.2", "GET /auth HTTP/1.2\r\nHost: a\r\n\r\n"),
        Case(400, "an absolute target", "GET http://a/auth HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case(501, "CONNECT", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case(400, "an asterisk", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case(400, "a fragment", "GET /auth#a HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case(400, "a quotation mark", "GET /au\"th HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case(400, "a byte above ASCII in the target", "GET /é HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case(400, "half an escape", "GET /auth%2 HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case(400, "a broken escape", "GET /auth%zz HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case(400, "a method that is no token", "G@T /auth HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case(501, "a method in small letters", "get /auth HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case(501, "an unknown method", "BREW /auth HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case(414, "a long target", "GET /\(String(repeating: "a", count: 9000)) HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case(414, "a long target without an end", "GET /\(String(repeating: "a", count: 9000))"),
        Case(431, "a long field", "\(line)X-A: \(String(repeating: "a", count: 17_000))\r\n\r\n"),
        Case(431, "a long field without an end", "\(line)X-A: \(String(repeating: "a", count: 17_000))"),
        Case(431, "many fields", line + String(repeating: "X-A: b\r\n", count: 64) + "\r\n"),
    ]

    private static func chunks(_ text: String) -> String { "\(line)\(chunked)\r\n\(text)" }

    static let malformedChunks = [
        Case(400, "no size", chunks("\r\n\r\n")), Case(400, "an extension without a size", chunks(";a\r\n\r\n")),
        Case(400, "a sign", chunks("+1\r\nx\r\n0\r\n\r\n")), Case(400, "a prefix", chunks("0x1\r\nx\r\n0\r\n\r\n")),
        Case(400, "a space behind the size", chunks("1 \r\nx\r\n0\r\n\r\n")),
        Case(400, "a space before the size", chunks(" 1\r\nx\r\n0\r\n\r\n")),
        Case(400, "a size that ends with LF alone", chunks("1\nx\r\n0\r\n\r\n")),
        Case(400, "a CR in an extension", chunks("1;a\rb\r\nx\r\n0\r\n\r\n")),
        Case(400, "a control in an extension", chunks("1;\u{1}\r\nx\r\n0\r\n\r\n")),
        Case(400, "a size of nine digits", chunks("000000001\r\nx\r\n0\r\n\r\n")),
        Case(400, "a long extension", chunks("1;\(String(repeating: "a", count: 300))\r\nx\r\n0\r\n\r\n")),
        Case(400, "a long extension without an end", chunks("1;\(String(repeating: "a", count: 300))")),
        Case(400, "data that is too long", chunks("1\r\nxy\r\n0\r\n\r\n")),
        Case(400, "data that ends with LF alone", chunks("1\r\nx\n0\r\n\r\n")),
        Case(400, "data that ends with CR alone", chunks("1\r\nx\r0\r\n\r\n")),
        Case(400, "a trailer about the length", chunks("0\r\ncontent-Length: 7\r\n\r\n")),
        Case(400, "a trailer about the coding", chunks("0\r\nTransfer-Encoding: chunked\r\n\r\n")),
        Case(400, "a trailer that is no field", chunks("0\r\nGET / HTTP/1.1\r\n\r\n")),
        Case(400, "a trailer that ends with LF alone", chunks("0\r\nX-A: b\n\r\n")),
        Case(400, "a folded trailer", chunks("0\r\nX-A: b\r\n c\r\n\r\n")),
        Case(413, "a chunk that is too long", chunks("10001\r\n")), Case(413, "a huge chunk", chunks("ffffffff\r\n")),
        Case(413, "chunks that are too long", chunks("8000\r\n\(String(repeating: "a", count: 0x8000))\r\n8001\r\n")),
        Case(413, "too many chunks", chunks(String(repeating: "1\r\nx\r\n", count: 13_200))),
        Case(431, "a large trailer section", chunks("0\r\nX-A: \(String(repeating: "a", count: 17_000))\r\n\r\n")),
        Case(431, "many trailers", chunks("0\r\n" + String(repeating: "X-A: b\r\n", count: 65) + "\r\n")),
    ]

    @Test(arguments: accepted + refused + malformedChunks) func `answers each request with its status`(_ one: Case) {
        #expect(Self.status(one.request) == one.status)
    }

    @Test(arguments: accepted + refused + malformedChunks)
    func `gives the same answer however a request is cut`(_ one: Case) throws {
        let bytes = Array(one.request.utf8)
        for cut in stride(from: 1, to: bytes.count, by: max(1, bytes.count / 500)) {
            var reader = StrictRequestReader()
            var status: Int?
            for end in [cut, bytes.count] where status == nil {
                do {
                    if try reader.read(ByteBuffer(bytes: bytes[..<end]).readableBytesUInt8Span) { status = 200 }
                } catch {
                    status = error.status
                }
            }
            #expect(status == one.status, "cut at \(cut)")
        }
    }

    @Test func `reads byte by byte what it reads at once`() throws {
        let text = "POST /v1/check?a=b HTTP/1.1\r\nHost: a\r\nX-A:  b c \r\nContent-Length: 3\r\n\r\nabcGET"
        let bytes = Array(text.utf8)
        var reader = StrictRequestReader()
        var length = 0
        for end in 1...bytes.count where length == 0 {
            if try reader.read(ByteBuffer(bytes: bytes[..<end]).readableBytesUInt8Span) { length = end }
        }
        #expect(length == bytes.count - 3)
        let request = StrictRequest(bytes.span, reader.head)
        #expect(request.copy(request.head.path) == Array("/v1/check".utf8))
        #expect(request.copy(request.head.query) == Array("a=b".utf8))
        let value = try #require(try request.field(FieldName("X-a")))
        #expect(request.copy(value) == Array("b c".utf8))
        #expect(request.withBody { String(decoding: $0, as: UTF8.self) } == "abc")
    }

    @Test func `puts chunks together, and knows where they end`() throws {
        let text = "PUT /a HTTP/1.1\r\nHost: a\r\n\(Self.chunked)\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\nX: y\r\n\r\nGET"
        let bytes = Array(text.utf8)
        var reader = StrictRequestReader()
        var length = 0
        for end in 1...bytes.count where length == 0 {
            if try reader.read(ByteBuffer(bytes: bytes[..<end]).readableBytesUInt8Span) { length = end }
        }
        #expect(length == bytes.count - 3)
        #expect(reader.end == length)
        let request = StrictRequest(bytes.span, reader.head)
        #expect(request.withBody { String(decoding: $0, as: UTF8.self) } == "abcde")
        #expect(request.copy(request.head.path) == Array("/a".utf8))
    }

    @Test(arguments: [
        ("HTTP/1.1", "", true), ("HTTP/1.1", "Connection: close\r\n", false),
        ("HTTP/1.1", "Connection: keep-alive , Close\r\n", false), ("HTTP/1.0", "", false),
        ("HTTP/1.0", "Connection: Keep-Alive\r\n", true), ("HTTP/1.0", "Connection: keep-alive, close\r\n", false),
    ]) func `knows whether the connection stays`(_ version: String, _ fields: String, _ stays: Bool) throws {
        let request = try #require(try Self.read("GET /auth \(version)\r\nHost: a\r\n\(fields)\r\n"))
        #expect(request.head.keepsAlive == stays)
    }

    @Test func `refuses to choose between two fields of one name`() throws {
        let request = try #require(try Self.read("\(Self.line)Cookie: a\r\ncookie: b\r\n\r\n"))
        #expect(throws: RequestRefusal.self) { try request.field(.cookie) }
    }
}
