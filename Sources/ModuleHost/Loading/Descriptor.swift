import CAuthModule
import CFFI

/// Reads and checks the descriptor of a mapped module. Nothing of it is trusted before it was checked.
struct DescriptorReader {
    /// The highest generation this host speaks, and the revision of its draft.
    static let generation: UInt32 = 9
    static let draft = UInt32(AUTH_DRAFT)
    private static let generations: [UInt32] = [6, 7, 9]
    private static let maximumRows: UInt32 = 256

    let module: String
    private let descriptor: auth_module_t

    /// Calls `auth_module`, which returns static data, and checks what comes back.
    init(module: String, function: @escaping cffi_function) throws(ModuleError) {
        self.module = module
        guard
            let call = CallInterface(
                signature: "p(uu)", function: function, module: Self.stem(of: module), entry: "auth_module")
        else {
            throw ModuleError(.linkFailed, module, "libffi cannot prepare a call of `auth_module`")
        }
        let address = call(UInt64(Self.generation), UInt64(MemoryLayout<auth_module_t>.size))
        guard let pointer = UnsafeRawPointer(bitPattern: Int(address)) else {
            throw ModuleError(
                .nullDescriptor, module,
                "`auth_module` returned no descriptor to a host of generation \(Self.generation)")
        }
        // SAFETY: the ABI says that `auth_module` returns static data; the first two words are read before the rest is.
        let magic = pointer.load(as: UInt32.self)
        let size = pointer.load(fromByteOffset: 4, as: UInt32.self)
        guard magic == AUTH_MAGIC else {
            throw ModuleError(
                .wrongMagic, module,
                "its descriptor starts with \(Self.hex(magic)); \(Self.hex(AUTH_MAGIC)) is accepted")
        }
        guard size >= UInt32(Self.firstSize) else {
            throw ModuleError(
                .truncatedDescriptor, module,
                "its descriptor says it has \(size) bytes; at least \(Self.firstSize) are accepted")
        }
        descriptor = Self.copy(pointer, Int(size), auth_module_t())
    }

    /// What each record has had from the start; members behind it are read where the record's size covers them.
    private static let firstSize = MemoryLayout<auth_module_t>.offset(of: \.options)! + 8
    private static let firstEntrySize = MemoryLayout<auth_entry_t>.offset(of: \.function)! + 8
    private static let firstOptionSize = MemoryLayout<auth_option_t>.offset(of: \.help)! + 8

    /// Copies as much of a record as the module has; the rest stays zero.
    private static func copy<Record>(_ start: UnsafeRawPointer, _ size: Int, _ empty: Record) -> Record {
        var record = empty
        // SAFETY: the record is `size` bytes long, which the caller has checked to be at least its first size.
        withUnsafeMutableBytes(of: &record) {
            $0.copyMemory(from: UnsafeRawBufferPointer(start: start, count: min(size, $0.count)))
        }
        return record
    }

    /// A short name for a module that has not said its own: its file's, without `lib` and `.so`.
    static func stem(of path: String) -> String {
        var stem = String(path.split(separator: "/").last ?? "module")
        if stem.hasSuffix(".so") { stem.removeLast(3) }
        if stem.hasPrefix("lib") { stem.removeFirst(3) }
        return stem
    }

    func identity() throws(ModuleError) -> ModuleIdentity {
        guard Self.generations.contains(descriptor.generation) else {
            throw ModuleError(
                .unknownGeneration, module,
                "it is of generation \(descriptor.generation); this host speaks 6, 7 and 9")
        }
        guard descriptor.generation != 9 || descriptor.draft == Self.draft else {
            throw ModuleError(
                .otherDraft, module,
                "it was built for draft \(descriptor.draft) of generation 9; this host speaks draft \(Self.draft): build it again"
            )
        }
        try refuseReserved(descriptor.reserved, "auth_module_t.reserved")
        guard let name = text(descriptor.name, 64), let version = text(descriptor.version, 64),
            name.utf8.allSatisfy(Self.isNameByte), !name.isEmpty, !version.isEmpty
        else {
            throw ModuleError(
                .badIdentity, module,
                "its name or version is not one; 1 to 64 of a-z 0-9 _ -, and 1 to 64 characters are accepted")
        }
        let declared = ModuleDeclaration(descriptor.threads, generation: descriptor.generation)
        guard declared.unknown == 0 else {
            throw ModuleError(
                .reservedMember, module,
                "its auth_module_t.threads declares \(Self.hex(declared.unknown)), which has no meaning; AUTH_SERIAL (0), "
                    + "AUTH_ANY_THREAD (1) or AUTH_BLOCKING (2) are accepted, in generation 9 with AUTH_OPEN_READS (0x100), "
                    + "AUTH_NAMES_USER (0x200) and AUTH_READS_ATTRIBUTES (0x400)")
        }
        return ModuleIdentity(name: name, version: version, generation: descriptor.generation, declared)
    }

    /// Agrees on a version of every entry point and prepares its call.
    func entries() throws(ModuleError) -> EntryTable {
        let said = text(descriptor.name, 64) ?? Self.stem(of: module)
        var seen = Set<String>()
        var table = EntryTable()
        for entry in try rawEntries() {
            let name = text(entry.name, 64) ?? ""
            guard seen.insert("\(name)/\(entry.version)").inserted else {
                throw ModuleError(.duplicateEntry, module, "it lists `\(name)` version \(entry.version) twice")
            }
            var (point, bound) = try EntryBinder(module: module, name: said).bind(
                name, entry.version, text(entry.signature, 32) ?? "", entry.function)
            bound.threads = try threads(of: entry, name)
            if table[point].map({ $0.version < bound.version }) ?? true { table.add(point, bound) }
        }
        try table.validate(generation: descriptor.generation, module: module)
        return table
    }

    /// The rows of the entry table as they stand there, to be compared with the note.
    func entryRows() throws(ModuleError) -> [ModuleInspection.Entry] {
        try rawEntries().map { entry in
            ModuleInspection.Entry(
                name: text(entry.name, 64) ?? "", version: entry.version, signature: text(entry.signature, 32) ?? "",
                threads: entry.threads)
        }
    }

    /// Where an entry is called that differs from its module; nil for one that does not.
    private func threads(of entry: auth_entry_t, _ name: String) throws(ModuleError) -> ModuleIdentity.Threads? {
        guard entry.threads != 0 else { return nil }
        let isSerial = descriptor.threads & ModuleDeclaration.threadMask == AUTH_SERIAL
        guard descriptor.generation == 9, !isSerial, let threads = ModuleIdentity.Threads(rawValue: entry.threads)
        else {
            throw ModuleError(
                .reservedMember, module,
                "its auth_entry_t.threads of `\(name)` is \(entry.threads); 0 is accepted, and in a module of generation 9 "
                    + "that is not AUTH_SERIAL also AUTH_ANY_THREAD (1) and AUTH_BLOCKING (2)")
        }
        return threads
    }

    private func rawEntries() throws(ModuleError) -> [auth_entry_t] {
        let entries = try rows(
            descriptor.entry_count, descriptor.entry_size, UnsafeRawPointer(descriptor.entries),
            Self.firstEntrySize, "entry table", .truncatedDescriptor
        ).map { Self.copy($0, Int(descriptor.entry_size), auth_entry_t()) }
        for entry in entries {
            try refuseReserved(entry.reserved2, "auth_entry_t.reserved2 of `\(text(entry.name, 64) ?? "")`")
            try refuseReserved(entry.reserved, "auth_entry_t.reserved of `\(text(entry.name, 64) ?? "")`")
        }
        return entries
    }

    /// Refuses a member that has no meaning yet and is set: a later revision may give it one.
    private func refuseReserved(_ value: UInt32, _ member: String) throws(ModuleError) {
        guard value != 0 else { return }
        throw ModuleError(.reservedMember, module, "its \(member) is \(value); 0 is accepted")
    }

    func options() throws(ModuleError) -> [ModuleOption] {
        let rows = try rows(
            descriptor.option_count, descriptor.option_size, UnsafeRawPointer(descriptor.options),
            Self.firstOptionSize, "option table", .badOptionTable)
        var options: [ModuleOption] = []
        for row in rows {
            let option = Self.copy(row, Int(descriptor.option_size), auth_option_t())
            guard let name = text(option.name, 64), !name.isEmpty, let kind = ModuleOption.Kind(rawValue: option.type),
                let help = text(option.help, 512), !options.contains(where: { $0.name == name })
            else {
                throw ModuleError(
                    .badOptionTable, module,
                    "row \(options.count + 1) of its option table has no name, type 1 to 8 and help, or repeats a name")
            }
            try refuseReserved(option.reserved, "auth_option_t.reserved of `\(name)`")
            let said = option.default_value == nil ? nil : text(option.default_value, 4096)
            let value = said == AUTH_REQUIRED ? nil : said
            options.append(ModuleOption(name: name, kind: kind, defaultValue: value, help: help))
        }
        return options
    }

    /// The addresses of a table's rows. A row may be larger than ours: its later members are not read.
    private func rows(
        _ count: UInt32, _ size: UInt32, _ start: UnsafeRawPointer?, _ ours: Int, _ what: String,
        _ code: ModuleError.Code
    ) throws(ModuleError) -> [UnsafeRawPointer] {
        if count == 0 { return [] }
        guard count <= Self.maximumRows, Int(size) >= ours, size % 8 == 0, let start else {
            throw ModuleError(
                code, module,
                "its \(what) has \(count) rows of \(size) bytes at \(start == nil ? "no address" : "an address"); "
                    + "at most \(Self.maximumRows) rows of at least \(ours) are accepted")
        }
        return (0..<Int(count)).map { start + $0 * Int(size) }
    }

    /// Copies a NUL-terminated string of the descriptor; nil for none, for one that is too long, or not UTF-8.
    private func text(_ pointer: UnsafePointer<CChar>?, _ limit: Int) -> String? {
        guard let pointer else { return nil }
        // SAFETY: strings of the descriptor are static and NUL-terminated; at most `limit` + 1 bytes are looked at.
        var bytes: [UInt8] = []
        while pointer[bytes.count] != 0 {
            if bytes.count == limit { return nil }
            bytes.append(UInt8(bitPattern: pointer[bytes.count]))
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"),
            UInt8(ascii: "-"):
            true
        default: false
        }
    }

    private static func hex(_ value: UInt32) -> String { "0x" + String(value, radix: 16) }
}

/// Agrees on one row of an entry table.
struct EntryBinder {
    /// The module as it was asked for.
    let module: String
    /// What it is called in the line of a crash.
    let name: String

    func bind(
        _ entry: String, _ version: UInt32, _ signature: String, _ function: cffi_function?
    ) throws(ModuleError) -> (EntryPoint, BoundEntry) {
        guard let point = EntryPoint(rawValue: entry) else {
            throw ModuleError(
                .unknownEntry, module,
                "it lists the entry point `\(entry)`, which this host does not have; it has "
                    + EntryPoint.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", "))
        }
        guard let expected = point.signatures[version] else {
            let known = point.signatures.keys.sorted().map(String.init).joined(separator: ", ")
            throw ModuleError(
                .unknownVersion, module,
                "it lists version \(version) of `\(entry)`; this host speaks \(known)")
        }
        guard signature == expected else {
            throw ModuleError(
                .wrongSignature, module,
                "its `\(entry)` version \(version) has the signature `\(signature)`; `\(expected)` is accepted")
        }
        guard let function else {
            throw ModuleError(.missingFunction, module, "its `\(entry)` version \(version) has no function")
        }
        guard let call = CallInterface(signature: expected, function: function, module: name, entry: entry)
        else {
            throw ModuleError(.wrongSignature, module, "libffi cannot prepare a call of `\(entry)`, `\(expected)`")
        }
        return (point, BoundEntry(version: version, call: call))
    }
}
