import FoundationEssentials

/// What the real programs have sent, in `Tests/Fixtures`: one file for each request.
enum RecordedRequests {
    private static func folder(_ program: String) -> URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/\(program)")
    }

    static func names(_ program: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder(program).path).filter { $0.hasSuffix(".req") }
            .sorted()
    }

    static func bytes(_ program: String, _ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder(program).appending(path: name)))
    }
}
