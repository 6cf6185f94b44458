import BenchmarkFloor
import Glibc
import Runtime

/// Rounds of each row; an odd number, so that the median is one of them.
let rounds = getenv("ROUNDS").flatMap { Int(String(cString: $0)) } ?? 7

/// The figures of one thing that is measured, one for each round.
struct Series {
    private(set) var values: [Double] = []

    mutating func append(_ value: Double) { values.append(value) }

    var median: Double { values.sorted()[values.count / 2] }

    /// The rounds' ratios to another series: those to a figure of the same round.
    func over(_ floor: Series) -> Series {
        Series(values: zip(values, floor.values).map { $0 / $1 })
    }

    /// A median with the least and the most beside it.
    var spread: String {
        let sorted = values.sorted()
        return "\(short(median)) (\(short(sorted[0]))…\(short(sorted[sorted.count - 1])))"
    }
}

/// What a figure has to be for a row to count as reached: the ratio, or with a unit the figure itself.
enum Reach {
    case atLeast(Double, _ unit: String = "")
    case atMost(Double, _ unit: String = "")
    /// A figure to know, with nothing to reach.
    case none

    func isReached(by value: Double) -> Bool? {
        switch self {
        case .atLeast(let least, _): value >= least
        case .atMost(let most, _): value <= most
        case .none: nil
        }
    }

    var text: String {
        switch self {
        case .atLeast(let least, let unit): "≥ \(short(least))\(unit)"
        case .atMost(let most, let unit): "≤ \(short(most))\(unit)"
        case .none: "–"
        }
    }
}

/// Prints a row of the table. figures: what was measured and what stands beside it, with units. value: what must reach `reach`.
func row(_ name: String, _ what: String, _ figures: String, _ ratio: String, _ reach: Reach, _ value: Double) {
    let reached = reach.isReached(by: value).map { $0 ? "yes" : "**no**" } ?? "–"
    print("| \(name) | \(what) | \(figures) | \(ratio) | \(reach.text) | \(reached) |")
    fflush(nil)
}

/// Prints a row whose ratio is that of two series.
func row(_ name: String, _ what: String, _ figures: String, _ ratio: Series, _ reach: Reach) {
    row(name, what, figures, ratio.spread, reach, ratio.median)
}

/// Three digits that count: none behind the point from 100 on, one from 10 on, two below, more below 0.1.
func short(_ value: Double) -> String {
    if value >= 100 || value == value.rounded() { return "\(Int(value.rounded()))" }
    let digits: Double = value >= 10 ? 10 : value >= 0.1 ? 100 : 10_000
    return "\((value * digits).rounded() / digits)"
}

/// Operations a second of something that takes so many nanoseconds: `8.3 M/s`, `57 k/s`.
func rate(_ nanoseconds: Double) -> String {
    let rate = 1_000_000_000 / nanoseconds
    return rate >= 1_000_000 ? "\(short(rate / 1_000_000)) M/s" : "\(short(rate / 1000)) k/s"
}

/// The CPU time that the calling thread has spent in `body`, in nanoseconds for each of `count` operations.
func cpuTime(of count: Int, _ body: () throws -> Void) rethrows -> Double {
    let before = floor_cpu_time()
    try body()
    return Double(floor_cpu_time() - before) / Double(count)
}

/// Nanoseconds that all threads of this process have run.
func processTime() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// A line of `/proc/self/status` such as `VmRSS` (kB) or `Threads`; 0 where there is none.
func status(_ name: String) -> Int {
    guard let file = fopen("/proc/self/status", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, 256, file) != nil {
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if text.hasPrefix("\(name):") { return Int(text.filter(\.isNumber)) ?? 0 }
    }
    return 0
}

/// Numbers that are the same in every run (xorshift).
struct FixedRandom: RandomNumberGenerator {
    private var state: UInt64 = 0x9e37_79b9_7f4a_7c15

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}

/// Writes the points of a curve: a size and a value for each line, one point a line.
func writeCurve(_ path: String, _ points: [[Double]]) throws {
    guard let file = fopen(path, "w") else { throw BenchmarkError("cannot write `\(path)`") }
    for point in points { fputs(point.map { "\($0)" }.joined(separator: " ") + "\n", file) }
    guard fclose(file) == 0 else { throw BenchmarkError("cannot write `\(path)`") }
}
