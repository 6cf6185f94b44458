import AuthCore
import Basics
import CAuthModule

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
        /// `AUTH_ANY_THREAD` or `AUTH_BLOCKING` where it differs from its module, else 0.
        public let threads: UInt32
    }

    /// The file, symbolic links resolved.
    public let path: String
    /// The SHA-256 of the file, in 64 digits of 0-9 and a-f.
    public var digest: String { ModuleDigest.of(bytes) }
    /// Its identity as its note says, nil without a note.
    public let identity: ModuleIdentity?
    /// The revision of the draft it was built for; 0 for generations 6 and 7.
    public let draft: UInt32
    /// What it exports to the host.
    public let entries: [Entry]
    /// The options that it declares.
    public let options: [DeclaredOption]
    /// Libraries that it needs, by name.
    public let neededLibraries: [String]
    /// Its search paths, RUNPATH and RPATH.
    public let libraryPaths: [String]
    /// Libraries that the dynamic linker loads as filters of it, where they are there (`DT_FILTER`, `DT_AUXILIARY`).
    let filteredLibraries: [String]
    let wantsExecutableStack, hasTextRelocations: Bool
    /// What its linker calls it by, in hexadecimal digits (`--build-id`); nil where it was not told to.
    public let buildID: String?
    /// Whether it exports `auth_module`.
    public let hasDescriptor: Bool
    /// Entry points that it exports as bare functions, in the order of the catalogue.
    public let bareEntries: [String]
    /// The profile of system calls that it declares; nil where it declares none.
    public let profile: String?
    /// Which generation the header that it was built against was used for; nil where it left no note of that.
    let builtGeneration: UInt32?
    private let bytes: SealedBytes
    let note: ModuleNote?
    /// Why its note cannot be read.
    private let noteFault: String?

    init(_ image: ModuleImage) throws(ModuleError) {
        let file: ELFFile
        do {
            file = try ELFFile(.sealed(image.bytes))
        } catch {
            throw ModuleError(error, image)
        }
        path = image.path
        bytes = image.bytes
        neededLibraries = file.needed
        libraryPaths = file.searchPaths
        filteredLibraries = file.filtered
        wantsExecutableStack = file.wantsExecutableStack
        hasTextRelocations = file.hasTextRelocations
        hasDescriptor = file.exports.contains("auth_module")
        bareEntries = EntryPoint.allCases.map(\.rawValue).filter { file.exports.contains($0) }
        do throws(NoteFault) {
            for type in [1, AUTH_PROFILE_TYPE] where file.contradicts(owner: "authhost", type: type) {
                throw NoteFault("it has several\(type == 1 ? "" : " of its profile"), which differ")
            }
            note = try file.note(owner: "authhost", type: 1).map { (content) throws(NoteFault) in
                try ModuleNote(content)
            }
            noteFault = nil
        } catch {
            note = nil
            noteFault = error.text
        }
        buildID = file.note(owner: "GNU", type: 3)?.prefix(32).hexadecimal
        profile = file.note(owner: "authhost", type: AUTH_PROFILE_TYPE).map {
            String(decoding: $0.prefix { $0 != 0 }.prefix(64), as: UTF8.self)
        }
        builtGeneration = file.note(owner: "authhost", type: 2).flatMap {
            UInt32(String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self))
        }
        draft = note.map { $0.generation == 9 ? $0.draft : 0 } ?? 0
        entries =
            note?.entries.map {
                Entry(name: $0.name, version: $0.version, signature: $0.signature, threads: $0.threads)
            } ?? []
        options = note?.options ?? []
        identity = note.map {
            ModuleIdentity(
                name: $0.name, version: $0.version, generation: $0.generation,
                ModuleDeclaration($0.threads, generation: $0.generation))
        }
    }

    /// Compares the note with the descriptor that the loaded code returned: what was inspected must be what runs.
    func compare(
        _ identity: ModuleIdentity, _ options: [DeclaredOption], _ rows: [Entry], module: String
    ) throws(ModuleError) {
        guard note != nil, let said = self.identity else { throw withoutNote(module) }
        // By now the descriptor's draft is known to be this host's.
        let revision = said.generation == 9 ? NoteComparison.draft(draft, DeclarationRules.draft) : nil
        if let difference = NoteComparison.identity(said, identity) ?? revision ?? NoteComparison.entries(entries, rows)
            ?? NoteComparison.options(self.options, options)
        {
            throw ModuleError(.noteDiffers, module, "its note and its descriptor differ: \(difference)")
        }
    }

    /// Why a module with a descriptor is refused whose note is missing or cannot be read.
    func withoutNote(_ module: String) -> ModuleError {
        if let noteFault {
            return ModuleError(.noteMissing, module, "`\(path)` has a note that cannot be read: \(noteFault)")
        }
        return ModuleError(
            .noteMissing, module,
            "`\(path)` has no note of owner `authhost`; AUTH_MODULE leaves one, and a linker or strip that drops it must be told "
                + "to keep the section `.note.authhost`")
    }

    /// What the module leaves open, in words: one sentence for each.
    public var openings: [String] {
        let reads = hasDescriptor ? entries.map(\.name) : bareEntries
        // A library that is no module opens nothing.
        guard !reads.isEmpty else { return [] }
        let opensReads = identity?.opensReads ?? !hasDescriptor
        var openings: [String] = []
        if opensReads, !reads.contains(EntryPoint.checkRead.rawValue) {
            openings.append("every user may read every object: it has no auth_check_read")
        } else if opensReads, identity?.generation == 9 {
            openings.append(
                "every user may read every object that its auth_check_read does not deny: it declares AUTH_OPEN_READS")
        }
        if identity?.namesUser == true {
            openings.append("a log-in may become another user than was typed")
        }
        return openings
    }
}

/// What a note says that the descriptor does not: the first field that differs, with both values.
enum NoteComparison {
    static func identity(_ note: ModuleIdentity, _ descriptor: ModuleIdentity) -> String? {
        text("the name", note.name, descriptor.name) ?? text("the version", note.version, descriptor.version)
            ?? text("the generation", "\(note.generation)", "\(descriptor.generation)")
            ?? text("the threads", "\(note.threads)", "\(descriptor.threads)")
            ?? text("AUTH_OPEN_READS", "\(note.opensReads)", "\(descriptor.opensReads)")
            ?? text("AUTH_NAMES_USER", "\(note.namesUser)", "\(descriptor.namesUser)")
            ?? text("AUTH_READS_ATTRIBUTES", "\(note.readsAttributes)", "\(descriptor.readsAttributes)")
    }

    static func draft(_ note: UInt32, _ descriptor: UInt32) -> String? {
        text("the draft", "\(note)", "\(descriptor)")
    }

    static func entries(_ note: [ModuleInspection.Entry], _ rows: [ModuleInspection.Entry]) -> String? {
        if let count = text("the number of entry points", "\(note.count)", "\(rows.count)") { return count }
        for (index, (said, row)) in zip(note, rows).enumerated() where said != row {
            let what = "of entry \(index + 1), `\(row.name)`,"
            return text("\(what) the name", said.name, row.name)
                ?? text("\(what) the version", "\(said.version)", "\(row.version)")
                ?? text("\(what) the signature", said.signature, row.signature)
                ?? text("\(what) the threads", "\(said.threads)", "\(row.threads)")
        }
        return nil
    }

    static func options(_ note: [DeclaredOption], _ rows: [DeclaredOption]) -> String? {
        if let count = text("the number of options", "\(note.count)", "\(rows.count)") { return count }
        for (index, (said, row)) in zip(note, rows).enumerated() where said != row {
            let what = "of option \(index + 1), `\(row.name)`,"
            return text("\(what) the name", said.name, row.name)
                ?? text("\(what) the type", "\(said.kind)", "\(row.kind)")
                ?? text("\(what) the default", said.defaultValue ?? "none", row.defaultValue ?? "none")
                ?? text("\(what) the help", said.help, row.help)
        }
        return nil
    }

    private static func text(_ what: String, _ note: String, _ descriptor: String) -> String? {
        // Bytes, not characters: Swift compares equal forms of a text as equal.
        note.utf8.elementsEqual(descriptor.utf8)
            ? nil
            : "\(what) is `\(note.controlsEscaped)` in the note and `\(descriptor.controlsEscaped)` in the descriptor"
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
