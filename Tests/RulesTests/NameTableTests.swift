import Testing

@testable import Rules

@Suite struct NameTableTests {
    @Test func `finds every one of 20,000 names and no other`() {
        var table = NameTable()
        for number in 0..<20_000 {
            #expect(table.inserted(Array("name\(number)".utf8)) == [number, 1])
        }
        for number in 0..<20_000 {
            #expect(table.found(Array("name\(number)".utf8)) == number)
            #expect(table.found(Array("name\(number)x".utf8)) == nil)
        }
        #expect(table.inserted(Array("name7".utf8)) == [7, 0])
        #expect(table.name(7) == Array("name7".utf8))
        #expect(table.count == 20_000)
    }

    @Test func `tells apart names that differ in length or in the last byte alone`() {
        var table = NameTable()
        let names: [[UInt8]] = [[], [0], [0, 0], [1], [0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0, 0]]
        for (index, name) in names.enumerated() { #expect(table.inserted(name) == [index, 1]) }
        for (index, name) in names.enumerated() { #expect(table.found(name) == index) }
    }
}
