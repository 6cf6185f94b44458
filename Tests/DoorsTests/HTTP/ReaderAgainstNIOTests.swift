import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import DoorCarrier
@testable import DoorProtocols

/// What two readers see in the same bytes must not differ: whatever ours accepts, NIOHTTP1 accepts too, as the same
/// request.
@Suite struct `The strict reader beside NIOHTTP1` {
    struct Seen: Equatable, CustomStringConvertible {
        var method = ""
        var target = ""
        var fields: [String] = []
        var body: [UInt8] = []
        var description: String { "\(method) \(target) \(fields) \(body)" }
    }

    static let seeds = special + Route.all.enumerated().map(request)

    /// A request for a route, without a body, with one of a known length, or in chunks.
    private static func request(_ index: Int, _ route: Route) -> String {
        let head = "\(route.method.rawValue) \(route.path) HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n"
        return switch index % 3 {
        case 0: head + "\r\n"
        case 1: head + "Content-Length: 2\r\n\r\n{}"
        default: head + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
        }
    }

    private static let special = [
        "GET /auth HTTP/1.1\r\nHost: cap\r\nX-Original-URI: /a?x=1\r\nX-Original-Method: GET\r\nCookie: s=abc\r\n\r\n",
        "POST /v1/check HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\n[1,2]",
        "PUT /auth HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nabc",
        "POST /v1/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "3\r\nabc\r\n10;x\r\n0123456789abcdef\r\n0\r\n\r\n",
        "PUT /v1/objects HTTP/1.1\r\nHost: a\r\ntransfer-encoding: Chunked\r\n\r\n"
            + "01\r\n{\r\n1\r\n}\r\n0\r\nX-Sum: 1\r\n\r\n",
        "GET /v1/check?action=read&object=%2FFX HTTP/1.1\r\nHost: [::1]:8080\r\nAuthorization: Session 00\r\n\r\n",
    ]

    static let splices = [
        "\r", "\n", "\r\n", "\r\n\r\n", " ", "\t", ":", "\0", "\u{b}", ",", "0", "Content-Length: 4\r\n",
        "Content-Length: 0\r\n", "0\r\n\r\n", "1\r\nx\r\n", "00", "a", "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding: identity\r\n", " folded\r\n",
        "Host: b\r\n", "GET / HTTP/1.1\r\n", "%00", "é", "X:\r\n", "+1", "0x", "Connection: close\r\n", ";", "#",
    ].map { Array($0.utf8) }

    static func ours(_ bytes: [UInt8]) -> Seen? {
        let buffer = ByteBuffer(bytes: bytes)
        var reader = StrictRequestReader()
        guard (try? reader.read(buffer.readableBytesUInt8Span)) == true else { return nil }
        let request = StrictRequest(buffer.readableBytesUInt8Span, reader.head)
        let target = reader.head.path.lowerBound..<max(reader.head.path.upperBound, reader.head.query.upperBound)
        func text(_ range: Range<Int>) -> String { String(decoding: request.copy(range), as: UTF8.self) }
        return Seen(
            method: reader.head.method.rawValue, target: text(target),
            fields: reader.head.fields.map { "\(text($0.name)): \(text($0.value))" },
            body: request.withBody { Array($0) })
    }

    /// The first request that NIOHTTP1 sees.
    static func theirs(_ bytes: [UInt8]) -> Seen? {
        let channel = EmbeddedChannel()
        defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
        try? channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(HTTPRequestDecoder()))
        _ = try? channel.writeInbound(ByteBuffer(bytes: bytes))
        var seen: Seen?
        while let part = try? channel.readInbound(as: HTTPServerRequestPart.self) {
            switch part {
            case .head(let head):
                seen = Seen(
                    method: head.method.rawValue, target: head.uri,
                    fields: head.headers.map { "\($0.name): \(trimmed($0.value))" })
            case .body(let buffer): seen?.body += Array(buffer.readableBytesView)
            case .end: return seen
            }
        }
        return nil
    }

    /// NIOHTTP1 leaves the white space behind a value, which does not belong to it (RFC 9112, section 5.1).
    private static func trimmed(_ value: String) -> String {
        var value = value[...]
        while value.last == " " || value.last == "\t" { value.removeLast() }
        return String(value)
    }

    static func mutate(_ seed: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = seed
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(contentsOf: splices.randomElement(using: &random) ?? [], at: place)
            case 3: bytes.insert(bytes[place], at: place)
            default:
                // At the start of a line, where a field can stand.
                let starts = bytes.indices.filter { $0 > 0 && bytes[$0 - 1] == UInt8(ascii: "\n") }
                let start = starts.randomElement(using: &random) ?? place
                bytes.insert(contentsOf: splices.randomElement(using: &random) ?? [], at: start)
            }
        }
        return bytes
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
    func `accepts no mutated request that NIOHTTP1 reads otherwise`(_ seed: UInt64) {
        var random = SeededGenerator(seed)
        var accepted = 0
        for round in 0..<4000 {
            let original = Self.seeds[round % Self.seeds.count]
            let bytes = Self.mutate(Array(original.utf8), &random)
            guard let ours = Self.ours(bytes) else { continue }
            accepted += 1
            let theirs = Self.theirs(bytes)
            if theirs != ours {
                let text = String(decoding: bytes, as: UTF8.self).debugDescription
                Issue.record(
                    "seed \(seed), round \(round): \(text): ours \(ours), theirs \(String(describing: theirs))")
                return
            }
        }
        // Otherwise the comparison would be of nothing.
        #expect(accepted > 200, "seed \(seed): \(accepted) of 4000 were accepted")
    }
}

/// SplitMix64, so that a failure can be had again from its seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
