import Foundation
import Testing

@Suite struct `A module that is wrong on purpose` {
    private func sources(_ folder: String) -> [String] {
        let files = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        return files.filter { $0.hasSuffix(".swift") }.compactMap {
            try? String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8)
        }
    }

    @Test func `says so in its first line, and has a test`() throws {
        let folder = "Tests/Fixtures/modules"
        let files = try #require(FileManager.default.enumerator(atPath: folder)).compactMap { $0 as? String }
            .filter { $0.hasSuffix(".c") }
        let tests = ["ModuleHostTests", "RuntimeTests", "EndToEnd"].flatMap { sources("Tests/\($0)") }
        #expect(files.count > 100)
        for path in files {
            let text = try String(contentsOfFile: "\(folder)/\(path)", encoding: .utf8)
            let file = URL(filePath: path).lastPathComponent
            #expect(path.contains("/"), "\(path) is in no folder, and is not built")
            #expect(text.hasPrefix("// "), "\(file)")
            guard text.hasPrefix("// Fault") || text.hasPrefix("// Hostile") else { continue }
            #expect(text.contains("Expected: "), "\(file)")
            #expect(
                tests.contains { $0.contains("\"\(file.dropLast(2))\"") || $0.contains("\(file.dropLast(2)).so") },
                "\(file)")
        }
    }
}
