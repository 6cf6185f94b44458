/// What can be said of a module without running any code of it.
public struct ModuleInspection: Sendable {
    /// An entry point as the descriptor's note names it.
    public struct Entry: Sendable, Equatable {
        /// The name in the catalogue.
        public let name: String
        /// The version that the module has.
        public let version: UInt32
        /// A letter for the result and for each parameter.
        public let signature: String
    }

    /// The file, symbolic links resolved.
    public let path: String
    /// Its identity as its note says, nil without a note.
    public let identity: ModuleIdentity?
    /// The revision of the draft it was built for; 0 for generations 6 and 7.
    public let draft: UInt32
    /// What it exports to the host.
    public let entries: [Entry]
    /// The options that it declares.
    public let options: [ModuleOption]
    /// Libraries that it needs, by name.
    public let neededLibraries: [String]
    /// Its search paths, RUNPATH and RPATH.
    public let libraryPaths: [String]
    /// Libraries that the dynamic linker loads as filters of it, where they are there (`DT_FILTER`, `DT_AUXILIARY`).
    let filteredLibraries: [String]
    /// Whether it exports `auth_module`.
    public let hasDescriptor: Bool
    /// Entry points that it exports as bare functions, in the order of the catalogue.
    public let bareEntries: [String]
    private let note: ModuleNote?

    init(_ image: ModuleImage) throws(ModuleError) {
        let file: ELFFile
        do {
            file = try ELFFile(image.bytes)
        } catch {
            throw ModuleError(error, image)
        }
        path = image.path
        neededLibraries = file.needed
        libraryPaths = file.searchPaths
        filteredLibraries = file.filtered
        hasDescriptor = file.exports.contains("auth_module")
        bareEntries = EntryPoint.allCases.map(\.rawValue).filter { file.exports.contains($0) }
        note = file.note(owner: "authhost", type: 1).flatMap { ModuleNote($0) }
        draft = note.map { $0.generation == 9 ? $0.draft : 0 } ?? 0
        entries = note?.entries.map { Entry(name: $0.name, version: $0.version, signature: $0.signature) } ?? []
        options = note?.options ?? []
        identity = note.map {
            ModuleIdentity(
                name: $0.name, version: $0.version, generation: $0.generation,
                threads: $0.generation == 9 ? ModuleIdentity.Threads(rawValue: $0.threads) ?? .serial : .serial,
                bare: false)
        }
    }

    /// Compares the note with the descriptor that the loaded code returned: what was inspected must be what runs.
    func compare(
        _ identity: ModuleIdentity, _ options: [ModuleOption], _ rows: [Entry], module: String
    ) throws(ModuleError) {
        guard note != nil, let said = self.identity else {
            throw ModuleError(
                .noteMissing, module,
                "`\(path)` has no note of owner `authhost` that can be read; AUTH_MODULE leaves one, and a linker or strip "
                    + "that drops it must be told to keep the section `.note.authhost`")
        }
        let difference: String? =
            if said != identity {
                "the note says \(said.name) \(said.version) generation \(said.generation), the descriptor "
                    + "\(identity.name) \(identity.version) generation \(identity.generation)"
            } else if entries != rows {
                "the note lists \(entries.count) entry points and the descriptor \(rows.count), or they differ"
            } else if self.options != options {
                "the note lists \(self.options.count) options and the descriptor \(options.count), or they differ"
            } else {
                nil
            }
        if let difference {
            throw ModuleError(.noteDiffers, module, "its note and its descriptor differ: \(difference)")
        }
    }
}

extension ModuleError {
    fileprivate init(_ error: ELFError, _ image: ModuleImage) {
        let (code, found): (Code, String) =
            switch error {
            case .notELF: (.notELF, "it does not begin as an ELF file; a shared object is accepted")
            case .wrongClass(let found):
                (.wrongArchitecture, "it is of ELF class \(found); class 2 (64-bit) is accepted")
            case .wrongByteOrder(let found): (.wrongArchitecture, "its byte order is \(found), not this machine's")
            case .wrongMachine(let found, let expected):
                (
                    .wrongArchitecture,
                    "it is for machine \(found); \(expected), this machine's, is accepted (elf(5), e_machine)"
                )
            case .notSharedObject(let type):
                (.malformedELF, "it is of ELF type \(type); 3 (a shared object) is accepted")
            case .truncated(let what): (.malformedELF, "\(what) lies outside of its \(image.bytes.count) bytes")
            case .absurd(let what): (.malformedELF, "\(what) is larger than any real one")
            case .contradictory(let what): (.malformedELF, "\(what)")
            }
        self.init(code, image.module, "`\(image.path)` is not loaded: \(found)")
    }
}
