import Basics
import CLibNettle
import Glibc

/// The sealed file in memory that a module was mapped from: what runs, whatever has become of the file on disk.
///
/// It costs a descriptor, and the memory of the file for as long as it is mapped, which a module is for good.
public final class ModuleCopy: Sendable {
    /// The file that was copied, symbolic links resolved.
    public let path: String
    /// Whose build id is in its note; nil without one.
    public let buildID: String?
    private let file: SealedFile

    init(_ file: SealedFile, of path: String, buildID: String?) {
        self.file = file
        self.path = path
        self.buildID = buildID
    }

    /// Another descriptor of it, which the caller closes; -1 where the system gives none.
    func duplicate() -> Int32 { fcntl(file.descriptor, F_DUPFD_CLOEXEC, 0) }

    /// Copies it for another load: one file in memory is mapped once. Blocks for as long as that takes.
    func image(module: String) throws(ModuleError) -> ModuleImage {
        try ModuleImage(module, path: path, copying: file.descriptor, file.size, isNoExec: false)
    }

    /// Its SHA-256, in 64 digits of 0-9 and a-f. Computed anew with each call.
    public func digest() throws(ModuleError) -> String {
        ModuleDigest.of(try SealedBytes(file, module: path))
    }

    /// The file's number among those in memory; 0 where the system does not say.
    public var number: UInt64 {
        var status = stat()
        return fstat(file.descriptor, &status) == 0 ? UInt64(status.st_ino) : 0
    }

    /// Bytes of the copy of a number that are mapped and in memory; nil where the system does not say.
    public static func residentBytes(ofNumber number: UInt64) -> Int? {
        guard number != 0, let map = ProcFile.read("/proc/self/smaps") else { return nil }
        var (sum, isOurs) = (0, false)
        for line in String(decoding: map, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ", omittingEmptySubsequences: true)
            if words.count >= 5, words[0].contains("-"), !words[0].hasSuffix(":") {
                isOurs = words[4] == "\(number)" && line.holds("memfd:")
            } else if isOurs, words.first == "Rss:", words.count > 1, let kilobytes = Int(words[1]) {
                sum += kilobytes * 1024
            }
        }
        return sum
    }
}

/// The SHA-256 of a module's file, as pins and `module list` have it.
public enum ModuleDigest {
    /// Returns it in 64 digits of 0-9 and a-f.
    public static func of(_ bytes: [UInt8]) -> String { bytes.withUnsafeBytes { of($0) } }

    static func of(_ bytes: SealedBytes) -> String { bytes.withBytes(of: 0..<bytes.count) { of($0) } }

    private static func of(_ bytes: UnsafeRawBufferPointer) -> String {
        var context = sha256_ctx()
        nettle_sha256_init(&context)
        nettle_sha256_update(&context, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_SIZE))
        nettle_sha256_digest(&context, digest.count, &digest)
        return digest.hexadecimal
    }
}
