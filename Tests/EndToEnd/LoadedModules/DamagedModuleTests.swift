import Foundation
import Testing

/// Files that were modules until some of their bytes were changed.
@Suite(.needs(.cc)) struct DamagedModuleTests {
    /// The same draws for the same seed (SplitMix64).
    private struct Draws: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var z = state
            z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
            return z ^ (z >> 31)
        }
    }

    private static func number(_ variable: String, _ standard: Int) -> Int {
        ProcessInfo.processInfo.environment[variable].flatMap { Int($0) } ?? standard
    }

    /// The same files in every run; another seed asks for others. A file whose relocations write into what is not its own may
    /// outlive the child and kill the host later, which no trial can see: one in many thousands has.
    private static var seed: UInt64 {
        ProcessInfo.processInfo.environment["AUTHHOST_DAMAGED_SEED"].flatMap { UInt64($0) } ?? 2026
    }

    /// The loader's own C code in a small program, so that thousands cost seconds.
    @Test func `thousands of them kill children of the host, and never the host`() throws {
        let folder = try Folder()
        let program = folder.path("mutates")
        let loader = Place.file("Sources/CFFI")
        // All files of the loader: a list of those that it takes would be wrong once one of them is split.
        let sources = try FileManager.default.subpathsOfDirectory(atPath: loader).filter { $0.hasSuffix(".c") }
        let built = try ChildProcess.run(
            [
                "cc", "-std=gnu11", "-O1", "-D_Nonnull=", "-D_Nullable=", "-I", Place.file("include"), "-I", loader,
                "-I", loader + "/include", Place.file("Tests/EndToEnd/LoadedModules/Modules/mutates.c"),
            ] + sources.map { loader + "/" + $0 } + ["-o", program, "-l:libffi.a", "-lpthread"])
        try #require(built.status == 0, "\(built)")
        let module = try folder.module(from: Place.file("Tests/EndToEnd/LoadedModules/Modules/verdicts.c"))
        let seed = Self.seed
        let count = Self.number("AUTHHOST_DAMAGED_TRIED", 2200)
        let ending = try ChildProcess.run([program, module, "\(seed)", "\(count)"], seconds: 600)
        #expect(ending.status == 0, "seed \(seed): \(ending)")
        let counts = ending.output.split { !$0.isNumber }.compactMap { Int($0) }
        #expect(counts.reduce(0, +) == count, "seed \(seed): \(ending)")
        // Some are harmless, some are refused by the dynamic linker, and some would have killed the host.
        #expect(counts.prefix(3).allSatisfy { $0 > 0 }, "seed \(seed): \(ending)")
    }

    @Test func `some of them are refused by the command, or answer; nothing stays behind`() throws {
        let folder = try Folder()
        let original = try Data(
            contentsOf: URL(
                filePath: try folder.module(from: Place.file("Tests/EndToEnd/LoadedModules/Modules/verdicts.c"))))
        let (seed, path, temporary) = (Self.seed, folder.path("damaged.so"), folder.path("tmp"))
        try FileManager.default.createDirectory(atPath: temporary, withIntermediateDirectories: true)
        var draws = Draws(state: seed)
        for round in 0..<Self.number("AUTHHOST_DAMAGED_ASKED", 40) {
            var bytes = original
            for _ in 0..<Int.random(in: 1...8, using: &draws) {
                let places = Bool.random(using: &draws) ? 0..<4096 : bytes.indices
                bytes[Int.random(in: places, using: &draws)] = UInt8.random(in: 0...255, using: &draws)
            }
            try? FileManager.default.removeItem(atPath: path)
            try bytes.write(to: URL(filePath: path))
            chmod(path, 0o755)
            for command in [["module", "inspect", path], ["login", "--user", "u2", "--module", path]] {
                let ending = try ChildProcess.run(
                    [Place.binary("authhost")] + command, input: "x\n", environment: ["TMPDIR": temporary], seconds: 120
                )
                // A byte of an entry itself may be another one: that is what the line of a crash is for.
                let isTold = ending.status > 128 && ending.errors.contains("module `")
                #expect((0...4).contains(ending.status) || isTold, "seed \(seed), round \(round): \(ending)")
                #expect(try FileManager.default.contentsOfDirectory(atPath: temporary) == [])
            }
        }
    }
}
