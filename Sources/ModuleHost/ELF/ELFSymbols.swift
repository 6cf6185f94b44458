/// The functions that a shared object offers to dlsym(3).
///
/// Sources: the System V ABI, edition 4.1, chapter 4 "Symbol Table" and chapter 5 "Hash Table"; for DT_GNU_HASH, which
/// has no standard, the layout that binutils and glibc agree on.
struct ELFSymbols {
    /// Bytes of the longest name that is kept. C++ has longer ones, and no entry point has.
    static let maximumName = 64
    private static let maximumCount: UInt64 = 1 << 20
    private static let what = "the dynamic symbol table"
    private static let hash = "the symbol hash table"

    private let reader: ByteReader
    private let segments: ELFSegments
    private let dynamic: ELFDynamic

    init(_ reader: ByteReader, _ segments: ELFSegments, _ dynamic: ELFDynamic) {
        self.reader = reader
        self.segments = segments
        self.dynamic = dynamic
    }

    func exportedFunctions() throws(ELFError) -> Set<String> {
        guard let address = dynamic.symbolTable else { return [] }
        let indices = try indices()
        guard !indices.isEmpty else { return [] }
        let table = try segments.offset(of: address, Self.what)
        try reader.range(at: table, count: indices.upperBound * 24, Self.what)
        var names: Set<String> = []
        for index in indices {
            if let name = try exportedFunction(at: table + index * 24) { names.insert(name) }
        }
        return names
    }

    /// The name of the symbol in a row, where it is a function that is defined here and seen from outside.
    private func exportedFunction(at row: UInt64) throws(ELFError) -> String? {
        let info = try reader.slice(at: row + 4, count: 2, Self.what)
        guard let kind = info.first, let visibility = info.last else { return nil }
        // STB_GLOBAL, STB_WEAK, STB_GNU_UNIQUE; STT_FUNC, STT_GNU_IFUNC; STV_DEFAULT, STV_PROTECTED.
        guard [1, 2, 10].contains(kind >> 4), [2, 10].contains(kind & 15), [0, 3].contains(visibility & 3) else {
            return nil
        }
        guard try reader.number(at: row + 6, size: 2, Self.what) != 0 else { return nil }
        let (name, overflow) = dynamic.strings.addingReportingOverflow(try reader.number(at: row, size: 4, Self.what))
        if overflow { throw .truncated("the dynamic string table") }
        return try reader.string(at: name, limit: Self.maximumName, "the dynamic string table")
    }

    /// The rows that the dynamic linker can find. It takes DT_GNU_HASH where both tables are there.
    private func indices() throws(ELFError) -> Range<UInt64> {
        let range =
            if let table = dynamic.gnuHashTable {
                try gnuIndices(try segments.offset(of: table, Self.hash))
            } else if let table = dynamic.hashTable { try plainIndices(try segments.offset(of: table, Self.hash)) } else
            { UInt64(0)..<0 }
        guard range.upperBound <= Self.maximumCount else { throw .absurd(Self.what) }
        return range
    }

    /// DT_HASH: its chain has as many rows as the symbol table.
    private func plainIndices(_ table: UInt64) throws(ELFError) -> Range<UInt64> {
        try reader.range(at: table, count: 8, Self.hash)
        return 0..<(try reader.number(at: table + 4, size: 4, Self.hash))
    }

    /// DT_GNU_HASH: the last symbol is the end of the chain of the highest bucket; bit 0 of a chain word marks an end.
    private func gnuIndices(_ table: UInt64) throws(ELFError) -> Range<UInt64> {
        try reader.range(at: table, count: 16, Self.hash)
        let count = try reader.number(at: table, size: 4, Self.hash)
        let first = try reader.number(at: table + 4, size: 4, Self.hash)
        let bloom = try reader.number(at: table + 8, size: 4, Self.hash)
        guard count <= Self.maximumCount, bloom <= Self.maximumCount, first <= Self.maximumCount else {
            throw .absurd(Self.hash)
        }
        let buckets = table + 16 + bloom * 8
        try reader.range(at: buckets, count: count * 4, Self.hash)
        var last: UInt64 = 0
        for index in 0..<count { last = max(last, try reader.number(at: buckets + index * 4, size: 4, Self.hash)) }
        guard last != 0 else { return first..<first }
        guard last >= first, last < Self.maximumCount else { throw .absurd(Self.hash) }
        let chains = buckets + count * 4
        while try reader.number(at: chains + (last - first) * 4, size: 4, Self.hash) & 1 == 0 {
            last += 1
            guard last < Self.maximumCount else { throw .absurd(Self.hash) }
        }
        return first..<last + 1
    }
}
