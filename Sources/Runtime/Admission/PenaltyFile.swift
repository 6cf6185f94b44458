import Basics
import Glibc

/// The file in which penalties are kept over a restart: one host's at a time, replaced as a whole.
public final class PenaltyFile: Sendable {
    /// Most bytes that are read: a full table has less.
    static let limit = 128 << 20

    let path: String
    /// What was there at the start; nil for nothing.
    let text: String?
    /// Held until the process ends.
    private let lock: Int32

    /// Takes the file for this process and reads it. Blocks for as long as the disk does.
    ///
    /// - Throws: ``PenaltyFileError`` where it cannot be read, somebody untrusted may have written it, or another process has it.
    public init(_ path: String, _ trust: FileTrust = FileTrust()) throws(PenaltyFileError) {
        self.path = path
        lock = open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard lock >= 0 else { throw PenaltyFileError("`\(path).lock` cannot be opened: \(SystemError())") }
        if case .held = FileLock.take(lock) {
            close(lock)
            throw PenaltyFileError("another authhost has `\(path)`")
        }
        do throws(PenaltyFileError) {
            text = try Self.read(path, trust)
        } catch {
            close(lock)
            throw error
        }
    }

    deinit { close(lock) }

    /// Reads the file; nil where there is none.
    ///
    /// - Throws: as ``init(_:_:)``.
    public static func read(_ path: String, _ trust: FileTrust) throws(PenaltyFileError) -> String? {
        do throws(FileTrustError) {
            return String(decoding: try TrustedFile.contents(of: path, trust, limit: limit).bytes, as: UTF8.self)
        } catch {
            if error.kind == .missing { return nil }
            throw PenaltyFileError("`\(path)` is not read: \(error)")
        }
    }

    /// Moves what cannot be understood aside, for people to look at.
    func putAside() -> String { rename(path, path + ".damaged") == 0 ? "\(path).damaged" : path }

    /// Replaces the file: a reader finds what was there before or all of the new. Blocks for as long as the disk does.
    ///
    /// - Throws: ``SystemError`` where it stays as it was.
    func write(_ text: String) throws(SystemError) {
        let fresh = path + ".new"
        unlink(fresh)
        let descriptor = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw SystemError(errno, "open") }
        defer { close(descriptor) }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            // SAFETY: the kernel reads as many bytes as the slice has.
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw SystemError(errno, "write") }
            rest = rest.dropFirst(count)
        }
        guard fsync(descriptor) == 0 else { throw SystemError(errno, "fsync") }
        guard rename(fresh, path) == 0 else { throw SystemError(errno, "rename") }
    }
}

/// Why penalties cannot be kept over a restart.
public struct PenaltyFileError: Error, Sendable, CustomStringConvertible {
    /// What was found, and what would be accepted.
    public let description: String

    init(_ description: String) { self.description = description }
}
