import Glibc

/// Reads whole files for the configuration: from the disk, or from memory in tests.
public struct ConfigurationFiles: Sendable {
    /// A file's content and what makes it the same file whatever path leads to it.
    public struct Content: Sendable {
        /// The bytes, at most ``ConfigurationFiles/sizeLimit``.
        public let bytes: [UInt8]
        /// Equal for two paths of one file.
        public let identity: String
    }

    /// Says why a file cannot be read.
    public struct Failure: Error, Sendable {
        /// The reason: lower case, without the path.
        public let reason: String
    }

    /// The largest file, in bytes: 16 MiB.
    public static let sizeLimit = 16 << 20

    /// Reads one file whole.
    public let read: @Sendable (String) -> Result<Content, Failure>

    /// Reads regular files of the disk that not every user may write to. Blocks for as long as the disk does.
    public static let disk = ConfigurationFiles { path in
        readFile(path)
    }

    /// Returns the same files; the path of each that is read, found or not, is told to `note` first.
    package func noting(_ note: @escaping @Sendable (String) -> Void) -> ConfigurationFiles {
        ConfigurationFiles { path in
            note(path)
            return read(path)
        }
    }

    /// Reads files out of a dictionary of path and text.
    public static func inMemory(_ files: [String: String]) -> ConfigurationFiles {
        inMemory(files.mapValues { Array($0.utf8) })
    }

    /// Reads files out of a dictionary of path and bytes.
    public static func inMemory(_ files: [String: [UInt8]]) -> ConfigurationFiles {
        ConfigurationFiles { path in
            guard let bytes = files[path] else { return .failure(Failure(reason: "no such file or directory")) }
            return .success(Content(bytes: bytes, identity: path))
        }
    }
}

// NOTE: O_NONBLOCK keeps a FIFO of that name from hanging the start; fstat then refuses it.
private func readFile(_ path: String) -> Result<ConfigurationFiles.Content, ConfigurationFiles.Failure> {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return .failure(systemFailure(errno)) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return .failure(systemFailure(errno)) }
    guard status.st_mode & S_IFMT == S_IFREG else { return .failure(.init(reason: "not a regular file")) }
    // Whoever writes the configuration says which code runs.
    if status.st_mode & S_IWOTH != 0 {
        return .failure(
            .init(
                reason: "every user may write to it (mode \(String(status.st_mode & 0o7777, radix: 8))); `chmod o-w` it"
            ))
    }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
        // SAFETY: the pointer is valid for the call and the count is the buffer's own.
        let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
        if count == 0 { break }
        if count < 0 {
            if errno == EINTR { continue }
            return .failure(systemFailure(errno))
        }
        bytes.append(contentsOf: chunk[..<count])
        if bytes.count > ConfigurationFiles.sizeLimit {
            return .failure(.init(reason: "larger than \(ConfigurationFiles.sizeLimit) bytes"))
        }
    }
    return .success(.init(bytes: bytes, identity: "\(status.st_dev):\(status.st_ino)"))
}

private func systemFailure(_ code: Int32) -> ConfigurationFiles.Failure {
    // SAFETY: strerror(3) returns a terminated text, of the thread since glibc 2.32; it is copied at once.
    let text = strerror(code).map { String(cString: $0) } ?? ""
    guard let first = text.first else { return .init(reason: "error \(code)") }
    return .init(reason: first.lowercased() + String(text.dropFirst()))
}
