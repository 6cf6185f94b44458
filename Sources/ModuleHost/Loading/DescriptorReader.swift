import CAuthModule
import CFFI

/// Reads and checks the descriptor of a mapped module. Nothing of it is trusted before it was checked.
struct DescriptorReader {
    private static let maximumRows: UInt32 = 256

    let module: String
    private let descriptor: auth_module_t

    /// Calls `auth_module`, which returns static data, and checks what comes back.
    init(module: String, function: @escaping cffi_function) throws(ModuleError) {
        self.module = module
        guard
            let call = CallInterface(
                signature: "p(uu)", function: function, module: Self.stem(of: module), entry: "auth_module",
                generation: 0)
        else {
            throw ModuleError(.linkFailed, module, "libffi cannot prepare a call of `auth_module`")
        }
        let address = call(UInt64(DeclarationRules.generation), UInt64(MemoryLayout<auth_module_t>.size))
        guard let pointer = UnsafeRawPointer(bitPattern: Int(address)) else {
            throw ModuleError(
                .nullDescriptor, module,
                "`auth_module` returned no descriptor to a host of generation \(DeclarationRules.generation)")
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
        let rules = DeclarationRules(module: module)
        try rules.checkGeneration(descriptor.generation)
        try rules.checkDraft(descriptor.draft, of: descriptor.generation)
        try refuseReserved(descriptor.reserved, "auth_module_t.reserved")
        let (name, version) = (text(descriptor.name, 64), text(descriptor.version, 64))
        try rules.checkIdentity(name: name, version: version)
        return ModuleIdentity(
            name: name ?? "", version: version ?? "", generation: descriptor.generation,
            try rules.checkThreads(descriptor.threads, generation: descriptor.generation))
    }

    /// Agrees on a version of every entry point and prepares its call.
    func entries() throws(ModuleError) -> EntryTable {
        let said = text(descriptor.name, 64) ?? Self.stem(of: module)
        let rules = DeclarationRules(module: module)
        var seen = Set<String>()
        var table = EntryTable()
        for entry in try rawEntries() {
            let name = text(entry.name, 64) ?? ""
            try rules.checkRepetition(name, entry.version, in: &seen)
            var (point, bound) = try EntryBinder(module: module, name: said).bind(
                name, entry.version, text(entry.signature, 32) ?? "", entry.function)
            bound.threads = try rules.checkThreads(
                entry.threads, ofEntry: name, in: descriptor.threads, generation: descriptor.generation)
            if table[point].map({ $0.version < bound.version }) ?? true { table.add(point, bound) }
        }
        try rules.checkEntries(table.points, generation: descriptor.generation)
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

    func options() throws(ModuleError) -> [DeclaredOption] {
        let rows = try rows(
            descriptor.option_count, descriptor.option_size, UnsafeRawPointer(descriptor.options),
            Self.firstOptionSize, "option table", .badOptionTable)
        let rules = DeclarationRules(module: module)
        var options: [DeclaredOption] = []
        var seen = Set<String>()
        for row in rows {
            let option = Self.copy(row, Int(descriptor.option_size), auth_option_t())
            options.append(
                try rules.checkOption(
                    .init(
                        number: options.count + 1, name: text(option.name, 64), type: option.type,
                        hasDefault: option.default_value != nil, value: text(option.default_value, 4096),
                        help: text(option.help, 512)), in: &seen))
            try refuseReserved(option.reserved, "auth_option_t.reserved of `\(options[options.count - 1].name)`")
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
        let point = try DeclarationRules(module: module).checkEntry(entry, version, signature)
        guard let function else {
            throw ModuleError(.missingFunction, module, "its `\(entry)` version \(version) has no function")
        }
        let call = CallInterface(
            signature: signature, function: function, module: name, entry: entry, generation: version)
        guard let call else {
            throw ModuleError(.wrongSignature, module, "libffi cannot prepare a call of `\(entry)`, `\(signature)`")
        }
        return (point, BoundEntry(version: version, call: call))
    }
}
