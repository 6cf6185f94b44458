import Foundation
import Testing

/// Every module of `Tests/Fixtures/modules` that must not be loaded, through the command. What is said of each is in LoaderTests.
@Suite struct RefusedModuleTests {
    /// By the first lines of the files.
    private static let wrong: [String] = Place.moduleSources.compactMap { name, text in
        let head = text.split(separator: "\n").prefix(3).joined(separator: " ")
        return head.hasPrefix("// Fault") && head.contains("Expected: refused") ? name : nil
    }

    @Test func `there are many`() { #expect(Self.wrong.count >= 40) }

    @Test(arguments: wrong, ["none", "process"])
    func `lets no user in, ends with the status of modules, and says why`(_ fixture: String, _ isolation: String) throws
    {
        let path = Place.fixture(fixture)
        let ending = try AuthHost.run(
            [
                "login", "--user", "alice", "--module", path, "--auth-init-timeout", "2", "--auth-module-isolation",
                isolation,
            ], input: "x\n")
        #expect(ending.status == 4, "\(ending)")
        #expect(ending.output.isEmpty, "\(ending)")
        #expect(ending.errors.contains("module `\(path)`: "), "\(ending)")
    }
}
