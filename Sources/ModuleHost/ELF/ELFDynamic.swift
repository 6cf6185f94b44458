/// The segments of a shared object, and where in the file the bytes of an address are.
struct ELFSegments {
    struct Row {
        let type: UInt32
        let flags: UInt32
        let offset, address, size: UInt64
        /// Bytes in memory, at least ``size`` for a segment that is loaded.
        let memorySize: UInt64
    }

    let rows: [Row]
    private static let page: UInt64 = 4096
    private static let maximumSpan: UInt64 = 1 << 32

    /// Takes the rows of a file of `fileSize` bytes that the dynamic linker could map.
    ///
    /// - Throws: ``ELFError`` for segments outside of the file, or that lie over each other in memory.
    init(_ rows: [Row], fileSize: UInt64) throws(ELFError) {
        self.rows = rows
        var end: UInt64 = 0
        for row in rows where row.type == 1 {
            let (last, overflow) = row.address.addingReportingOverflow(max(row.memorySize, row.size))
            let (inFile, outside) = row.offset.addingReportingOverflow(row.size)
            if outside || inFile > fileSize { throw .truncated("a segment") }
            if overflow || last > Self.maximumSpan { throw .absurd("the memory of a segment") }
            guard row.memorySize >= row.size else {
                throw .contradictory("a segment has \(row.size) bytes in the file and \(row.memorySize) in memory")
            }
            guard row.address % Self.page == row.offset % Self.page, row.address >= end else {
                throw .contradictory("its segments are not in order, or not at the places of pages")
            }
            end = last
        }
        guard rows.count(where: { $0.type == 2 }) == 1 else {
            throw .contradictory("it has \(rows.count(where: { $0.type == 2 })) dynamic sections; one is accepted")
        }
    }

    /// Whether the stacks of the process would become executable: a header that says so, or none at all (PT_GNU_STACK, PF_X).
    var wantExecutableStack: Bool { rows.first { $0.type == 0x6474_e551 }.map { $0.flags & 1 != 0 } ?? true }

    /// - Throws: ``ELFError/truncated(_:)`` for an address that no loaded segment takes from the file.
    func offset(of address: UInt64, _ what: String) throws(ELFError) -> UInt64 {
        for row in rows where row.type == 1 && address >= row.address && address - row.address < row.size {
            let (offset, overflow) = row.offset.addingReportingOverflow(address - row.address)
            if !overflow { return offset }
        }
        throw .truncated(what)
    }
}

/// What PT_DYNAMIC says to the dynamic linker.
struct ELFDynamic {
    /// `DT_NEEDED`, in order.
    private(set) var needed: [String] = []
    /// `DT_RUNPATH` and `DT_RPATH`, split at colons.
    private(set) var searchPaths: [String] = []
    /// `DT_FILTER` and `DT_AUXILIARY`, whose libraries are loaded too.
    private(set) var filtered: [String] = []
    /// File offset of `DT_STRTAB`.
    let strings: UInt64
    /// Whether the dynamic linker has to write into code (`DT_TEXTREL`, `DF_TEXTREL`).
    let hasTextRelocations: Bool
    /// Whether it asks for stacks that can be executed.
    let wantsExecutableStack: Bool
    /// Addresses, nil where the tag is not there.
    private(set) var symbolTable, hashTable, gnuHashTable: UInt64?

    private static let what = "the dynamic section"
    private static let maximumRows: UInt64 = 4096
    private static let maximumPath = 4096
    private static let maximumPaths = 16

    init(_ reader: ByteReader, _ segments: ELFSegments) throws(ELFError) {
        guard let segment = segments.rows.first(where: { $0.type == 2 }) else { throw .truncated(Self.what) }
        guard segment.size / 16 <= Self.maximumRows else { throw .absurd(Self.what) }
        let rows = try Self.rows(reader, try segments.offset(of: segment.address, Self.what), segment.size / 16)
        guard let table = rows.last(where: { $0.tag == 5 }) else { throw .truncated("the dynamic string table") }
        strings = try segments.offset(of: table.value, "the dynamic string table")
        wantsExecutableStack = segments.wantExecutableStack
        hasTextRelocations = rows.contains { $0.tag == 22 || $0.tag == 30 && $0.value & 4 != 0 }
        symbolTable = rows.last { $0.tag == 6 }?.value
        hashTable = rows.last { $0.tag == 4 }?.value
        gnuHashTable = rows.last { $0.tag == 0x6fff_fef5 }?.value
        for row in rows where row.tag == 1 { needed.append(try string(reader, row.value)) }
        for row in rows where row.tag == 0x7fff_fffd || row.tag == 0x7fff_ffff {
            filtered.append(try string(reader, row.value))
        }
        // A linker writes one; of several, the dynamic linker takes one, and all are checked.
        let paths = rows.filter { $0.tag == 15 || $0.tag == 29 }
        guard paths.count <= Self.maximumPaths else { throw .absurd("the number of search paths") }
        for row in paths {
            // An empty one means the working directory, unless there is nothing else.
            let text = try string(reader, row.value)
            if text.isEmpty { continue }
            searchPaths += text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        }
    }

    /// Reads up to DT_NULL, which must be there: the dynamic linker reads on until it finds one.
    private static func rows(
        _ reader: ByteReader, _ start: UInt64, _ count: UInt64
    ) throws(ELFError) -> [(tag: UInt64, value: UInt64)] {
        try reader.range(at: start, count: count * 16, what)
        var rows: [(tag: UInt64, value: UInt64)] = []
        for index in 0..<count {
            let tag = try reader.number(at: start + index * 16, size: 8, what)
            if tag == 0 { return rows }
            rows.append((tag, try reader.number(at: start + index * 16 + 8, size: 8, what)))
        }
        throw .truncated("the end of the dynamic section")
    }

    private func string(_ reader: ByteReader, _ offset: UInt64) throws(ELFError) -> String {
        let (start, overflow) = strings.addingReportingOverflow(offset)
        if overflow { throw .truncated("the dynamic string table") }
        let text = try reader.string(at: start, limit: Self.maximumPath, "the dynamic string table")
        guard let text else { throw .absurd("a name in the dynamic section") }
        return text
    }
}
