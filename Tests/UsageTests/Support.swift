import Basics
import Glibc
import Synchronization
import Usage

/// A clock that tests turn by hand, in whole seconds.
final class HandClock: HostClock {
    private let time: Mutex<(wall: Int64, monotonic: Int64)>

    init(_ wall: Int64) { time = Mutex((wall, 0)) }

    var wall: Int64 { seconds * 1_000_000_000 }
    var monotonic: Int64 { time.withLock { $0.monotonic } * 1_000_000_000 }
    var runs: Bool { false }
    /// The wall clock's.
    var seconds: Int64 { time.withLock { $0.wall } }

    /// Lets time pass.
    func pass(_ seconds: Int64) { time.withLock { $0 = ($0.wall + seconds, $0.monotonic + seconds) } }

    /// Sets the wall clock, as an operator does.
    func set(_ wall: Int64) { time.withLock { $0.wall = wall } }
}

/// Who is logged in, as tests say.
final class Sessions: SessionSource {
    private let sessions: Mutex<[(user: String, application: String)]>

    init(_ sessions: [(user: String, application: String)] = []) { self.sessions = Mutex(sessions) }

    func logIn(_ user: String, _ application: String) { sessions.withLock { $0.append((user, application)) } }

    func logOut(_ user: String) { sessions.withLock { $0.removeAll { $0.user == user } } }

    func forEachSession(_ body: (_ user: String, _ application: String) -> Void) {
        for session in sessions.withLock({ $0 }) { body(session.user, session.application) }
    }
}

/// The lines that were logged.
final class LogLines: Sendable {
    private let kept = Mutex<[String]>([])

    var lines: [String] { kept.withLock { $0 } }

    func append(_ level: UsageLogLevel, _ text: String) { kept.withLock { $0.append("\(level): \(text)") } }
}

/// A folder that is gone with its owner.
final class Folder: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/authhost-usage-XXXXXX".utf8CString)
        // SAFETY: the template is NUL-terminated and writable; mkdtemp(3) changes its last six characters.
        path = template.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!).map { String(cString: $0) } } ?? ""
    }

    deinit { Self.removeAll(path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    private static func removeAll(_ path: String) {
        if let folder = opendir(path) {
            while let entry = readdir(folder) {
                // SAFETY: d_name is NUL-terminated (readdir(3)) and lives until the next readdir of this folder.
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name != "." && name != ".." { removeAll("\(path)/\(name)") }
            }
            closedir(folder)
        }
        remove(path)
    }
}

/// The bytes of a file; nil when there is none.
func contents(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
    return bytes
}

func write(_ bytes: [UInt8], to path: String) {
    guard let file = fopen(path, "w") else { return }
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
}

/// The permissions of a file.
func mode(_ path: String) -> UInt32 {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
}
