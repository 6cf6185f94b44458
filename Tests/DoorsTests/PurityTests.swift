import Foundation
import Testing

/// A door's protocol takes bytes, answers and times, and gives bytes, questions and times: nothing in its target waits for anything,
/// tells the time by itself, or asks the system.
@Suite struct `The protocols of doors` {
    /// All that their files may import: values, counters, and the reader and writer of JSON.
    private static let imports: Set<String> = [
        "AuthCore", "Basics", "CLibJansson", "CResources", "CoreMetrics", "FoundationEssentials", "JSONReading",
        "Logging", "Metrics", "Prometheus", "Synchronization",
    ]

    /// What only these have of the C library: the number of the process for a greeting, and overwriting what was received.
    private static let ofSystem = ["DovecotDoor.swift": "getpid", "StrictRequest.swift": "explicit_bzero"]

    /// What reads a clock, asks a table of the system, starts a thread, or waits.
    private static var impurities: Regex<Substring> {
        #/
        \b(?: SystemTime | SystemUser | ThreadSemaphore | WorkerThread | LogTime\(\) | \w*Clock\.now | Date\( | clock_gettime
        | gettimeofday | time\(nil | getpw\w+ | getgr\w+ | getuid | geteuid | gethost\w+ | getaddrinfo | getenv | Task\.
        | sleep | usleep | Thread\b | Dispatch\w+ | Timer\b )
        /#
    }

    private struct File {
        let name: String
        /// Without what comments say.
        let lines: [Substring]

        var imports: [String] {
            lines.compactMap { $0.firstMatch(of: #/^(?:@\w+ )*import (\w+)/#).map { String($0.1) } }
        }
    }

    private static func files() throws -> [File] {
        let root = URL(filePath: #filePath).appending(path: "../../../Sources/DoorProtocols").standardizedFileURL
        let names = try FileManager.default.subpathsOfDirectory(atPath: root.path).filter { $0.hasSuffix(".swift") }
        return try names.map { name in
            let text = try String(contentsOf: root.appending(path: name), encoding: .utf8)
            let code = text.replacing(#/"(?:[^"\\\n]|\\.)*"/#, with: "\"\"").replacing(#/\/\/.*/#, with: "")
            return File(name: String(name.split(separator: "/").last ?? ""), lines: code.split(separator: "\n"))
        }
    }

    @Test func `import nothing that carries, waits or tells the time`() throws {
        let files = try Self.files()
        #expect(files.count > 50, "the files were not found")
        for file in files {
            let others = Set(file.imports).subtracting(Self.imports)
            #expect(others.subtracting(Self.ofSystem[file.name] == nil ? [] : ["Glibc"]).isEmpty, "\(file.name)")
        }
    }

    @Test func `read no clock, and ask the system for nothing`() throws {
        for file in try Self.files() {
            for line in file.lines { #expect(line.firstMatch(of: Self.impurities) == nil, "\(file.name): \(line)") }
        }
        for (name, call) in Self.ofSystem {
            let file = try #require(try Self.files().first { $0.name == name })
            #expect(file.lines.contains { $0.contains(call + "(") }, "\(name) does not need the C library any more")
        }
    }
}
