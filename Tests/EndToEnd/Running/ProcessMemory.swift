import Foundation
import Glibc

/// What is in the memory of another process (proc_pid_mem(5)).
enum ProcessMemory {
    /// How often bytes are there, in everything that the process can read.
    static func count(of bytes: some Collection<UInt8>, in pid: pid_t) throws -> Int {
        let needle = Array(bytes)
        let memory = open("/proc/\(pid)/mem", O_RDONLY)
        guard memory >= 0 else {
            throw ChildError(description: "no /proc/\(pid)/mem: \(String(cString: strerror(errno)))")
        }
        defer { close(memory) }
        return try readable(pid).reduce(0) { count, range in count + self.count(of: needle, in: range, memory) }
    }

    /// The words of each line of what another process has mapped (proc_pid_maps(5)).
    static func maps(of pid: pid_t) throws -> [[Substring]] {
        // Foundation takes what the first read(2) gives for the whole, which is a page here.
        guard let file = fopen("/proc/\(pid)/maps", "r") else { throw ChildError(description: "no maps of \(pid)") }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&piece, 1, piece.count, file), count > 0 { bytes += piece[..<count] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { $0.split(separator: " ") }
    }

    private static func readable(_ pid: pid_t) throws -> [Range<UInt>] {
        try maps(of: pid).compactMap { words in
            let ends = words[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            // The kernel's own pages are not to be read.
            guard ends.count == 2, words[1].hasPrefix("r"), words.last?.hasPrefix("[v") != true else { return nil }
            return ends[0]..<ends[1]
        }
    }

    private static func count(of needle: [UInt8], in range: Range<UInt>, _ memory: Int32) -> Int {
        let size = 1 << 20
        var buffer = [UInt8](repeating: 0, count: size + needle.count - 1)
        var count = 0
        for start in stride(from: range.lowerBound, to: range.upperBound, by: size) {
            let wanted = min(buffer.count, Int(range.upperBound - start))
            let got = pread(memory, &buffer, wanted, off_t(start))
            if got >= needle.count { count += occurrences(of: needle, in: buffer[..<got]) }
        }
        return count
    }

    private static func occurrences(of needle: [UInt8], in bytes: ArraySlice<UInt8>) -> Int {
        let (hay, wanted) = (Data(bytes), Data(needle))
        var (count, start) = (0, hay.startIndex)
        while let found = hay.range(of: wanted, in: start..<hay.endIndex) {
            count += 1
            start = found.lowerBound + 1
        }
        return count
    }
}
