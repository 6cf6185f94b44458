import Basics
import Glibc
import ModuleHost
import Synchronization
import Testing

@testable import Runtime

/// Waits for what another thread brings about; two minutes at most, so that what never comes fails.
enum Patience {
    static func wait(for condition: () -> Bool) -> Bool {
        let pause = ThreadSemaphore()
        for _ in 0..<24_000 {
            if condition() { return true }
            _ = pause.wait(for: .milliseconds(5))
        }
        return condition()
    }
}

/// A folder of a test's own, gone with it.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/authhost-swap-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemFault(code: errno) }
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    deinit {
        for name in names { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    private var names: [String] = []

    /// Copies a file into the folder, in the place of what has the name there.
    func copy(_ source: String, as name: String) throws -> String {
        guard let file = fopen(source, "re") else { throw SystemFault(code: errno) }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while case let got = fread(&piece, 1, piece.count, file), got > 0 { bytes += piece[..<got] }
        unlink("\(path)/\(name)")
        let copy = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_EXCL, 0o755)
        guard copy >= 0, write(copy, bytes, bytes.count) == bytes.count else { throw SystemFault(code: errno) }
        close(copy)
        names.append(name)
        return "\(path)/\(name)"
    }

    struct SystemFault: Error { let code: Int32 }
}

/// Threads that run until they return.
struct DispatchedThreads {
    private let done = ThreadSemaphore()
    private let count: Int

    init(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
        self.count = count
        for number in 0..<count {
            _ = PosixThread.start(name: "test") { [done] in
                body(number)
                done.signal()
            }
        }
    }

    func join() { for _ in 0..<count { done.wait() } }
}
