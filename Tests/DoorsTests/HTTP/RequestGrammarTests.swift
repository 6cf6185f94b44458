import Testing

@testable import DoorProtocols

@Suite struct RequestGrammarTests {
    /// What the reader says of a line, looked at byte by byte: where its CR is, nil for none yet, and why it is refused.
    private enum Found: Equatable {
        case end(Int), more(from: Int), refused(String)
    }

    private func read(_ bytes: [UInt8]) -> Found {
        var start = 0
        do throws(RequestRefusal) {
            guard let end = try RequestGrammar.lineEnd(bytes.span, from: &start, of: "head") else {
                return .more(from: start)
            }
            return start == end + 2 ? .end(end) : .refused("the next line begins at \(start)")
        } catch {
            return .refused(error.detail)
        }
    }

    private func expected(_ bytes: [UInt8]) -> Found {
        for (index, byte) in bytes.enumerated() {
            switch byte {
            case 0x0D where index + 1 == bytes.count: return .more(from: index)
            case 0x0D: return bytes[index + 1] == 0x0A ? .end(index) : .refused("a CR stands alone")
            case 0x0A: return .refused("a line ends without CR")
            case 0x09, 0x20...0x7E, 0x80...: continue
            default: return .refused("the head holds a control")
            }
        }
        return .more(from: bytes.count)
    }

    @Test func `finds the end of a line, and every control before it, wherever they stand`() {
        for length in 0...18 {
            for place in 0..<max(length, 1) where place < length {
                for byte in UInt8.min...UInt8.max {
                    var line = [UInt8](repeating: UInt8(ascii: "a"), count: length)
                    line[place] = byte
                    for bytes in [line, line + [0x0D, 0x0A]] where read(bytes) != expected(bytes) {
                        Issue.record("\(byte) at \(place) of \(length): \(read(bytes))")
                    }
                }
            }
        }
    }

    @Test func `is not misled by bytes beside one another`() {
        for one in [0x00, 0x1F, 0x20, 0x7E, 0x7F, 0x80, 0x9F, 0xFF] as [UInt8] {
            for other in UInt8.min...UInt8.max {
                let line = [0x41, one, other, other, one, 0x80, 0x41, 0x41, 0x0D, 0x0A]
                if read(line) != expected(line) { Issue.record("\(one) and \(other): \(read(line))") }
            }
        }
    }
}
