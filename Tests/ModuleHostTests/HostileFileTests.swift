import Glibc
import Testing

@testable import ModuleHost

/// Draws numbers from a printed seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

@Suite struct `A file that is not what it seems` {
    private func image() throws -> [UInt8] {
        let request = Fixtures.request("gen6")
        let descriptor = open(request.module, O_RDONLY)
        try #require(descriptor >= 0, "build the fixtures first: scripts/build-fixtures")
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count <= 0 { return bytes }
            bytes += buffer[..<count]
        }
    }

    @Test func `is read at any length without a trap`() throws {
        let bytes = try image()
        for length in stride(from: 0, to: bytes.count, by: 7) {
            let isRefused = (try? ELFFile(Array(bytes[..<length]))) == nil
            #expect(isRefused, "\(length) of \(bytes.count) bytes")
        }
    }

    @Test func `is read with any damage without a trap`() throws {
        let original = try image()
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        var refused = 0
        for _ in 0..<10_000 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                let index =
                    Bool.random(using: &generator)
                    ? Int.random(in: 0..<min(1024, bytes.count), using: &generator)
                    : Int.random(in: 0..<bytes.count, using: &generator)
                bytes[index] = UInt8.random(in: 0...255, using: &generator)
            }
            do throws(ELFError) { _ = try ELFFile(bytes) } catch { refused += 1 }
        }
        #expect(refused > 0, "seed \(seed)")
        #expect(refused < 10_000, "seed \(seed)")
    }
}
