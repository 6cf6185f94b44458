import Basics
import CFFI
import Glibc
import Synchronization

/// A file that was read once from an open descriptor into a sealed one in memory: what is checked is what is mapped.
struct ModuleImage {
    /// Most bytes of a module file.
    static let maximumSize = 512 << 20

    let module: String
    /// Where it was found, symbolic links resolved.
    let path: String
    let file: SealedFile
    let bytes: SealedBytes
    /// Whether the file lies where nothing may be executed.
    let isNoExec: Bool

    /// Opens the first candidate that exists, checks it, its directories and the links on the way, and reads it.
    static func read(
        _ module: String, candidates: [String], trust: FileTrust
    ) throws(ModuleError) -> ModuleImage {
        for candidate in candidates {
            var status = stat()
            if stat(candidate, &status) != 0 && (errno == ENOENT || errno == ENOTDIR) { continue }
            let file: TrustedFile
            do throws(FileTrustError) {
                file = try TrustedFile(candidate, trust)
            } catch {
                let code: ModuleError.Code =
                    switch error.kind {
                    case .missing, .unreadable: .unreadable
                    case .untrustedFile: .untrustedFile
                    case .untrustedPlace: .untrustedDirectory
                    }
                throw ModuleError(code, module, "`\(candidate)` is not loaded: \(error)")
            }
            return try read(module, file)
        }
        throw ModuleError(
            .notFound, module, "no such file; tried \(candidates.map { "`\($0)`" }.joined(separator: ", "))")
    }

    private static func read(_ module: String, _ file: borrowing TrustedFile) throws(ModuleError) -> ModuleImage {
        guard file.status.st_size <= maximumSize else {
            throw ModuleError(
                .unreadable, module,
                "`\(file.path)` has \(file.status.st_size) bytes; at most \(maximumSize) are accepted")
        }
        return try ModuleImage(
            module, path: file.path, copying: file.descriptor, Int(file.status.st_size),
            isNoExec: cffi_is_noexec(file.descriptor))
    }

    /// Reads the first bytes of a file.
    init(
        _ module: String, path: String, copying source: Int32, _ size: Int, isNoExec: Bool
    ) throws(ModuleError) {
        self.module = module
        self.path = path
        self.isNoExec = isNoExec
        file = try SealedFile(copying: source, size: size, of: path, module: module)
        bytes = try SealedBytes(file, module: module)
    }

    /// How many copies were mapped by this process.
    private static let copies = Atomic<UInt64>(0)

    /// Lends a path to the sealed file that leads there while `body` runs.
    ///
    /// A file that is already mapped would be shared by the dynamic linker, and changing it in place would change running
    /// code: a private copy of each load excludes both, and one without a name leaves nothing behind, however the process ends.
    ///
    /// - Returns: what `body` returns, and the copy, which lives as long as its last holder.
    func withPrivateCopy<Result>(
        buildID: String?, _ body: (String) throws(ModuleError) -> Result
    ) throws(ModuleError) -> (Result, ModuleCopy) {
        let path = Self.uniquePath(file.descriptor, Self.copies.add(1, ordering: .relaxed).newValue)
        return (try body(path), ModuleCopy(file, of: self.path, buildID: buildID))
    }

    /// A path to a descriptor that was never used before: the dynamic linker takes a path that it knows for the object that it
    /// has mapped from there, and numbers of descriptors are used again. The copy's number is spelled in `/` and `/.`.
    static func uniquePath(_ descriptor: Int32, _ copy: UInt64) -> String {
        let digits = String(copy, radix: 2).map { $0 == "1" ? "/." : "/" }.joined()
        return "/proc/self/fd\(digits)/\(descriptor)"
    }
}
