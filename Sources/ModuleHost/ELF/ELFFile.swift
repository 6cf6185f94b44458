import CFFI

/// The parts of a 64-bit shared object that a loader must know before it runs any code of it.
///
/// What the dynamic linker goes by is read where it looks: by address, through the loaded segments. Section headers,
/// which it never sees and which may be stripped, are used for notes alone. Every table and name has an upper bound, so
/// that rows which share their bytes cannot use up the memory.
///
/// Sources: the System V ABI, edition 4.1, chapters 4 and 5; elf(5).
struct ELFFile {
    /// `DT_NEEDED`, in order.
    private(set) var needed: [String] = []
    /// `DT_RUNPATH` and `DT_RPATH`, split at colons.
    private(set) var searchPaths: [String] = []
    /// `DT_FILTER` and `DT_AUXILIARY`, in order.
    private(set) var filtered: [String] = []
    /// Names of defined, visible functions that dlsym(3) finds, of at most ``ELFSymbols/maximumName`` bytes.
    /// Never data: to call it would end the process.
    private(set) var exports: Set<String> = []
    /// Whether it asks for stacks that can be executed.
    private(set) var wantsExecutableStack = false
    /// Whether the dynamic linker has to write into its code.
    private(set) var hasTextRelocations = false
    private var notes: [Note] = []

    private struct Note {
        let owner: String
        let type: UInt32
        let content: ArraySlice<UInt8>
    }

    private struct Section {
        let type: UInt32
        let offset, size: UInt64
    }

    private static let maximumHeaders: UInt64 = 4096
    private static let maximumNotes = 16_384
    private let reader: ByteReader

    /// - Throws: ``ELFError`` for anything but a shared object of this machine; never traps, whatever the bytes.
    init(_ bytes: [UInt8]) throws(ELFError) { try self.init(.memory(bytes)) }

    /// The same of bytes wherever they are.
    init(_ source: ByteSource) throws(ELFError) {
        reader = try Self.reader(source)
        let segments = try ELFSegments(segments(), fileSize: UInt64(source.count))
        let dynamic = try ELFDynamic(reader, segments)
        needed = dynamic.needed
        searchPaths = dynamic.searchPaths
        filtered = dynamic.filtered
        wantsExecutableStack = dynamic.wantsExecutableStack
        hasTextRelocations = dynamic.hasTextRelocations
        exports = try ELFSymbols(reader, segments, dynamic).exportedFunctions()
        try readNotes(segments, sections())
    }

    private init(unread source: ByteSource) throws(ELFError) { reader = try Self.reader(source) }

    /// What a library says to the dynamic linker, and nothing else of it; nil for a file of another machine's.
    static func dynamic(_ source: ByteSource) throws(ELFError) -> ELFDynamic? {
        let file: ELFFile
        do throws(ELFError) {
            file = try ELFFile(unread: source)
        } catch {
            switch error {
            case .wrongClass, .wrongMachine, .wrongByteOrder, .notELF: return nil
            default: throw error
            }
        }
        return try ELFDynamic(file.reader, ELFSegments(file.segments(), fileSize: UInt64(source.count)))
    }

    private static func reader(_ source: ByteSource) throws(ELFError) -> ByteReader {
        guard source.count >= 16, let bytes = source.slice(0..<16), bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46]) else {
            throw .notELF
        }
        guard bytes[4] == 2 else { throw .wrongClass(bytes[4]) }
        guard bytes[5] == Self.hostByteOrder else { throw .wrongByteOrder(bytes[5]) }
        let reader = ByteReader(source, bigEndian: bytes[5] == 2)
        let type = UInt16(try reader.number(at: 16, size: 2, "the file header"))
        let machine = UInt16(try reader.number(at: 18, size: 2, "the file header"))
        guard machine == cffi_machine() else { throw .wrongMachine(found: machine, expected: cffi_machine()) }
        guard type == 3 else { throw .notSharedObject(type) }
        return reader
    }

    /// The content of the first note of an owner and type.
    func note(owner: String, type: UInt32) -> ArraySlice<UInt8>? {
        notes.first { $0.owner == owner && $0.type == type }?.content
    }

    /// Whether notes of one owner and type contradict each other: readers would take one or the other.
    func contradicts(owner: String, type: UInt32) -> Bool {
        let contents = notes.filter { $0.owner == owner && $0.type == type }.map(\.content)
        return contents.contains { $0 != contents[0] }
    }

    private static var hostByteOrder: UInt8 { UInt16(1).littleEndian == 1 ? 1 : 2 }

    private func segments() throws(ELFError) -> [ELFSegments.Row] {
        var segments: [ELFSegments.Row] = []
        for row in try headers(table: 32, size: 54, minimum: 56, "program header") {
            segments.append(
                ELFSegments.Row(
                    type: UInt32(try reader.number(at: row, size: 4, "a program header")),
                    flags: UInt32(try reader.number(at: row + 4, size: 4, "a program header")),
                    offset: try reader.number(at: row + 8, size: 8, "a program header"),
                    address: try reader.number(at: row + 16, size: 8, "a program header"),
                    size: try reader.number(at: row + 32, size: 8, "a program header"),
                    memorySize: try reader.number(at: row + 40, size: 8, "a program header")))
        }
        return segments
    }

    private func sections() throws(ELFError) -> [Section] {
        var sections: [Section] = []
        for row in try headers(table: 40, size: 58, minimum: 64, "section header") {
            sections.append(
                Section(
                    type: UInt32(try reader.number(at: row + 4, size: 4, "a section header")),
                    offset: try reader.number(at: row + 24, size: 8, "a section header"),
                    size: try reader.number(at: row + 32, size: 8, "a section header")))
        }
        return sections
    }

    /// The offsets of the rows of a header table; every row lies in the file.
    ///
    /// - Parameters:
    ///   - table: where the file header says the table's offset; its row size is at `size`, its row count behind that.
    ///   - minimum: bytes that a row has at least.
    private func headers(
        table: UInt64, size: UInt64, minimum: UInt64, _ what: String
    ) throws(ELFError) -> StrideTo<UInt64> {
        let start = try reader.number(at: table, size: 8, "the file header")
        let rowSize = try reader.number(at: size, size: 2, "the file header")
        let count = try reader.number(at: size + 2, size: 2, "the file header")
        guard rowSize >= minimum || count == 0, count <= Self.maximumHeaders else { throw .absurd("the \(what) table") }
        try reader.range(at: start, count: count * rowSize, "the \(what) table")
        return stride(from: start, to: start + count * rowSize, by: max(Int(rowSize), 1))
    }

    /// Reads PT_NOTE segments and SHT_NOTE sections: linkers differ in which they make.
    private mutating func readNotes(_ segments: ELFSegments, _ sections: [Section]) throws(ELFError) {
        for segment in segments.rows where segment.type == 4 { try readNotes(at: segment.offset, segment.size) }
        for section in sections where section.type == 7 { try readNotes(at: section.offset, section.size) }
    }

    private mutating func readNotes(at start: UInt64, _ size: UInt64) throws(ELFError) {
        guard size <= 16 << 20 else { throw .absurd("a note") }
        try reader.range(at: start, count: size, "a note")
        var offset = start
        while offset + 12 <= start + size {
            guard notes.count < Self.maximumNotes else { throw .absurd("the number of notes") }
            let nameSize = try reader.number(at: offset, size: 4, "a note")
            guard nameSize <= 256 else { throw .absurd("the owner of a note") }
            let contentSize = try reader.number(at: offset + 4, size: 4, "a note")
            let type = UInt32(try reader.number(at: offset + 8, size: 4, "a note"))
            let content = offset + 12 + (nameSize + 3) / 4 * 4
            guard content + contentSize <= start + size else { throw .truncated("a note") }
            let name = try reader.slice(at: offset + 12, count: nameSize, "a note")
            let owner = String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
            notes.append(
                Note(owner: owner, type: type, content: try reader.slice(at: content, count: contentSize, "a note")))
            offset = content + (contentSize + 3) / 4 * 4
        }
    }
}
