import Foundation
import Testing

/// What the compiler says of a class of the module kit that leaves something undecided, and the host of one that opens in silence.
@Suite struct KitDefaultsTests {
    private static let decidesLogins = "func newUser(_ login: borrowing LoginQuestion) -> Answer { .deny }"
    private static let decidesReads = "func checkRead(_ check: borrowing CheckQuestion) -> Answer { .deny }"

    /// Compiles a class against the kit as it was built.
    private func compile(
        _ conformance: String, _ members: String, in folder: Folder, _ flags: [String] = ["-typecheck"]
    ) throws -> Ending {
        let source = try folder.write(
            """
            import CAuthModule
            import ModuleKit
            final class Gate: \(conformance) {
                init(host: HostInterface) throws {}
                \(members)
            }
            @c(authkit_module_type) public func moduleType() -> UnsafeMutableRawPointer? { exported(Gate.self) }
            """, to: "gate.swift")
        return try ChildProcess.run(
            [
                "swiftc", "-swift-version", "6", "-module-cache-path", folder.path("modules"),
                "-I", Place.binary("Modules"), "-I", Place.file("include"), source,
            ] + flags)
    }

    /// Builds a module of a class and a C line, with the kit as it was built.
    private func build(_ conformance: String, _ members: String, line: String, in folder: Folder) throws -> String {
        let source = try folder.write("#include <authhost/authmodule.h>\n\(line)\n", to: "line.c")
        let compiled = try ChildProcess.run([
            "cc", "-c", "-fPIC", "-Wall", "-Wextra", "-Werror", "-I", Place.file("include"), source,
            "-o", folder.path("line.o"),
        ])
        try #require(compiled.status == 0, "\(compiled)")
        let kit = try FileManager.default.subpathsOfDirectory(atPath: Place.file("Sources/ModuleKit"))
            .filter { $0.hasSuffix(".swift") }
            .map { Place.binary("ModuleKit.build/\(URL(filePath: $0).lastPathComponent).o") }
        let module = folder.path("libgate.so")
        let linked = try compile(
            conformance, members, in: folder,
            ["-emit-library", "-static-stdlib", "-use-ld=lld", "-o", module, folder.path("line.o")] + kit)
        try #require(linked.status == 0, "\(linked)")
        chmod(module, 0o755)
        return module
    }

    @Test(
        .needs(.cc),
        arguments: [
            ("AuthModule, OpenReads", decidesLogins, true), ("AuthModule", decidesLogins + "; " + decidesReads, false),
        ])
    func `a class is let in whose line says whether it opens reads`(
        _ conformance: String, _ members: String, _ opens: Bool
    ) throws {
        let folder = try Folder()
        let line = {
            "AUTH_SWIFT_MODULE(\"gate\", \"1\", AUTH_ANY_THREAD\($0 ? " | AUTH_OPEN_READS" : ""), AUTH_NO_OPTIONS);"
        }
        let truthful = try build(conformance, members, line: line(opens), in: folder)
        let inspected = try AuthHost.run(["module", "inspect", truthful])
        #expect(inspected.output.contains("it declares AUTH_OPEN_READS") == opens)
        let asked = try AuthHost.run(["login", "--user", "ann", "--module", truthful], input: "x\n")
        #expect(asked.status == 2 && asked.output.contains("denied-by-module"), "\(asked)")
        let lying = try build(conformance, members, line: line(!opens), in: folder)
        let refused = try AuthHost.run(["login", "--user", "ann", "--module", lying], input: "x\n")
        #expect(refused.status == 4, "\(refused)")
        #expect(
            refused.errors.contains(
                opens
                    ? "the class is `OpenReads`, which its C line does not say"
                    : "the C line declares AUTH_OPEN_READS, and the class decides reads"),
            "\(refused)")
    }

    @Test(arguments: [
        ("AuthModule", decidesLogins + "; " + decidesReads), ("AuthModule, OpenReads", decidesLogins),
    ])
    func `a class builds that decides log-ins and reads, or opens reads in a word`(
        _ conformance: String, _ members: String
    ) throws {
        let ending = try compile(conformance, members, in: Folder())
        #expect(ending.status == 0, "\(ending)")
    }

    @Test(arguments: [
        ("AuthModule", decidesReads, "newUser"), ("AuthModule", decidesLogins, "checkRead"),
        ("AuthModule, OpenReads", "", "newUser"),
    ])
    func `a class that leaves one of them out does not build`(
        _ conformance: String, _ members: String, _ missing: String
    ) throws {
        let ending = try compile(conformance, members, in: Folder())
        #expect(ending.status == 1, "\(ending)")
        #expect(ending.errors.contains("type 'Gate' does not conform to protocol 'AuthModule'"), "\(ending)")
        #expect(ending.errors.contains("'\(missing)"), "\(ending)")
    }
}
