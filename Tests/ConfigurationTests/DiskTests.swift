import Glibc
import Testing

@testable import AuthConfiguration

@Suite struct DiskTests {
    @Test(arguments: [
        ("/", "it is a directory, not a regular file"), ("/dev/null", "it is a character device, not a regular file"),
        ("/nonexistent/x.conf", "no such file or directory"),
    ])
    func `refuses what is no readable file`(path: String, reason: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try Configuration.load(file: path, arguments: [], environment: [:])
        }
        #expect(error?.description == "command line: --config: cannot read `\(path)`: \(reason)")
    }

    @Test func `knows a file again under another name`() throws {
        let directory = try #require(temporaryDirectory())
        defer {
            for name in ["a.conf", "b.conf"] { unlink(directory + "/" + name) }
            rmdir(directory)
        }
        let file = try #require(fopen(directory + "/a.conf", "w"))
        fputs("log-level debug\ninclude-file b.conf\n", file)
        fclose(file)
        try #require(symlink("a.conf", directory + "/b.conf") == 0)
        let error = #expect(throws: ConfigurationError.self) {
            try Configuration.load(file: directory + "/a.conf", arguments: [], environment: [:])
        }
        let path = directory + "/a.conf"
        #expect(
            error?.description
                == "\(path):2:14: files include each other: `\(path)` → `\(directory)/b.conf`")
    }

    @Test func `takes the working directory and the host's name from the system`() throws {
        let configuration = try Configuration.load(file: nil, arguments: [], environment: [:])
        #expect(configuration.root.hasPrefix("/"))
        let log = try Configuration.load(file: nil, arguments: ["--event-log=%h"], environment: [:]).eventLog
        #expect(log?.isEmpty == false && log != "%h")
    }

    private func temporaryDirectory() -> String? {
        var template = Array("/tmp/authhost-conf-XXXXXX".utf8CString)
        return template.withUnsafeMutableBufferPointer { pointer in
            pointer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
    }
}
