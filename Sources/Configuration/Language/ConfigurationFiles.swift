import Basics
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
    /// The same files where others are trusted; nil where that makes no difference.
    private var trusting: (@Sendable (FileTrust) -> ConfigurationFiles)?

    /// Whether there is something at a path, readable or not.
    package let holds: @Sendable (String) -> Bool

    init(
        holds: @escaping @Sendable (String) -> Bool, read: @escaping @Sendable (String) -> Result<Content, Failure>
    ) {
        self.holds = holds
        self.read = read
    }

    /// Reads regular files of the disk that only root and the running user can have written or put there. Blocks
    /// for as long as the disk does.
    public static let disk = disk(FileTrust())

    /// Reads regular files of the disk that only trusted owners can have written or put there.
    public static func disk(_ trust: FileTrust) -> ConfigurationFiles {
        var files = ConfigurationFiles(
            holds: { access(StartDirectory.absolute($0), F_OK) == 0 || ![ENOENT, ENOTDIR].contains(errno) },
            read: { readFile($0, trust) })
        files.trusting = { disk($0) }
        return files
    }

    /// Returns the same files, of the disk with the rule of trust that is given.
    package func trusting(_ trust: FileTrust) -> ConfigurationFiles { trusting?(trust) ?? self }

    /// Returns the same files. `note` is told the path of each before it is read, found or not, and `take` what was read.
    package func noting(
        _ note: @escaping @Sendable (String) -> Void, take: @escaping @Sendable ([UInt8]) -> Void = { _ in }
    ) -> ConfigurationFiles {
        var files = ConfigurationFiles(holds: holds) { path in
            note(path)
            let result = read(path)
            if case .success(let content) = result { take(content.bytes) }
            return result
        }
        if let trusting { files.trusting = { trusting($0).noting(note, take: take) } }
        return files
    }

    /// Reads files out of a dictionary of path and text.
    public static func inMemory(_ files: [String: String]) -> ConfigurationFiles {
        inMemory(files.mapValues { Array($0.utf8) })
    }

    /// Reads files out of a dictionary of path and bytes.
    public static func inMemory(_ files: [String: [UInt8]]) -> ConfigurationFiles {
        ConfigurationFiles(holds: { files[$0] != nil }) { path in
            guard let bytes = files[path] else { return .failure(Failure(reason: "no such file or directory")) }
            return .success(Content(bytes: bytes, identity: path))
        }
    }
}

// The author of the configuration says which code runs.
private func readFile(
    _ path: String, _ trust: FileTrust
) -> Result<ConfigurationFiles.Content, ConfigurationFiles.Failure> {
    do throws(FileTrustError) {
        let content = try TrustedFile.contents(of: path, trust, limit: ConfigurationFiles.sizeLimit)
        return .success(.init(bytes: content.bytes, identity: content.identity))
    } catch {
        return .failure(.init(reason: error.reason))
    }
}
