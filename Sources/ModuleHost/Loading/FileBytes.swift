import Glibc

/// Whole files of the system.
enum FileBytes {
    /// Reads a regular file of at most 512 MiB; nil where that is not possible.
    static func read(_ path: String) -> [UInt8]? {
        guard let window = window(path) else { return nil }
        return window.slice(0..<window.size).map(Array.init)
    }

    /// Opens a regular file of at most 512 MiB to read little of it; nil where that is not possible.
    static func window(_ path: String) -> FileWindow? {
        open(path).map { FileWindow($0.descriptor, size: $0.size) }
    }

    private static func open(_ path: String) -> (descriptor: Int32, size: Int)? {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            status.st_size <= ModuleImage.maximumSize
        else {
            close(descriptor)
            return nil
        }
        return (descriptor, Int(status.st_size))
    }
}

extension LibraryCache {
    /// The cache of this system; nil where it has none.
    static func system() -> LibraryCache? { FileBytes.read("/etc/ld.so.cache").flatMap { LibraryCache($0) } }
}
