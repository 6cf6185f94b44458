import CLibXML2

/// Hands bytes to a push parser in pieces so small that nothing is parsed before its size is known.
///
/// NOTE: libxml2 compares each attribute of a start tag with all before it, so that 300,000 of them cost most of a minute.
/// It waits for the end of a start tag before it reads the attributes; what it holds meanwhile is looked at here.
struct PushParser {
    /// The longest start tag that is sure to be read, its attributes included, in bytes of UTF-8.
    static let longestTag = 65_536
    /// A start tag that is too long is read up to this many bytes further at most.
    private static let pieceSize = 8_192

    let context: xmlParserCtxtPtr

    /// What came of the bytes.
    enum Outcome: Equatable {
        case going
        /// libxml2 has stopped, with this error.
        case stopped(Int32)
        /// A start tag is longer than ``longestTag``, at this line and column.
        case tooLong(line: Int, column: Int)
    }

    /// Takes the next bytes; none are the end of the file.
    func feed(_ bytes: UnsafeRawBufferPointer) -> Outcome {
        var rest = bytes.bindMemory(to: CChar.self)[...]
        repeat {
            let piece = UnsafeBufferPointer(rebasing: rest.prefix(Self.pieceSize))
            rest = rest.dropFirst(Self.pieceSize)
            let code = xmlParseChunk(context, piece.baseAddress, Int32(piece.count), bytes.isEmpty ? 1 : 0)
            if code != 0 { return .stopped(code) }
            if let place = longTag {
                xmlStopParser(context)
                return .tooLong(line: place.line, column: place.column)
            }
        } while !rest.isEmpty
        return .going
    }

    /// Where the start tag stands that the parser holds and that is too long already.
    private var longTag: (line: Int, column: Int)? {
        guard let input = context.pointee.input, let now = input.pointee.cur, let end = input.pointee.end,
            end - now > Self.longestTag, now[0] == UInt8(ascii: "<"),
            ![UInt8(ascii: "!"), UInt8(ascii: "?")].contains(now[1])
        else { return nil }
        return (Int(input.pointee.line), Int(input.pointee.col))
    }
}
