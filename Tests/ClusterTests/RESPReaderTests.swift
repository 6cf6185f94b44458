import Testing

@testable import Cluster

@Suite struct RESPReaderTests {
    static let values: [(String, RESPValue)] = [
        ("+OK\r\n", .simple(Array("OK".utf8))),
        ("-ERR no\r\n", .error(Array("ERR no".utf8))),
        (":-12\r\n", .integer(-12)),
        ("$0\r\n\r\n", .bulk([])),
        ("$4\r\na\r\nb\r\n", .bulk(Array("a\r\nb".utf8))),
        ("$-1\r\n", .bulk(nil)),
        ("*-1\r\n", .array(nil)),
        ("*0\r\n", .array([])),
        ("*2\r\n*1\r\n:1\r\n$1\r\nx\r\n", .array([.array([.integer(1)]), .bulk([120])])),
    ]

    @Test(arguments: values) func `reads a value, whole or byte by byte`(_ text: String, _ value: RESPValue) throws {
        var whole = RESPReader()
        whole.receive(Array(text.utf8))
        #expect(try whole.next() == value)
        #expect(try whole.next() == nil)
        #expect(whole.waiting == 0)
        var piecemeal = RESPReader()
        for (index, byte) in text.utf8.enumerated() {
            piecemeal.receive([byte])
            let found = try piecemeal.next()
            #expect(found == (index == text.utf8.count - 1 ? value : nil))
        }
    }

    @Test(arguments: [
        ("HTTP/1.1 400 Bad Request\r\n", "begins with byte 72"),
        ("\r\n", "an empty line"),
        (":1x\r\n", "an invalid number"),
        (":\r\n", "an invalid number"),
        ("$-2\r\n", "a text of -2 bytes"),
        ("$99999999999\r\n", "a text of 99999999999 bytes"),
        ("*99999999\r\n", "an array of 99999999 values"),
        ("$1\r\nxy\r\n", "does not end where its length says"),
        ("+OK\n", "does not end with CR LF"),
        (String(repeating: "*1\r\n", count: 10), "arrays in arrays"),
        (String(repeating: "+", count: 70_000), "a line longer than"),
    ]) func `refuses what is no RESP2, and says what it found`(_ text: String, _ found: String) {
        var reader = RESPReader()
        reader.receive(Array(text.utf8))
        for _ in 0..<2 {
            do throws(RESPError) {
                _ = try reader.next()
                Issue.record("no error")
            } catch { #expect(error.description.contains(found), "\(error)") }
        }
    }

    @Test func `what was read of a value is not read again with its next piece`() throws {
        var reader = RESPReader()
        reader.receive(Array("*2\r\n*6000\r\n".utf8))
        var most = 0
        for _ in 0..<3000 {
            for piece in [":1\r\n$4", "\r\nab", "cd\r\n"] {
                reader.receive(Array(piece.utf8))
                _ = try reader.next()
                most = max(most, reader.waiting)
            }
        }
        #expect(most <= 8, "bytes that are kept to be read again")
    }

    @Test func `spells a command of any bytes`() {
        #expect(
            RESPCommand.encode([Array("SET".utf8), [0, 13, 10, 255]]) == Array("*2\r\n$3\r\nSET\r\n$4\r\n".utf8) + [
                0, 13, 10, 255, 13, 10,
            ])
    }
}
