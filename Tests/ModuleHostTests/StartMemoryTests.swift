import Glibc
import ModuleHost
import Testing

@Suite(.serialized) struct StartMemoryTests {
    /// Kilobytes of files that are in the memory of this process.
    private func filePages() throws -> Int {
        let file = try #require(fopen("/proc/self/status", "re"))
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), file) != nil {
            let words = line.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }.split { " \t\n".contains($0) }
            if words.first == "RssFile:", words.count > 1 { return Int(words[1]) ?? 0 }
        }
        return 0
    }

    @Test func `gives pages of the program back, which are there again when they are needed`() throws {
        // Other tests run on and need theirs again: one try of many finds fewer right after.
        let isLess = try (0..<1000).contains { _ in
            let before = try filePages()
            HostProcess.giveBackStartMemory()
            return try filePages() < before
        }
        #expect(isLess)
        // Code and constants that were given back.
        #expect((1...100).map { "\($0)" }.joined(separator: ",").utf8.count == 291)
    }
}
