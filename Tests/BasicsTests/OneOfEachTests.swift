import FoundationEssentials
import Testing

/// What host and modules do in the same way is in one file of Basics, and nowhere else in the Swift code.
@Suite struct `One thing has one way` {
    private static var ways: [(use: Regex<Substring>, files: Set<String>)] {
        [
            // Waiting for another thread.
            (#/\b(?:DispatchSemaphore|sem_init|DispatchGroup|NSCondition)\b/#, ["ThreadSemaphore.swift"]),
            // Reading a clock.
            (
                #/\b(?:clock_gettime|gettimeofday|(?:Continuous|Suspending)Clock|time\(nil\)|Date\(\))/#,
                ["SystemTime.swift"]
            ),
            // Who may read a file, or write to it.
            (#/st_mode & (?:0o0[0-7]{2}|S_IR|S_IW)/#, ["FileTrust.swift", "FileSecrecy.swift"]),
        ]
    }

    /// Others build these without Basics.
    private static let leaves = ["Sources/ModuleKit/", "Sources/AuthHostClient/"]

    @Test func `in every file`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        var (read, used) = (0, Set<String>())
        for folder in ["Sources", "Plugins"] {
            for name in try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: folder).path)
            where name.hasSuffix(".swift") {
                let path = "\(folder)/\(name)"
                if Self.leaves.contains(where: path.hasPrefix) { continue }
                let text = String(decoding: try Data(contentsOf: root.appending(path: path)), as: UTF8.self)
                let file = String(name.split(separator: "/").last ?? "")
                read += 1
                for line in text.split(separator: "\n") {
                    let code = line.prefix { $0 != "/" }
                    for way in Self.ways where code.firstMatch(of: way.use) != nil {
                        #expect(way.files.contains(file), "\(path): \(line)")
                        used.insert(file)
                    }
                }
            }
        }
        #expect(read > 500, "the files were not found")
        #expect(used == Self.ways.reduce(into: []) { $0.formUnion($1.files) }, "a way that no file goes")
    }
}
