import CFFI

/// The parts of a 64-bit shared object that a loader must know before it runs any code of it.
///
/// Sources: the System V ABI, edition 4.1, chapters 4 and 5; elf(5).
struct ELFFile {
    /// `DT_NEEDED`, in order.
    private(set) var needed: [String] = []
    /// `DT_RUNPATH` and `DT_RPATH`, split at colons.
    private(set) var searchPaths: [String] = []
    /// Names of defined, global or weak functions and data in the dynamic symbol table.
    private(set) var exports: Set<String> = []
    /// The notes of an owner and type, in order.
    private var notes: [Note] = []

    struct Note {
        let owner: String
        let type: UInt32
        let content: ArraySlice<UInt8>
    }

    private struct Segment {
        let type: UInt32
        let offset, address, size: UInt64
    }

    private struct Section {
        let type: UInt32
        let offset, size, link: UInt64
    }

    private static let maximumHeaders: UInt64 = 4096
    private let reader: ByteReader

    /// - Throws: ``ELFError`` for anything but a shared object of this machine; never traps, whatever the bytes.
    init(_ bytes: [UInt8]) throws(ELFError) {
        guard bytes.count >= 16, bytes[0..<4].elementsEqual([0x7f, 0x45, 0x4c, 0x46]) else { throw .notELF }
        guard bytes[4] == 2 else { throw .wrongClass(bytes[4]) }
        guard bytes[5] == Self.hostByteOrder else { throw .wrongByteOrder(bytes[5]) }
        reader = ByteReader(bytes, bigEndian: bytes[5] == 2)
        let type = UInt16(try reader.number(at: 16, size: 2, "the file header"))
        let machine = UInt16(try reader.number(at: 18, size: 2, "the file header"))
        guard machine == cffi_machine() else { throw .wrongMachine(found: machine, expected: cffi_machine()) }
        guard type == 3 else { throw .notSharedObject(type) }
        let segments = try segments()
        try readDynamic(segments)
        let sections = try sections()
        try readSymbols(sections)
        try readNotes(segments, sections)
    }

    /// The content of the first note of an owner and type.
    func note(owner: String, type: UInt32) -> ArraySlice<UInt8>? {
        notes.first { $0.owner == owner && $0.type == type }?.content
    }

    private static var hostByteOrder: UInt8 { UInt16(1).littleEndian == 1 ? 1 : 2 }

    private func segments() throws(ELFError) -> [Segment] {
        let table = try reader.number(at: 32, size: 8, "the file header")
        let size = try reader.number(at: 54, size: 2, "the file header")
        let count = try reader.number(at: 56, size: 2, "the file header")
        guard size >= 56 || count == 0, count <= Self.maximumHeaders else { throw .absurd("the program header table") }
        _ = try reader.slice(at: table, count: count * size, "the program header table")
        var segments: [Segment] = []
        for index in 0..<count {
            let (row, overflow) = table.addingReportingOverflow(index * size)
            if overflow { throw .truncated("a program header") }
            segments.append(
                Segment(
                    type: UInt32(try reader.number(at: row, size: 4, "a program header")),
                    offset: try reader.number(at: row &+ 8, size: 8, "a program header"),
                    address: try reader.number(at: row &+ 16, size: 8, "a program header"),
                    size: try reader.number(at: row &+ 32, size: 8, "a program header")))
        }
        return segments
    }

    private func sections() throws(ELFError) -> [Section] {
        let table = try reader.number(at: 40, size: 8, "the file header")
        let size = try reader.number(at: 58, size: 2, "the file header")
        let count = try reader.number(at: 60, size: 2, "the file header")
        guard size >= 64 || count == 0, count <= Self.maximumHeaders else { throw .absurd("the section header table") }
        _ = try reader.slice(at: table, count: count * size, "the section header table")
        var sections: [Section] = []
        for index in 0..<count {
            let (row, overflow) = table.addingReportingOverflow(index * size)
            if overflow { throw .truncated("a section header") }
            sections.append(
                Section(
                    type: UInt32(try reader.number(at: row &+ 4, size: 4, "a section header")),
                    offset: try reader.number(at: row &+ 24, size: 8, "a section header"),
                    size: try reader.number(at: row &+ 32, size: 8, "a section header"),
                    link: try reader.number(at: row &+ 40, size: 4, "a section header")))
        }
        return sections
    }

    /// Reads PT_DYNAMIC: needed libraries and search paths.
    private mutating func readDynamic(_ segments: [Segment]) throws(ELFError) {
        guard let dynamic = segments.first(where: { $0.type == 2 }) else { throw .truncated("the dynamic section") }
        guard dynamic.size <= 1 << 20 else { throw .absurd("the dynamic section") }
        var neededAt: [UInt64] = []
        var pathsAt: [UInt64] = []
        var stringTable: UInt64?
        for index in 0..<dynamic.size / 16 {
            let (row, overflow) = dynamic.offset.addingReportingOverflow(index * 16)
            if overflow { throw .truncated("the dynamic section") }
            let tag = try reader.number(at: row, size: 8, "the dynamic section")
            let value = try reader.number(at: row &+ 8, size: 8, "the dynamic section")
            switch tag {
            case 0: break
            case 1: neededAt.append(value)
            case 5: stringTable = value
            case 15, 29: pathsAt.append(value)
            default: continue
            }
            if tag == 0 { break }
        }
        guard let stringTable, let strings = Self.fileOffset(of: stringTable, segments) else {
            throw .truncated("the dynamic string table")
        }
        for offset in neededAt { needed.append(try string(strings, offset)) }
        for offset in pathsAt {
            searchPaths += try string(strings, offset).split(separator: ":").map(String.init)
        }
    }

    private func string(_ table: UInt64, _ offset: UInt64) throws(ELFError) -> String {
        let (start, overflow) = table.addingReportingOverflow(offset)
        if overflow { throw .truncated("the dynamic string table") }
        return try reader.string(at: start, "the dynamic string table")
    }

    private static func fileOffset(of address: UInt64, _ segments: [Segment]) -> UInt64? {
        for segment in segments where segment.type == 1 && address >= segment.address {
            let distance = address - segment.address
            if distance < segment.size { return segment.offset.addingReportingOverflow(distance).partialValue }
        }
        return nil
    }

    /// Reads SHT_DYNSYM with its string table.
    private mutating func readSymbols(_ sections: [Section]) throws(ELFError) {
        guard let table = sections.first(where: { $0.type == 11 }) else { return }
        guard table.link < UInt64(sections.count) else { throw .truncated("the dynamic symbol table") }
        let strings = sections[Int(table.link)]
        guard table.size <= 64 << 20 else { throw .absurd("the dynamic symbol table") }
        for index in 0..<table.size / 24 {
            let (row, overflow) = table.offset.addingReportingOverflow(index * 24)
            if overflow { throw .truncated("the dynamic symbol table") }
            let info = try reader.slice(at: row &+ 4, count: 1, "the dynamic symbol table")
            let section = try reader.number(at: row &+ 6, size: 2, "the dynamic symbol table")
            let binding = (info.first ?? 0) >> 4
            guard section != 0, binding == 1 || binding == 2 else { continue }
            let name = try reader.number(at: row, size: 4, "the dynamic symbol table")
            exports.insert(try string(strings.offset, name))
        }
    }

    /// Reads PT_NOTE segments and SHT_NOTE sections: linkers differ in which they make.
    private mutating func readNotes(_ segments: [Segment], _ sections: [Section]) throws(ELFError) {
        for segment in segments where segment.type == 4 { try readNotes(at: segment.offset, size: segment.size) }
        for section in sections where section.type == 7 { try readNotes(at: section.offset, size: section.size) }
    }

    private mutating func readNotes(at start: UInt64, size: UInt64) throws(ELFError) {
        guard size <= 16 << 20 else { throw .absurd("a note") }
        _ = try reader.slice(at: start, count: size, "a note")
        var offset = start
        while offset + 12 <= start + size {
            let nameSize = try reader.number(at: offset, size: 4, "a note")
            let contentSize = try reader.number(at: offset + 4, size: 4, "a note")
            let type = UInt32(try reader.number(at: offset + 8, size: 4, "a note"))
            let content = offset + 12 + (nameSize + 3) / 4 * 4
            let name = try reader.slice(at: offset + 12, count: nameSize, "a note")
            let owner = String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
            notes.append(
                Note(owner: owner, type: type, content: try reader.slice(at: content, count: contentSize, "a note")))
            offset = content + (contentSize + 3) / 4 * 4
        }
    }
}
