import Foundation
import Testing

/// What the compiler says of a class of the module kit that leaves something undecided.
@Suite struct KitDefaultsTests {
    private static let decidesLogins = "func newUser(_ login: borrowing LoginQuestion) -> Answer { .deny }"
    private static let decidesReads = "func checkRead(_ check: borrowing CheckQuestion) -> Answer { .deny }"

    /// Compiles a class against the kit as it was built.
    private func compile(_ conformance: String, _ members: String) throws -> Ending {
        let folder = try Folder()
        let source = try folder.write(
            """
            import ModuleKit
            final class Gate: \(conformance) {
                init(host: HostInterface) throws {}
                \(members)
            }
            """, to: "gate.swift")
        return try ChildProcess.run([
            "swiftc", "-typecheck", "-swift-version", "6", "-module-cache-path", folder.path("modules"),
            "-I", Place.binary("Modules"), "-I", Place.file("include"), source,
        ])
    }

    @Test(arguments: [
        ("AuthModule", decidesLogins + "; " + decidesReads), ("AuthModule, OpenReads", decidesLogins),
    ])
    func `a class builds that decides log-ins and reads, or opens reads in a word`(
        _ conformance: String, _ members: String
    ) throws {
        let ending = try compile(conformance, members)
        #expect(ending.status == 0, "\(ending)")
    }

    @Test(arguments: [
        ("AuthModule", decidesReads, "newUser"), ("AuthModule", decidesLogins, "checkRead"),
        ("AuthModule, OpenReads", "", "newUser"),
    ])
    func `a class that leaves one of them out does not build`(
        _ conformance: String, _ members: String, _ missing: String
    ) throws {
        let ending = try compile(conformance, members)
        #expect(ending.status == 1, "\(ending)")
        #expect(ending.errors.contains("type 'Gate' does not conform to protocol 'AuthModule'"), "\(ending)")
        #expect(ending.errors.contains("'\(missing)"), "\(ending)")
    }
}
