import Glibc

/// A file that was opened for reading, and that only trusted owners can have written or put there.
public struct TrustedFile: ~Copyable {
    /// The open file; closed when this value goes.
    public let descriptor: Int32
    /// What fstat(2) says of it.
    public let status: stat
    /// Where it is: absolute, without links.
    public let path: String

    /// Tries before a file that is replaced again and again counts as one that cannot be read.
    private static let tries = 16

    /// Opens a regular file and checks it, its directories and the links on the way. Never waits, as a FIFO would make it.
    ///
    /// - Throws: ``FileTrustError``: it cannot be read, or is not to be trusted.
    public init(_ path: String, _ trust: FileTrust = FileTrust()) throws(FileTrustError) {
        for _ in 0..<Self.tries {
            if let opened = try Self.open(path, trust) {
                self = opened
                return
            }
        }
        throw FileTrustError("it is replaced again and again while it is opened", .unreadable)
    }

    private init(descriptor: Int32, status: stat, path: String) {
        self.descriptor = descriptor
        self.status = status
        self.path = path
    }

    deinit { close(descriptor) }

    /// Returns nil for a file that was replaced between opening it and looking at its way.
    private static func open(_ path: String, _ trust: FileTrust) throws(FileTrustError) -> TrustedFile? {
        let path = StartDirectory.absolute(path)
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw FileTrustError(system: errno) }
        do throws(FileTrustError) {
            var (opened, found) = (stat(), stat())
            guard fstat(descriptor, &opened) == 0 else { throw FileTrustError(system: errno) }
            if let fault = trust.fault(in: opened) { throw FileTrustError(fault, .untrustedFile) }
            let resolved = try trust.resolve(path)
            guard lstat(resolved, &found) == 0, FileIdentity(found) == FileIdentity(opened) else {
                close(descriptor)
                return nil
            }
            return TrustedFile(descriptor: descriptor, status: opened, path: resolved)
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// Reads a file whole.
    ///
    /// - Parameter limit: most bytes.
    /// - Returns: the bytes, and what is equal for two paths of one file.
    /// - Throws: ``FileTrustError``; also for a file with more bytes.
    public static func contents(
        of path: String, _ trust: FileTrust = FileTrust(), limit: Int
    ) throws(FileTrustError) -> (bytes: [UInt8], identity: String) {
        let file = try TrustedFile(path, trust)
        return (try file.contents(limit: limit), "\(file.status.st_dev):\(file.status.st_ino)")
    }

    /// Reads it whole, from where it stands: of the very file that ``status`` is of.
    ///
    /// - Parameter limit: most bytes.
    /// - Throws: ``FileTrustError``; also for a file with more bytes.
    public borrowing func contents(limit: Int) throws(FileTrustError) -> [UInt8] {
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        // What is read may be a key.
        defer { chunk.wipe() }
        while true {
            // SAFETY: the kernel writes at most as many bytes as the buffer has.
            let count = chunk.withUnsafeMutableBytes { [descriptor] in read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw FileTrustError(system: errno) }
            if count == 0 { return content }
            content += chunk[..<count]
            guard content.count <= limit else { throw FileTrustError("larger than \(limit) bytes", .unreadable) }
        }
    }
}
