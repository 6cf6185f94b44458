import AuthCore
import Basics
import BenchmarkFloor
import ExecCore
import Glibc
import ModuleHost
import Runtime
import Synchronization

/// P10: commands that give credentials.
enum ExecRows {
    static let askers = 1000
    static let destinations = 100
    static let runs: UInt32 = 200

    /// - Parameters:
    ///   - module: of exec.
    ///   - folder: for what the commands write.
    static func run(module: String, folder: String) throws {
        try spawns()
        try oneRun(module, folder)
        try hungNeighbour(module)
    }

    /// Runs one after the other, beside the least that C needs for them.
    private static func spawns() throws {
        let supervisor = try CommandSupervisor()
        let command = try PinnedCommand(
            options: ExecOptions(values: [("UserName", "bench"), ("Command", "/bin/echo token")]))
        var (ours, floor) = (Series(), Series())
        for _ in 0..<rounds {
            let begin = ContinuousClock.now
            for _ in 0..<runs {
                let done = ThreadSemaphore()
                let isGood = Mutex(false)
                supervisor.run(command) { result in
                    if case .success = result { isGood.withLock { $0 = true } }
                    done.signal()
                }
                done.wait()
                guard isGood.withLock({ $0 }) else { throw BenchmarkError("a command failed") }
            }
            ours.append(perSecond(begin))
            let floorBegin = ContinuousClock.now
            guard floor_spawn("/bin/echo", "token", runs) == Int64(runs) * 6 else {
                throw BenchmarkError("the floor's command failed")
            }
            floor.append(perSecond(floorBegin))
        }
        supervisor.shutDown()
        row(
            "P10", "exec runs a second, one after the other; beside a bare posix_spawn loop",
            "\(short(ours.median))/s · \(short(floor.median))/s", ours.over(floor), .atLeast(0.95))
    }

    private static func perSecond(_ begin: ContinuousClock.Instant) -> Double {
        Double(runs) / ((ContinuousClock.now - begin) / .seconds(1))
    }

    /// Everybody asks while the command runs.
    private static func oneRun(_ module: String, _ folder: String) throws {
        let script = "\(folder)/counting"
        let runs = "\(folder)/runs"
        try write("#!/bin/sh\necho run >>\(runs)\nsleep 0.3\necho token\n", to: script)
        let host = try host(module, [("shared", "/bin/sh \(script)")], timeout: "10s")
        let (slowest, failed) = ask(host, (0..<askers).map { _ in "shared" })
        let count = try lines(of: runs)
        host.stop()
        guard failed == 0 else { throw BenchmarkError("\(failed) of \(askers) askers got no credential") }
        row(
            "P10", "1,000 askers at once of one destination: runs of its command, which takes 300 ms",
            "the last is answered after \(short(slowest)) ms", "–", .atMost(1, " run"), Double(count))
    }

    /// One of many commands hangs.
    private static func hungNeighbour(_ module: String) throws {
        var commands = (1..<destinations).map { ("d\($0)", "/bin/echo token") }
        commands.append(("hung", "/bin/sleep 600"))
        let host = try host(module, commands, timeout: "5s")
        guard let broker = host.broker else { throw BenchmarkError("there are no destinations") }
        broker.ask("hung") { _ in }
        let (slowest, failed) = ask(host, commands.dropLast().map(\.0))
        host.stop()
        guard failed == 0 else { throw BenchmarkError("\(failed) destinations were not answered") }
        row(
            "P10", "100 destinations asked at once, one hung for 5 s: the last of the others",
            "all 99 answered, the last after \(short(slowest)) ms", "–",
            .atMost(2500, " ms"), slowest)
    }

    /// - Returns: after how many milliseconds the last was answered, and how many got none.
    private static func ask(_ host: Host, _ names: [String]) -> (slowest: Double, failed: Int) {
        let left = Mutex(names.count)
        let failed = Mutex(0)
        let done = ThreadSemaphore()
        let begin = ContinuousClock.now
        for name in names {
            host.broker?.ask(name) { outcome in
                if case .failure = outcome { failed.withLock { $0 += 1 } }
                if left.withLock({ left in
                    left -= 1
                    return left
                }) == 0 {
                    done.signal()
                }
            }
        }
        done.wait()
        return ((ContinuousClock.now - begin) / .milliseconds(1), failed.withLock { $0 })
    }

    private static func host(_ module: String, _ commands: [(String, String)], timeout: String) throws -> Host {
        var configuration = HostConfiguration()
        configuration.destinations = commands.map { name, command in
            CredentialDestination(
                ModuleHost.Destination(name: name, address: ""),
                authenticator: loadRequest(
                    module, [("UserName", "bench"), ("Command", command), ("Timeout", timeout)]), source: "bench")
        }
        let host = quietHost(configuration)
        try host.loadAuthenticators()
        return host
    }

    private static func write(_ text: String, to path: String) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o755)
        guard file >= 0 else { throw BenchmarkError("`\(path)` cannot be written") }
        defer { close(file) }
        _ = text.withCString { Glibc.write(file, $0, strlen($0)) }
    }

    private static func lines(of path: String) throws -> Int {
        guard let file = fopen(path, "r") else { throw BenchmarkError("`\(path)` is not there") }
        defer { fclose(file) }
        var count = 0
        while true {
            let character = fgetc(file)
            if character == EOF { return count }
            if character == 10 { count += 1 }
        }
    }
}
