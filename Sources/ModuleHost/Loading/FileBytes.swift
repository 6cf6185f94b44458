import Glibc

/// Whole files of the system.
enum FileBytes {
    /// Reads a regular file of at most 512 MiB; nil where that is not possible.
    static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            status.st_size <= ModuleImage.maximumSize
        else { return nil }
        return try? ModuleImage.contents("", descriptor, path, Int(status.st_size))
    }

    /// Reads a file of /proc, whose size nobody knows before.
    static func readToEnd(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let got = Glibc.read(descriptor, &piece, piece.count)
            if got < 0 && errno == EINTR { continue }
            guard got > 0 else { return got == 0 ? bytes : nil }
            bytes += piece[..<got]
        }
    }
}

extension LibraryCache {
    /// The cache of this system; nil where it has none.
    static func system() -> LibraryCache? { FileBytes.read("/etc/ld.so.cache").flatMap { LibraryCache($0) } }
}
