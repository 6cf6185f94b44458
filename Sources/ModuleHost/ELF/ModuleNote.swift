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

    /// - Returns: nil where the text is not a note of ours: it names a line that is not understood.
    init?(_ content: some Sequence<UInt8>) {
        let text = String(decoding: Array(content).prefix { $0 != 0 }, as: UTF8.self)
        for line in text.split(separator: "\n") {
            guard read(line) else { return nil }
        }
        guard !name.isEmpty, generation > 0 else { return nil }
    }

    private mutating func read(_ line: Substring) -> Bool {
        let words = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard words.count == 2 else { return false }
        let value = String(words[1])
        switch words[0] {
        case "module": name = value
        case "version": version = value
        case "generation": return set(\.generation, value)
        case "draft": return set(\.draft, value)
        case "threads": return set(\.threads, value)
        case "entry": return addEntry(value)
        case "option": return addOption(value)
        default: return false
        }
        return true
    }

    private mutating func set(_ path: WritableKeyPath<ModuleNote, UInt32>, _ text: String) -> Bool {
        // The preprocessor leaves the suffix of an unsigned literal.
        guard let number = UInt32(text.hasSuffix("u") ? String(text.dropLast()) : text) else { return false }
        self[keyPath: path] = number
        return true
    }

    private mutating func addEntry(_ text: String) -> Bool {
        let parts = text.split(separator: " ").map(String.init)
        guard parts.count == 3, let version = UInt32(parts[1]) else { return false }
        entries.append(Entry(name: parts[0], version: version, signature: parts[2]))
        return true
    }

    private mutating func addOption(_ text: String) -> Bool {
        let parts = text.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4, let number = UInt32(parts[1]), let kind = ModuleOption.Kind(rawValue: number) else {
            return false
        }
        options.append(
            ModuleOption(name: parts[0], kind: kind, defaultValue: CLiteral.value(of: parts[2]), help: parts[3]))
        return true
    }
}

/// The value of a C string literal as the preprocessor prints it.
enum CLiteral {
    /// nil for anything that is not a string literal, such as `NULL`: the option has no default.
    static func value(of text: String) -> String? {
        guard text.hasPrefix("\""), text.hasSuffix("\""), text.count >= 2 else { return nil }
        var result = ""
        var escaped = false
        for character in text.dropFirst().dropLast() {
            if escaped {
                result.append(character == "n" ? "\n" : character == "t" ? "\t" : character)
                escaped = false
            } else if character == "\\" {
                escaped = true
            } else {
                result.append(character)
            }
        }
        return result
    }
}
