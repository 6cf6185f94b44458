/// Reads a body in chunks (RFC 9112, section 7.1), and nothing that a reader would have to repair.
///
/// A pure value, as ``StrictRequestReader`` is: it is shown the same request again with more bytes at its end. A size is
/// one to eight hexadecimal digits, and at once behind it stands the end of the line or a semicolon; what extensions say
/// is passed over. Trailers have to be fields, and are passed over too: readers differ about whether they count.
struct ChunkReader: Sendable {
    /// Most bytes of what is not data: sizes, extensions and line ends.
    static let maximumFraming = 64 * 1024
    /// Most bytes of the line with the size of one chunk.
    static let maximumLine = 256

    private enum Stage {
        case size, data, dataEnd, trailers
    }

    /// Behind what has been read.
    private(set) var position = 0
    /// Where the data is.
    private(set) var data: [Range<Int>] = []
    private var stage = Stage.size
    private var scanned = 0
    /// How many bytes of data the chunk still lacks, those that there are included.
    private var length = 0
    private var total = 0
    private var framing = 0
    private var trailers = 0

    init(at start: Int = 0) {
        position = start
        scanned = start
    }

    /// Reads on; false: the body is not complete yet.
    mutating func read(
        _ bytes: Span<UInt8>, _ limits: StrictRequestReader.Limits
    ) throws(RequestRefusal) -> Bool {
        while true {
            switch stage {
            case .size:
                guard try readSize(bytes, limits.body) else { return false }
            case .data:
                guard bytes.count - position >= length else { return false }
                data.append(position..<position + length)
                advance(to: position + length, .dataEnd)
            case .dataEnd:
                guard try readDataEnd(bytes) else { return false }
            case .trailers:
                guard let end = try readTrailer(bytes, limits) else { return false }
                if end { return true }
            }
        }
    }

    private mutating func advance(to next: Int, _ stage: Stage) {
        position = next
        scanned = next
        self.stage = stage
    }

    private mutating func readSize(_ bytes: Span<UInt8>, _ limit: Int) throws(RequestRefusal) -> Bool {
        let end = try RequestGrammar.lineEnd(bytes, from: &scanned, of: "line of a chunk's size")
        if (end ?? scanned) - position > Self.maximumLine { throw .bad("the line of a chunk's size is too long") }
        guard let end else { return false }
        length = try Self.size(bytes, position..<end)
        framing += end + 4 - position
        if framing > Self.maximumFraming { throw RequestRefusal(413, "the body has too many chunks") }
        total += length
        if total > limit { throw .tooLong(limit) }
        advance(to: end + 2, length == 0 ? .trailers : .data)
        return true
    }

    private static func size(_ bytes: Span<UInt8>, _ line: Range<Int>) throws(RequestRefusal) -> Int {
        var size = 0
        var index = line.lowerBound
        while index < line.upperBound, let digit = RequestGrammar.hexadecimalValue(bytes[index]) {
            if index - line.lowerBound == 8 { throw .bad("the size of a chunk has more than eight digits") }
            size = size << 4 | Int(digit)
            index += 1
        }
        guard index > line.lowerBound, index == line.upperBound || bytes[index] == UInt8(ascii: ";") else {
            throw .bad("the size of a chunk is not a hexadecimal number")
        }
        // Only what every reader passes over may be passed over: an extension has a name (section 7.1.1).
        guard index == line.upperBound || index + 1 < line.upperBound && RequestGrammar.isToken[Int(bytes[index + 1])]
        else { throw .bad("the extension of a chunk has no name") }
        return size
    }

    private mutating func readDataEnd(_ bytes: Span<UInt8>) throws(RequestRefusal) -> Bool {
        guard position < bytes.count else { return false }
        guard bytes[position] == RequestGrammar.carriageReturn else { throw .bad("a chunk is longer than its size") }
        guard position + 1 < bytes.count else { return false }
        guard bytes[position + 1] == RequestGrammar.lineFeed else { throw .bad("a chunk is longer than its size") }
        advance(to: position + 2, .size)
        return true
    }

    /// Reads one line; true for the empty one that ends the body, nil where the line is not complete.
    private mutating func readTrailer(
        _ bytes: Span<UInt8>, _ limits: StrictRequestReader.Limits
    ) throws(RequestRefusal) -> Bool? {
        let end = try RequestGrammar.lineEnd(bytes, from: &scanned, of: "trailer section")
        if framing + scanned - position > Self.maximumFraming || scanned - position > limits.fieldSection {
            throw RequestRefusal(431, "the trailer section is too large")
        }
        guard let end else { return nil }
        let line = position..<end
        framing += scanned - position
        position = scanned
        if line.isEmpty { return true }
        trailers += 1
        if trailers > limits.fields { throw RequestRefusal(431, "there are too many trailers") }
        let field = try StrictRequestReader.split(bytes, line)
        // They would say something else about where the body ends (RFC 9110, section 6.5.1).
        if Framing.describesBody(bytes, field.name) { throw .bad("a trailer is about the framing of the body") }
        return false
    }
}
