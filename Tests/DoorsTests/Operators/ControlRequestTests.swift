import AuthCore
import Testing

@testable import DoorProtocols

@Suite struct `A request of an operator` {
    private static let whole: [(name: String, json: String)] = [
        ("user", #""alice""#), ("application", #""feed""#), ("machine", #""m1""#), ("address", #""192.0.2.1""#),
        ("door", #""http""#), ("session", #""00ff""#), ("object", #""/A""#), ("all", "true"), ("count", "2"),
        ("offset", "3"), ("limit", "4"), ("cluster", "false"), ("since", "5"), ("follow", "true"),
        ("destination", #""partner""#), ("server", #""https://a:443""#), ("secret", #""s""#), ("module", #""xmlauth""#),
        ("decision", #""0123""#), ("protocol", "1"),
    ]

    private func written(_ request: ControlRequest) -> String {
        String(decoding: ControlLine.encode(request).dropLast(), as: UTF8.self)
    }

    @Test func `is written as it was read, member by member`() throws {
        #expect(Set(ControlRequest.members) == Set(Self.whole.map(\.name) + ["do"]))
        for (name, json) in Self.whole {
            let members = [("do", #""eject""#), (name, json)].sorted { $0.0 < $1.0 }
            let line = "{" + members.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
            #expect(written(try ControlLine.request(Array(line.utf8)).get()) == line)
        }
    }

    @Test func `names sessions by what the filter has, each once`() throws {
        var filter = SessionFilter()
        for member in SessionFilter.members { filter[keyPath: member.path] = member.name }
        #expect(filter.given.map(\.name) == filter.given.map(\.value))
        #expect(Mirror(reflecting: filter).children.count == SessionFilter.members.count)
        #expect(!SessionFilter().isGiven && filter.isGiven)
    }
}
