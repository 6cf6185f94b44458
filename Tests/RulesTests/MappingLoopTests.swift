import Testing

@testable import Rules

@Suite struct MappingLoopTests {
    private typealias Mappings = [(String, String)]
    private static let leadingBack: [(Mappings, [Int])] = [
        ([("/A", "/A")], [0]),
        ([("/", "/")], [0]),
        ([("/U/%u", "/U/%u")], [0]),
        ([("/A/%1", "/B/%1"), ("/B/%1", "/A/%1")], [0, 1]),
        ([("/A/%1/%2", "/B/%2/%1"), ("/B/%3/%4", "/A/%3/%4")], [0, 1, 0, 1]),
        ([("/T/%1/%2/%3", "/T/%2/%3/%1")], [0, 0, 0]),
        ([("/X", "/A"), ("/A", "/B"), ("/B", "/C"), ("/C", "/A")], [1, 2, 3]),
        ([("/A/%1", "/B/x-%1"), ("/B/%1", "/C/%1"), ("/S/%1", "/R/%1"), ("/R/%9", "/S/%9")], [2, 3]),
        ([("/G/%1", "/P/a/%1"), ("/P/%1/%2", "/G/%2")], [0, 1]),
        ([("/%%/%1", "/100%%/%1"), ("/100%%/%1", "/%%/%1")], [0, 1]),
    ]

    @Test(arguments: leadingBack)
    func `finds the mappings that lead back`(mappings: [(String, String)], expected: [Int]) throws {
        #expect(try loop(mappings) == expected)
    }

    private static let leadingElsewhere: [Mappings] = [
        [],
        [("/FX/%1", "/FX/%u/%1")],
        [("/A/%1", "/B/%1"), ("/B/%1", "/C/%1")],
        // Results that are mapped to themselves, in a circle that the way does not begin in.
        [("/T/%1", "/T/%u")],
        [("/%1/%2", "/FX/%2")],
        // Only some values would lead back.
        [("/A/%1", "/%1/A")],
        [("/U/%u", "/V/%u"), ("/V/%1", "/U/x%1")],
        // The first that matches counts, so `/B` leads to `/C`.
        [("/A", "/B"), ("/B", "/C"), ("/B", "/A")],
        // Names that grow without end.
        [("/%1", "/x%1")],
        [("/A/%1", "/B/%1%1"), ("/B/%1", "/A/%1")],
    ]

    @Test(arguments: leadingElsewhere)
    func `finds none where names do not come back`(mappings: [(String, String)]) throws {
        #expect(try loop(mappings) == nil)
    }

    @Test func `ends with ten thousand mappings in one chain, closed or open`() throws {
        let open = (0..<10_000).map { ("/A\($0)/%1", "/A\($0 + 1)/%1") }
        #expect(try loop(open) == nil)
        #expect(try loop(open + [("/A10000/%1", "/A0/%1")]) == Array(0...10_000))
    }

    @Test func `agrees with names mapped again and again`() throws {
        var random = SplitMix(state: 7)
        var found = 0
        for _ in 0..<2_000 {
            let mappings = try (0..<4).map { _ in try Self.make(&random) }
            guard let way = ObjectMapping.loop(in: mappings) else { continue }
            found += 1
            #expect(mappings.contains { Self.leads($0, back: way.map { mappings[$0] }) })
        }
        #expect(found > 200)
    }

    private func loop(_ mappings: [(String, String)]) throws -> [Int]? {
        ObjectMapping.loop(in: try mappings.map { try ObjectMapping(from: Array($0.0.utf8), to: Array($0.1.utf8)) })
    }

    private static func make(_ random: inout SplitMix) throws -> ObjectMapping {
        let froms = ["/A", "/A/%1", "/B/%1", "/%1/%2", "/A/%1/%2", "/%u/%1", "/A/B", "/B/%2/%1", "/A/%u"]
        let tos = ["/A", "/A/B", "/B/B", "/A/%1", "/B/%1", "/A/%u", "/%u/%1", "/%1/%2", "/%2/%1", "/B/%1/%2"]
        while true {
            let from = Array((froms.randomElement(using: &random) ?? "").utf8)
            let to = Array((tos.randomElement(using: &random) ?? "").utf8)
            if let mapping = try? ObjectMapping(from: from, to: to) { return mapping }
        }
    }

    /// Follows a way from a name that the mapping matches, whose captures and user no other mapping knows.
    private static func leads(_ start: ObjectMapping, back way: [ObjectMapping]) -> Bool {
        let first = Array(sample(of: start).utf8)
        var name = first
        for mapping in way {
            var result: [UInt8] = []
            guard mapping.applied(name, user: "USER", into: &result) == .mapped else { return false }
            name = result
        }
        return name == first
    }

    private static func sample(of mapping: ObjectMapping) -> String {
        let segments = mapping.fixedAndSigns.map { segment in
            segment.bytes == [ObjectMapping.userSign]
                ? "USER" : segment.isFixed ? String(decoding: segment.bytes, as: UTF8.self) : "c\(segment.bytes[0])"
        }
        return "/" + segments.joined(separator: "/")
    }
}
