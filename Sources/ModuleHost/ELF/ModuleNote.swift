/// The facts that `AUTH_MODULE` leaves in an ELF note: lines of text, one fact each (`include/authhost/descriptor.h`).
struct ModuleNote: Equatable {
    struct Entry: Equatable {
        let name: String
        let version: UInt32
        let signature: String
    }

    private(set) var name = ""
    private(set) var version = ""
    private(set) var generation: UInt32 = 0
    private(set) var draft: UInt32 = 0
    private(set) var threads: UInt32 = 0
    private(set) var entries: [Entry] = []
    private(set) var options: [ModuleOption] = []

    /// - Returns: nil where the text is not a note of ours: it holds a line that is not understood.
    init?(_ content: some Sequence<UInt8>) {
        // Bytes, not characters: a Swift character may be a separator and what combines with it.
        let text = Array(content).prefix { $0 != 0 }
        for line in text.split(separator: UInt8(ascii: "\n")) {
            guard read(line) else { return nil }
        }
        guard !name.isEmpty, generation > 0 else { return nil }
    }

    private mutating func read(_ line: ArraySlice<UInt8>) -> Bool {
        let words = line.split(separator: UInt8(ascii: " "), maxSplits: 1, omittingEmptySubsequences: false)
        guard words.count == 2 else { return false }
        let value = Self.string(words[1])
        switch Self.string(words[0]) {
        case "module": name = value
        case "version": version = value
        case "generation": return set(\.generation, value)
        case "draft": return set(\.draft, value)
        case "threads": return set(\.threads, value)
        case "entry": return addEntry(words[1])
        case "option": return addOption(words[1])
        default: return false
        }
        return true
    }

    private static func string(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

    private mutating func set(_ path: WritableKeyPath<ModuleNote, UInt32>, _ text: String) -> Bool {
        // The preprocessor leaves the suffix of an unsigned literal.
        guard let number = UInt32(text.hasSuffix("u") ? String(text.dropLast()) : text) else { return false }
        self[keyPath: path] = number
        return true
    }

    private mutating func addEntry(_ line: ArraySlice<UInt8>) -> Bool {
        let parts = line.split(separator: UInt8(ascii: " ")).map(Self.string)
        guard parts.count == 3, let version = UInt32(parts[1]) else { return false }
        entries.append(Entry(name: parts[0], version: version, signature: parts[2]))
        return true
    }

    /// The help comes last, so it may hold tabs.
    private mutating func addOption(_ line: ArraySlice<UInt8>) -> Bool {
        let parts = line.split(separator: UInt8(ascii: "\t"), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, let number = UInt32(Self.string(parts[1])),
            let kind = ModuleOption.Kind(rawValue: number)
        else { return false }
        options.append(
            ModuleOption(
                name: Self.string(parts[0]), kind: kind, defaultValue: CLiteral.value(of: parts[2]),
                help: Self.string(parts[3])))
        return true
    }
}
