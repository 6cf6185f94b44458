import Foundation
import Testing

/// What is around the process when it starts.
@Suite(.needs(.cc)) struct StartEnvironmentTests {
    /// A library that moves the environment before main() begins, as libfaketime does, and that leaves a mark of its code.
    private func preloaded(_ folder: Folder) throws -> String {
        let source = try folder.write(
            """
            #define _GNU_SOURCE
            #include <stdio.h>
            #include <stdlib.h>
            __attribute__((constructor)) static void begin(void) {
                char name[32];
                for (int i = 0; i < 64; i++) {
                    snprintf(name, sizeof name, "MOVES_THE_ENVIRONMENT_%d", i);
                    setenv(name, "x", 1);
                }
                fprintf(stderr, "code of the preloaded library\\n");
            }
            """, to: "preloaded.c")
        return try folder.module(from: source, "preloaded")
    }

    @Test func `a library that sets variables before main takes no argument away`() throws {
        let folder = try Folder()
        let ending = try ChildProcess.run(
            [Place.binary("authhost"), "check", "--user", "alice", "--write", "/NOWHERE", "--password-stdin"]
                + AuthHost.xmlauth(),
            input: "wonderland\n", environment: ["LD_PRELOAD": try preloaded(folder)])
        #expect(ending.status == 2, "\(ending)")
        #expect(ending.output.hasPrefix("deny: "), "\(ending)")
    }

    @Test(arguments: ["LD_PRELOAD", "LD_AUDIT", "LD_LIBRARY_PATH", "GCONV_PATH"])
    func `variables that choose code are dropped`(_ variable: String) throws {
        let folder = try Folder()
        let value = variable == "LD_PRELOAD" ? try preloaded(folder) : folder.path
        let ending = try ChildProcess.run(
            [Place.binary("authhost"), "config", "check", "--module", "openauth"], environment: [variable: value])
        #expect(ending.status == 0, "\(ending)")
        #expect(ending.errors.contains("authhost: \(variable) is dropped: "), "\(ending)")
        // The library runs in the process that is started first, and not in the one that goes on.
        let runs = ending.errors.components(separatedBy: "code of the preloaded library").count - 1
        #expect(runs == (variable == "LD_PRELOAD" ? 1 : 0), "\(ending)")
    }

    @Test func `a library path gives a module none of its libraries`() throws {
        let folder = try Folder()
        let library = try folder.write("int provided(void) { return 1; }\n", to: "provided.c")
        let provided = try folder.module(from: library, "provided")
        let module = folder.path("libneeds.so")
        let built = try ChildProcess.run([
            "cc", "-shared", "-fPIC", "-I", Place.file("include"),
            Place.file("Tests/EndToEnd/LoadedModules/Modules/verdicts.c"),
            "-o", module, "-Wl,--no-as-needed", "-L", folder.path, "-lprovided",
        ])
        try #require(built.status == 0, "\(built)")
        chmod(module, 0o755)
        let ending = try ChildProcess.run(
            [Place.binary("authhost"), "login", "--user", "u1", "--module", module], input: "x\n",
            environment: ["LD_LIBRARY_PATH": folder.path])
        #expect(FileManager.default.fileExists(atPath: provided))
        #expect(ending.status == 4, "\(ending)")
        #expect(ending.errors.contains("it needs `libprovided.so`"), "\(ending)")
    }
}
