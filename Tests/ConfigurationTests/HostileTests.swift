import Testing

@testable import AuthConfiguration

/// A small generator whose seed decides everything (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

@Suite struct HostileTests {
    private static let pieces = [
        "if", "else", "endif", "==", "a", "\"", "\\", "${A}", "${", "}", "$", "%", "%r", "#", "\n", "\n", "\n", " ",
        " ",
        "define A ", "undefine A", "include-file ", "main.conf", "b.conf", "add-authdir", "end-authdir", "add-x",
        "end-x",
        "add-sigkey", "end-sigkey", "key-id", "keyfile", "auth-module", "http-listen", "127.0.0.1:1", "30", "-", "TRUE",
        "add-module-options", "end-module-options", "object-map", "\u{0}", "é", "\r", "\t",
    ]

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `names places inside of the file however it is mutilated`(seed: UInt64) {
        var generator = SeededGenerator(state: seed)
        var failures = 0
        for _ in 0..<100 {
            let count = Int.random(in: 0...60, using: &generator)
            let text = (0..<count).map { _ in Self.pieces.randomElement(using: &generator) ?? "" }.joined()
            failures += check(text)
        }
        #expect(failures > 50, "the pieces ought to make mistakes mostly (seed \(seed))")
    }

    /// Returns 1 when the text is refused, after checking every place that the refusal names.
    private func check(_ text: String) -> Int {
        let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
        do throws(ConfigurationError) {
            _ = try load(text, files: ["b.conf": "http-realm b"])
            return 0
        } catch {
            #expect(!error.problems.isEmpty)
            for problem in error.problems {
                guard case .file(let position) = problem.source, position.file == "main.conf" else { continue }
                guard (1...lines.count).contains(position.line) else {
                    Issue.record("\(problem) is outside of \(text.debugDescription)")
                    continue
                }
                #expect((1...lines[position.line - 1].count).contains(position.column), "\(problem)")
            }
            return 1
        }
    }
}
