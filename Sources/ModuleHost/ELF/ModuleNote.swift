import Basics
import CAuthModule

/// The facts that `AUTH_MODULE` leaves in an ELF note: records, or in generations 6 and 7 lines of text
/// (`include/authhost/descriptor.h`).
struct ModuleNote: Equatable {
    struct Entry: Equatable {
        let name: String
        let version: UInt32
        let signature: String
        var threads: UInt32 = 0
    }

    private(set) var name = ""
    private(set) var version = ""
    private(set) var generation: UInt32 = 0
    private(set) var draft: UInt32 = 0
    private(set) var threads: UInt32 = 0
    private(set) var entries: [Entry] = []
    private(set) var options: [DeclaredOption] = []

    private static let recordMark: UInt8 = 0x1e
    private static let fieldMark: UInt8 = 0x1f

    /// - Throws: ``NoteFault`` for what is no note of ours. Unknown parts of a note are passed over.
    init(_ content: some Sequence<UInt8>) throws(NoteFault) {
        // Bytes, not characters: a Swift character may be a separator and what combines with it.
        let bytes = Array(content)
        // The marks are ASCII, so that each text is UTF-8 where the whole is.
        guard String(validating: bytes, as: UTF8.self) != nil else { throw NoteFault("it has bytes that are no UTF-8") }
        if bytes.first == Self.recordMark {
            // The literal's own end.
            let text = bytes.last == 0 ? bytes.dropLast() : bytes[...]
            for record in text.split(separator: Self.recordMark) {
                try read(record.split(separator: Self.fieldMark, omittingEmptySubsequences: false))
            }
        } else {
            for line in bytes.prefix(while: { $0 != 0 }).split(separator: UInt8(ascii: "\n")) { try read(line: line) }
        }
        guard !name.isEmpty else { throw NoteFault("it does not say the module's name") }
        guard generation > 0 else { throw NoteFault("it does not say the generation") }
    }

    private mutating func read(_ fields: [ArraySlice<UInt8>]) throws(NoteFault) {
        let kind = Self.string(fields[0])
        func field(_ index: Int, _ what: String) throws(NoteFault) -> String {
            guard index < fields.count else { throw NoteFault("its record `\(kind)` lacks \(what)") }
            // Who gets it as a C string would be given the beginning alone.
            guard !fields[index].contains(0) else {
                let name = index > 1 ? " `\(Self.string(fields[1]).controlsEscaped)`" : ""
                throw NoteFault("\(what) of its record `\(kind)`\(name) holds a NUL, which no text may")
            }
            return Self.string(fields[index])
        }
        func number(_ index: Int, _ what: String) throws(NoteFault) -> UInt32 {
            try Self.number(field(index, what), "\(what) of its record `\(kind)`")
        }
        switch kind {
        case "module": name = try field(1, "the name")
        case "version": version = try field(1, "the version")
        case "generation": generation = try number(1, "the number")
        case "draft": draft = try number(1, "the number")
        case "threads": threads = try number(1, "the number")
        case "entry":
            entries.append(
                Entry(
                    name: try field(1, "the name"), version: try number(2, "the version"),
                    signature: try field(3, "the signature"), threads: try number(4, "the threads")))
        case "option":
            let name = try field(1, "the name")
            let type = try number(2, "the type")
            guard let option = DeclaredOption.Kind(rawValue: type) else {
                throw NoteFault("the type of its option `\(name)` is \(type); 1 to 8 are accepted")
            }
            let value = try field(3, "the default")
            options.append(
                DeclaredOption(
                    name: name, kind: option, defaultValue: value == AUTH_REQUIRED ? nil : value,
                    help: try field(4, "the help")))
        default: break
        }
    }

    private static func string(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

    /// Reads a number as C spells it, or several with `|` between.
    static func number(_ text: String, _ what: String) throws(NoteFault) -> UInt32 {
        var value: UInt32 = 0
        for part in text.split(separator: "|", omittingEmptySubsequences: false) {
            var digits = part.filter { !" ()".contains($0) }.lowercased()
            while let last = digits.last, "ul".contains(last) { digits.removeLast() }
            let found =
                digits.hasPrefix("0x")
                ? UInt32(digits.dropFirst(2), radix: 16)
                : UInt32(digits, radix: digits.hasPrefix("0") ? 8 : 10)
            guard let found else {
                throw NoteFault("\(what) is `\(text)`, which is not a number: literals and macros of them are accepted")
            }
            value |= found
        }
        return value
    }
}

/// Why a note cannot be read.
struct NoteFault: Error {
    let text: String
    init(_ text: String) { self.text = text }
}

// Lines of text: what AUTH_MODULE leaves for generations 6 and 7.
extension ModuleNote {
    private mutating func read(line: ArraySlice<UInt8>) throws(NoteFault) {
        let words = line.split(separator: UInt8(ascii: " "), maxSplits: 1, omittingEmptySubsequences: false)
        guard words.count == 2 else { return }
        let value = Self.string(words[1])
        switch Self.string(words[0]) {
        case "module": name = value
        case "version": version = value
        case "generation": generation = try Self.number(value, "the generation")
        case "draft": draft = try Self.number(value, "the draft")
        case "threads": threads = try Self.number(value, "the threads")
        case "entry": try addEntry(words[1])
        case "option": try addOption(words[1])
        default: return
        }
    }

    private mutating func addEntry(_ line: ArraySlice<UInt8>) throws(NoteFault) {
        let parts = line.split(separator: UInt8(ascii: " ")).map(Self.string)
        guard parts.count >= 3 else {
            throw NoteFault("its line `entry \(Self.string(line))` lacks version or signature")
        }
        entries.append(
            Entry(
                name: parts[0], version: try Self.number(parts[1], "the version of `\(parts[0])`"), signature: parts[2])
        )
    }

    /// The help comes last, so it may hold tabs.
    private mutating func addOption(_ line: ArraySlice<UInt8>) throws(NoteFault) {
        let parts = line.split(separator: UInt8(ascii: "\t"), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4,
            let kind = try DeclaredOption.Kind(
                rawValue: Self.number(Self.string(parts[1]), "the type of `\(Self.string(parts[0]))`"))
        else { throw NoteFault("its line `option \(Self.string(line))` is not name, type 1 to 8, default and help") }
        options.append(
            DeclaredOption(
                name: Self.string(parts[0]), kind: kind, defaultValue: CLiteral.value(of: parts[2]),
                help: Self.string(parts[3])))
    }
}
