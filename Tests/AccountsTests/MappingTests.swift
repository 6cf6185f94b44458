import Testing

@testable import Accounts

@Suite struct MappingTests {
    @Test func `tries the user's own mappings, then those of the groups, then everybody's`() throws {
        let auth = try authority(
            .everybody([:], [.map("/%1", "/everybody/%1"), .map("/%1/%2", "/everybody/%1/%2")]),
            .group("g", [:], [.map("/B", "/group")]), .user("a", [.groups: "g"], [.map("/A", "/own")]), .user("b"))
        defer { auth.close() }
        #expect(auth.mapped("a", "/A") == .mapped(Array("/own".utf8)))
        #expect(auth.mapped("a", "/B") == .mapped(Array("/group".utf8)))
        #expect(auth.mapped("a", "/C") == .mapped(Array("/everybody/C".utf8)))
        #expect(auth.mapped("b", "/B") == .mapped(Array("/everybody/B".utf8)))
    }

    @Test func `refuses mappings that lead a user's name back to where it began`() {
        let there = Entry.map("/A/%1", "/B/%1")
        let back = Entry.map("/B/%1", "/A/%1")
        let one = fault(.user("a", [:], [.map("/A", "/A")]))
        #expect(one?.code == .loop)
        #expect(one?.place == Place(line: 2, column: 1))
        #expect(one?.message == "the mapping leads back to the name it begins with")
        let two = fault(.everybody([:], [there]), .group("g", [:], [back]), .user("a", [.groups: "g"]))
        #expect(two?.message == "the mapping leads back to the name it begins with by way of line 2")
        #expect(two?.place == Place(line: 4, column: 1))
        #expect(fault(.everybody([:], [there, back]))?.code == .loop)
        // No user has both.
        #expect(fault(.user("b", [:], [there]), .group("g", [:], [back]), .user("a", [.groups: "g"])) == nil)
    }
}
