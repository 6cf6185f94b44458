import Glibc
import Testing

@testable import AuthConfiguration

/// Every message that the reader of configurations can give has a row in a test, with its exact words.
@Suite struct MessageTests {
    /// Files whose texts are help, tables and layout, which other tests compare as a whole.
    private static let layout = [
        "ItemDefinition", "ItemReference", "ConfigurationDescription+Show", "ItemExplanation",
        "TextTable",
    ]
    /// Names of types, which stand in the table of the documentation.
    private static let names = ["string list", "address list"]

    /// What is said where libxml2 has found nothing wrong and no element either, which no input has been seen to do.
    private static let unreachable = ["not well-formed XML: there is no element"]

    @Test func `every message has a row`() throws {
        let rows = try Self.files("Tests/ConfigurationTests").map(\.text).flatMap {
            Self.unescaped($0).split(separator: "\n")
        }
        var count = 0
        for (name, text) in try Self.files("Sources/Configuration")
        where !Self.layout.contains(where: name.hasPrefix) {
            for message in Self.literals(in: text) where Self.isMessage(message) {
                if Self.unreachable.contains(message.joined()) { continue }
                count += 1
                #expect(Self.holds(rows, message), "\(name): \(message.joined(separator: "…")) has no row")
            }
        }
        #expect(count > 60, "the messages were not found")
    }

    @Test func `a file that breaks a bound of all files is named`() {
        let context = ConfigurationContext(
            environment: [:], hostName: "box", workingDirectory: "/srv",
            files: .inMemory(["x": [UInt8](repeating: 0x0A, count: (64 << 20) + 1)]))
        let error = #expect(throws: ConfigurationError.self) {
            try Configuration.load(file: "x", arguments: [], context: context)
        }
        #expect(error?.description == "command line: --config: `x` is not read: at most 67108864 bytes in all files")
    }

    @Test func `a file that every user may write to is not read`() throws {
        var template = Array("/tmp/authhost-conf-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { unlink(path) }
        #expect(fchmod(descriptor, 0o602) == 0)
        close(descriptor)
        let context = ConfigurationContext(environment: [:], hostName: "box", workingDirectory: "/srv")
        let error = #expect(throws: ConfigurationError.self) {
            try Configuration.load(file: path, arguments: [], context: context)
        }
        #expect(
            error?.description.contains("others may write to it (mode 0602)") == true,
            "\(String(describing: error))")
    }

    @Test func `a file that is too large is named`() throws {
        var template = Array("/tmp/authhost-conf-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { unlink(path) }
        defer { close(descriptor) }
        try #require(ftruncate(descriptor, (16 << 20) + 1) == 0)
        let error = #expect(throws: ConfigurationError.self) {
            try Configuration.load(file: path, arguments: [], environment: [:])
        }
        #expect(error?.description == "command line: --config: cannot read `\(path)`: larger than 16777216 bytes")
    }

    /// A literal that people read: several words, as its fixed parts.
    private static func isMessage(_ parts: [String]) -> Bool {
        parts.map(\.count).reduce(0, +) >= 10 && parts.contains { $0.contains(" ") } && !names.contains(parts.joined())
    }

    /// Whether one of the lines holds the parts in their order.
    private static func holds(_ rows: [Substring], _ parts: [String]) -> Bool {
        rows.contains { line in
            var rest = line
            return parts.allSatisfy { part in
                guard let range = rest.firstRange(of: part) else { return false }
                rest = rest[range.upperBound...]
                return true
            }
        }
    }

    /// Returns the string literals of a source text, each as its parts between interpolations; those of comments are left out.
    private static func literals(in text: String) -> [[String]] {
        var scanner = LiteralScanner(text)
        return scanner.literals()
    }

    /// Joins literals that are added to each other, and takes the backslashes out.
    private static func unescaped(_ text: String) -> String {
        var result = ""
        var characters = Array(text.replacing(/"\s*\n\s*\+ "/, with: ""))[...]
        while let character = characters.popFirst() {
            if character == "\\", let next = characters.first, next == "\"" || next == "\\" { continue }
            result.append(character)
        }
        return result
    }

    private static func files(_ folder: String) throws -> [(name: String, text: String)] {
        let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let stream = try #require(opendir("\(root)/\(folder)"))
        defer { closedir(stream) }
        var files: [(String, String)] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if entry.pointee.d_type == UInt8(DT_DIR), !name.hasPrefix(".") {
                files += try Self.files("\(folder)/\(name)")
            }
            guard name.hasSuffix(".swift") else { continue }
            let bytes = try ConfigurationFiles.disk.read("\(root)/\(folder)/\(name)").get().bytes
            files.append((name, String(decoding: bytes, as: UTF8.self)))
        }
        return files.sorted { $0.0 < $1.0 }
    }
}

/// Finds string literals of one line each in Swift source.
private struct LiteralScanner {
    private var rest: ArraySlice<Character>

    init(_ text: String) { rest = Array(text)[...] }

    mutating func literals() -> [[String]] {
        var found: [[String]] = []
        while let character = rest.popFirst() {
            if character == "/", rest.first == "/" {
                while let next = rest.first, next != "\n" { _ = rest.popFirst() }
            } else if character == "\"" {
                found.append(literal())
            }
        }
        return found
    }

    /// Reads on behind an opening quote, to behind the closing one.
    private mutating func literal() -> [String] {
        var parts = [""]
        while let character = rest.popFirst(), character != "\"" {
            guard character == "\\", let escaped = rest.popFirst() else {
                parts[parts.count - 1].append(character)
                continue
            }
            if escaped == "(" {
                skipInterpolation()
                parts.append("")
            } else {
                parts[parts.count - 1].append(escaped)
            }
        }
        return parts.filter { !$0.isEmpty }
    }

    private mutating func skipInterpolation() {
        var depth = 1
        while depth > 0, let character = rest.popFirst() {
            switch character {
            case "(": depth += 1
            case ")": depth -= 1
            case "\"": _ = literal()
            default: break
            }
        }
    }
}
