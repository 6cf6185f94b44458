import CAuthModule
import CFFI

/// Loading into helper processes: the host runs no code of the module, and knows of it what its file says.
extension ModuleLoader {
    /// Agrees on the entry points by the module's note; the helper holds the module's descriptor to it when it loads it.
    func isolated(
        _ image: ModuleImage, _ inspection: ModuleInspection, _ isolation: ModuleIsolation, bareGeneration: UInt32
    ) throws(ModuleError) -> MappedModule {
        let isBare = !inspection.hasDescriptor
        if !isBare { try judge(inspection) }
        let declared = inspection.note?.threads ?? 0
        let generation = isBare ? bareGeneration : inspection.note?.generation ?? 0
        let name = inspection.note?.name ?? DescriptorReader.stem(of: image.path)
        let (_, copy) = try image.withPrivateCopy(buildID: inspection.buildID) { (_) throws(ModuleError) in () }
        let rows = try isolatedRows(inspection, generation)
        let threads = ModuleDeclaration(declared, generation: generation).threads
        var start = cffi_helper_start()
        start.profile = try isolation.agree(with: inspection.profile, module: request.module).number
        (start.user, start.group) = (isolation.user?.user ?? 0, isolation.user?.group ?? 0)
        start.generation = generation
        start.memory = isolation.memory
        start.threads = threads == .serial ? 1 : UInt32(isolation.threads) + 1
        Self.write(name, to: &start.module)
        Self.write(inspection, to: &start)
        Self.write(rows, to: &start)
        let note = Self.texts(of: inspection.options)
        start.note_size = UInt64(note.count)
        let pool = HelperPool(
            start, note: note, isolation, module: request.module, name: name, copy: copy,
            initialiser: rows.firstIndex { $0.point == .initialise }.map(UInt32.init),
            checksReturnAtOnce: Self.checksReturnAtOnce(rows, threads))
        var table = EntryTable()
        for (index, row) in rows.enumerated() {
            table.add(row.point, BoundEntry(version: row.version, call: CallInterface(pool, UInt32(index), row.shape)))
        }
        try DeclarationRules(module: request.module).checkEntries(table.points, generation: generation)
        // A helper is waited for, which no thread of an event loop may do.
        let word = threads == .any ? declared & ~ModuleDeclaration.threadMask | AUTH_BLOCKING : declared
        let identity = ModuleIdentity(
            name: name, version: inspection.note?.version ?? "-", generation: generation, bare: isBare,
            ModuleDeclaration(word, generation: generation))
        return MappedModule(
            identity: identity, path: image.path, entries: table, options: inspection.options, copy: copy, helpers: pool
        )
    }

    /// Whether the module says that it may be asked for a check on the thread that asks, which it must not keep then.
    private static func checksReturnAtOnce(_ rows: [Row], _ threads: ModuleIdentity.Threads) -> Bool {
        threads == .any
            && rows.allSatisfy {
                $0.threads == 0 || $0.threads == AUTH_ANY_THREAD || !LoadedModule.checkEntries.contains($0.point)
            }
    }

    /// Refuses a file of which it is known, without its code, that it cannot be loaded.
    private func judge(_ inspection: ModuleInspection) throws(ModuleError) {
        var refusals = Refusals()
        inspection.judge(request.module, request.search, &refusals)
        if let first = refusals.errors.first { throw first }
    }

    private typealias Row = (
        point: EntryPoint, version: UInt32, signature: String, threads: UInt32, shape: cffi_shape
    )

    /// The entry points that can be called in another process, each in its highest version.
    private func isolatedRows(_ inspection: ModuleInspection, _ generation: UInt32) throws(ModuleError) -> [Row] {
        let rules = DeclarationRules(module: request.module)
        var rows: [Row] = []
        let said =
            inspection.hasDescriptor
            ? inspection.entries.map { ($0.name, $0.version, $0.signature, $0.threads) }
            : inspection.bareEntries.compactMap { name in
                EntryPoint(rawValue: name)?.signatures[generation].map { (name, generation, $0, 0) }
            }
        for (name, version, signature, threads) in said {
            let point = try rules.checkEntry(name, version, signature)
            var shape = cffi_shape()
            guard cffi_shape_of(name, version, signature, &shape) else { continue }
            if let known = rows.firstIndex(where: { $0.point == point }) {
                if rows[known].version < version { rows[known] = (point, version, signature, threads, shape) }
            } else {
                rows.append((point, version, signature, threads, shape))
            }
        }
        return rows
    }

    /// Writes what the file says of the module, which the helper holds its descriptor to, and by which host it is asked.
    private static func write(_ inspection: ModuleInspection, to record: inout cffi_helper_start) {
        write(HostProcess.version, to: &record.host_version)
        record.draft = DeclarationRules.draft
        record.declared = inspection.note?.threads ?? 0
        record.is_bare = inspection.hasDescriptor ? 0 : 1
        record.row_count = UInt32(inspection.entries.count)
        record.option_count = UInt32(inspection.options.count)
        write(inspection.note?.version ?? "-", to: &record.version)
        write(inspection.buildID ?? "", to: &record.build)
    }

    /// Writes the entry points that the helper is to bind.
    private static func write(_ rows: [Row], to record: inout cffi_helper_start) {
        record.entry_count = UInt32(rows.count)
        withUnsafeMutableBytes(of: &record.entries) { bytes in
            let entries = bytes.bindMemory(to: cffi_helper_entry.self)
            for (index, row) in rows.enumerated() {
                write(row.point.rawValue, to: &entries[index].name)
                write(row.signature, to: &entries[index].signature)
                entries[index].version = row.version
                entries[index].threads = row.threads
            }
        }
    }

    /// What the note says of options: four texts for each, with their NULs, which no text of a note has inside.
    private static func texts(of options: [DeclaredOption]) -> [CChar] {
        options.flatMap { option in
            [option.name, "\(option.kind.rawValue)", option.defaultValue ?? AUTH_REQUIRED, option.help]
        }.flatMap { $0.utf8.map { CChar(bitPattern: $0) } + [0] }
    }

    /// Writes a text with its NUL into an array of C, cut where it does not fit.
    private static func write<Array>(_ text: String, to array: inout Array) {
        withUnsafeMutableBytes(of: &array) { bytes in
            let kept = Swift.Array(text.utf8.prefix(bytes.count - 1))
            bytes.copyBytes(from: kept)
            bytes[kept.count] = 0
        }
    }
}
