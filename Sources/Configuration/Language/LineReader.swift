/// Cuts a file into lines of Unicode scalars; a final CR belongs to the line's end.
struct LineReader {
    /// The longest line, in bytes.
    static let lineLimit = 1 << 20

    private let bytes: [UInt8]
    private let file: String
    private var index: Int
    private(set) var line = 0

    init(_ bytes: [UInt8], file: String) {
        self.bytes = bytes
        self.file = file
        // NOTE: editors of another system put a byte order mark first; it carries nothing here.
        index = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    /// Returns the words of the next line, nil at the end of the file.
    ///
    /// Throws: when the line is not UTF-8 or cannot be split; the next call goes on with the line after it.
    mutating func next() throws(LexerError) -> [RawWord]? {
        guard index < bytes.count else { return nil }
        line += 1
        let end = bytes[index...].firstIndex(of: 0x0A) ?? bytes.count
        let content = bytes[index..<end]
        index = end + 1
        guard content.count <= Self.lineLimit else {
            let position = SourcePosition(file: file, line: line, column: 1)
            throw LexerError(at: position, "the line is too long: at most \(Self.lineLimit) bytes")
        }
        let scalars = try decode(content.last == 0x0D ? content.dropLast() : content)
        var lexer = Lexer(scalars, file: file, line: line)
        return try lexer.words()
    }

    private func decode(_ content: ArraySlice<UInt8>) throws(LexerError) -> [Unicode.Scalar] {
        var scalars: [Unicode.Scalar] = []
        scalars.reserveCapacity(content.count)
        var iterator = content.makeIterator()
        var decoder = UTF8()
        while true {
            switch decoder.decode(&iterator) {
            case .scalarValue(let scalar): scalars.append(scalar)
            case .emptyInput: return scalars
            case .error:
                let position = SourcePosition(file: file, line: line, column: scalars.count + 1)
                throw LexerError(at: position, "the file is not UTF-8 here")
            }
        }
    }
}
