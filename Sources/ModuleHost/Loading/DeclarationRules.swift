import Basics
import CAuthModule

/// What a module says of itself must hold, wherever it says it: the descriptor of one that is loaded, and the note of one that
/// is only looked at.
struct DeclarationRules {
    /// The highest generation this host speaks, and the revision of its draft.
    static let generation: UInt32 = 9
    static let draft = UInt32(AUTH_DRAFT)
    private static let generations: [UInt32] = [6, 7, 9]

    /// The module as it was asked for.
    let module: String

    func checkGeneration(_ generation: UInt32) throws(ModuleError) {
        guard Self.generations.contains(generation) else {
            throw ModuleError(
                .unknownGeneration, module, "it is of generation \(generation); this host speaks 6, 7 and 9")
        }
    }

    func checkDraft(_ draft: UInt32, of generation: UInt32) throws(ModuleError) {
        guard generation != 9 || draft == Self.draft else {
            throw ModuleError(
                .otherDraft, module,
                "it was built for draft \(draft) of generation 9; this host speaks draft \(Self.draft): build it again")
        }
    }

    /// - Parameters:
    ///   - name: nil for none, and for what is no UTF-8 or longer than 64 bytes.
    ///   - version: the same.
    func checkIdentity(name: String?, version: String?) throws(ModuleError) {
        guard let name, !name.isEmpty, name.utf8.count <= 64, name.utf8.allSatisfy(Self.isNameByte) else {
            throw ModuleError(
                .badIdentity, module, "its name is \(Self.shown(name)); 1 to 64 of a-z 0-9 _ - are accepted")
        }
        guard let version, (1...64).contains(version.utf8.count), Self.isPrintable(version) else {
            throw ModuleError(
                .badIdentity, module,
                "its version is \(Self.shown(version)); 1 to 64 printable bytes of UTF-8 are accepted")
        }
    }

    /// What a row says of an option, as far as it could be read: nil for none, and for what is no UTF-8 or too long.
    struct OptionRow {
        /// From 1.
        let number: Int
        let name: String?
        let type: UInt32
        /// Whether a default is declared, and its text.
        let hasDefault: Bool
        let value: String?
        let help: String?
    }

    /// Holds one option to the rules, among those that came before it.
    func checkOption(_ row: OptionRow, in seen: inout Set<String>) throws(ModuleError) -> DeclaredOption {
        func fault(_ text: String) -> ModuleError { ModuleError(.badOptionTable, module, text) }
        guard let name = row.name, (1...64).contains(name.utf8.count), Self.isPrintable(name) else {
            throw fault(
                "option \(row.number) has the name \(Self.shown(row.name)); 1 to 64 printable bytes of UTF-8 are accepted"
            )
        }
        guard seen.insert(name).inserted else { throw fault("it declares its option `\(name)` twice") }
        guard let kind = DeclaredOption.Kind(rawValue: row.type) else {
            throw fault("the type of its option `\(name)` is \(row.type); 1 to 8 are accepted")
        }
        guard let help = row.help, help.utf8.count <= 512 else {
            throw fault("its option `\(name)` has no help of at most 512 bytes of UTF-8")
        }
        guard row.hasDefault == (row.value != nil), row.value?.utf8.count ?? 0 <= 4096 else {
            throw fault("the default of its option `\(name)` is longer than 4,096 bytes, or no UTF-8")
        }
        return DeclaredOption(
            name: name, kind: kind, defaultValue: row.value == AUTH_REQUIRED ? nil : row.value, help: help)
    }

    func checkThreads(_ word: UInt32, generation: UInt32) throws(ModuleError) -> ModuleDeclaration {
        let declared = ModuleDeclaration(word, generation: generation)
        guard declared.unknown == 0 else {
            throw ModuleError(
                .reservedMember, module,
                "its auth_module_t.threads declares 0x\(String(declared.unknown, radix: 16)), which has no meaning; "
                    + "AUTH_SERIAL (0), AUTH_ANY_THREAD (1) or AUTH_BLOCKING (2) are accepted, in generation 9 with "
                    + "AUTH_OPEN_READS (0x100), AUTH_NAMES_USER (0x200) and AUTH_READS_ATTRIBUTES (0x400)")
        }
        return declared
    }

    /// Where an entry is called that is not called as its module is; nil for any other.
    func checkThreads(
        _ threads: UInt32, ofEntry name: String, in word: UInt32, generation: UInt32
    ) throws(ModuleError) -> ModuleIdentity.Threads? {
        guard threads != 0 else { return nil }
        let isSerial = word & ModuleDeclaration.threadMask == AUTH_SERIAL
        guard generation == 9, !isSerial, let said = ModuleIdentity.Threads(rawValue: threads) else {
            throw ModuleError(
                .reservedMember, module,
                "its auth_entry_t.threads of `\(name)` is \(threads); 0 is accepted, and in a module of generation 9 "
                    + "that is not AUTH_SERIAL also AUTH_ANY_THREAD (1) and AUTH_BLOCKING (2)")
        }
        return said
    }

    /// The entry point of a row, in a version with the parameters that this host knows.
    func checkEntry(_ entry: String, _ version: UInt32, _ signature: String) throws(ModuleError) -> EntryPoint {
        guard let point = EntryPoint(rawValue: entry) else {
            throw ModuleError(
                .unknownEntry, module,
                "it lists the entry point `\(entry)`, which this host does not have; it has "
                    + EntryPoint.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", "))
        }
        guard let expected = point.signatures[version] else {
            let known = point.signatures.keys.sorted().map(String.init).joined(separator: ", ")
            throw ModuleError(
                .unknownVersion, module, "it lists version \(version) of `\(entry)`; this host speaks \(known)")
        }
        guard signature == expected else {
            throw ModuleError(
                .wrongSignature, module,
                "its `\(entry)` version \(version) has the signature `\(signature)`; `\(expected)` is accepted")
        }
        return point
    }

    func checkRepetition(_ entry: String, _ version: UInt32, in seen: inout Set<String>) throws(ModuleError) {
        guard seen.insert("\(entry)/\(version)").inserted else {
            throw ModuleError(.duplicateEntry, module, "it lists `\(entry)` version \(version) twice")
        }
    }

    /// The rules between entries.
    ///
    /// - Parameter points: those that the module has, in the order of their names.
    func checkEntries(_ points: [EntryPoint], generation: UInt32) throws(ModuleError) {
        if points.contains(.checkWrite), points.contains(.checkWriteJava) {
            throw ModuleError(
                .bothSpellings, module,
                "it exports both `auth_check_write` and `checkWrite`, which are one entry point; one of them is accepted"
            )
        }
        let asked: EntryPoint = points.contains(.authenticate) ? .authenticate : .newUser
        let required: [EntryPoint] = generation >= 9 ? [.initialise, asked] : [.newUser]
        for point in required where !points.contains(point) {
            throw ModuleError(
                .missingEntry, module,
                "it lacks `\(point.rawValue)`, which generation \(generation) requires; it exports "
                    + (points.isEmpty ? "none" : points.map { "`\($0.rawValue)`" }.joined(separator: ", ")))
        }
    }

    private static func shown(_ text: String?) -> String {
        text.map { "`\($0.controlsEscaped)`" } ?? "none, no UTF-8, or longer than 64 bytes"
    }

    /// Whether it holds nothing that moves a cursor or hides what follows.
    private static func isPrintable(_ text: String) -> Bool { text.controlsEscaped.utf8.elementsEqual(text.utf8) }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"),
            UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
