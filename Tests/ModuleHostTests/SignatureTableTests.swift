import Foundation
import Testing

@testable import ModuleHost

@Suite struct `The table of entry points` {
    /// A version of an entry point, as headers and table name it.
    private struct Row: Hashable, CustomStringConvertible {
        let entry: String
        let version: UInt32
        let signature: String

        var description: String { "\(entry) version \(version): \(signature)" }
    }

    /// What the installed headers say, `#define AUTH_SIGNATURE_<entry>_<version>`; a name stands for what it is defined as.
    private static func headerRows() throws -> Set<Row> {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../include/authhost")
        var defined: [String: String] = [:]
        for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) {
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                guard let found = line.wholeMatch(of: /#define AUTH_SIGNATURE_(\w+_\d+) (\S+)/) else { continue }
                defined[String(found.1)] = String(found.2)
            }
        }
        return Set(
            try defined.map { name, value in
                var value = value
                while let alias = value.wholeMatch(of: /AUTH_SIGNATURE_(\w+)/) {
                    value = try #require(defined[String(alias.1)], "\(alias.1) is not defined")
                }
                let parts = try #require(name.wholeMatch(of: /(\w+)_(\d+)/))
                return Row(
                    entry: String(parts.1), version: try #require(UInt32(parts.2)),
                    signature: value.replacing("\"", with: ""))
            })
    }

    @Test func `has a kind of question for each, which the line of a crash names`() throws {
        let kinds = try String(contentsOfFile: "Sources/CFFI/question.c", encoding: .utf8)
        for point in EntryPoint.allCases { #expect(kinds.contains("{\"\(point.rawValue)\", \""), "\(point)") }
    }

    @Test func `has each version of each with the signature that the headers have, and no other`() throws {
        let table = EntryPoint.allCases.flatMap { point in
            point.signatures.map { Row(entry: point.rawValue, version: $0, signature: $1) }
        }
        let headers = try Self.headerRows()
        #expect(Set(headers.map(\.entry)) == Set(EntryPoint.allCases.map(\.rawValue)))
        #expect(headers.subtracting(table) == [])
        #expect(Set(table).subtracting(headers) == [])
    }
}
