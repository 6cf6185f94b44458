import CFFI
import Glibc
import Synchronization

/// A file that was read once from an open descriptor: what is checked is what is mapped.
struct ModuleImage {
    /// Most bytes of a module file.
    static let maximumSize = 512 << 20

    let module: String
    /// Where it was found, symbolic links resolved.
    let path: String
    let bytes: [UInt8]

    /// Opens the first candidate that exists, checks it and its directories, and reads it.
    static func read(
        _ module: String, candidates: [String], trust: FileTrust
    ) throws(ModuleError) -> ModuleImage {
        for candidate in candidates {
            let descriptor = open(candidate, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
            if descriptor < 0 {
                if errno == ENOENT || errno == ENOTDIR { continue }
                throw ModuleError(.unreadable, module, "cannot open `\(candidate)`: \(systemError())")
            }
            defer { close(descriptor) }
            return try read(module, descriptor, candidate, trust)
        }
        throw ModuleError(
            .notFound, module, "no such file; tried \(candidates.map { "`\($0)`" }.joined(separator: ", "))")
    }

    private static func read(
        _ module: String, _ descriptor: Int32, _ candidate: String, _ trust: FileTrust
    ) throws(ModuleError) -> ModuleImage {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw ModuleError(.unreadable, module, "cannot examine `\(candidate)`: \(systemError())")
        }
        if let fault = trust.fault(in: status) {
            throw ModuleError(.untrustedFile, module, "`\(candidate)` is not loaded: \(fault)")
        }
        guard let path = realPath(of: descriptor) else {
            throw ModuleError(.unreadable, module, "cannot tell the path of `\(candidate)`: \(systemError())")
        }
        if let fault = trust.directoryFault(above: path) {
            throw ModuleError(.untrustedDirectory, module, "`\(path)` is not loaded: \(fault)")
        }
        guard status.st_size <= maximumSize else {
            throw ModuleError(
                .unreadable, module, "`\(path)` has \(status.st_size) bytes; at most \(maximumSize) are accepted")
        }
        return ModuleImage(
            module: module, path: path, bytes: try contents(module, descriptor, path, Int(status.st_size)))
    }

    static func contents(
        _ module: String, _ descriptor: Int32, _ path: String, _ size: Int
    ) throws(ModuleError) -> [UInt8] {
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size {
                // SAFETY: `count` bytes are filled; the rest of the buffer is writable and `size - count` long.
                let got = Glibc.read(descriptor, buffer.baseAddress! + count, size - count)
                if got < 0 && errno == EINTR { continue }
                if got <= 0 {
                    failure = got < 0 ? errno : EIO
                    return
                }
                count += got
            }
        }
        guard bytes.count == size else {
            throw ModuleError(.unreadable, module, "cannot read `\(path)`: \(systemError(failure))")
        }
        return bytes
    }

    private static func realPath(of descriptor: Int32) -> String? {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes { raw in
            readlink("/proc/self/fd/\(descriptor)", raw.baseAddress!.assumingMemoryBound(to: CChar.self), raw.count)
        }
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }

    /// How many copies were mapped by this process.
    private static let copies = Atomic<UInt64>(0)

    /// Puts the bytes into a sealed file in memory, and lends a path to it that leads there while `body` runs.
    ///
    /// A file that is already mapped would be shared by the dynamic linker, and changing it in place would change running
    /// code: a private copy of each load excludes both, and one without a name leaves nothing behind, however the process ends.
    func withPrivateCopy<Result>(_ body: (String) throws(ModuleError) -> Result) throws(ModuleError) -> Result {
        let name = String(path.split(separator: "/").last ?? "module")
        // SAFETY: the bytes are copied before the call returns.
        let descriptor = bytes.withUnsafeBytes { raw in
            raw.baseAddress.map { cffi_memory_file("authhost-" + String(name.prefix(64)), $0, raw.count) } ?? -1
        }
        guard descriptor >= 0 else {
            throw ModuleError(
                .copyFailed, module,
                "cannot copy it into memory (memfd_create, which vm.memfd_noexec=2 forbids): \(systemError())")
        }
        defer { close(descriptor) }
        return try body(Self.uniquePath(descriptor, Self.copies.add(1, ordering: .relaxed).newValue))
    }

    /// A path to a descriptor that was never used before: the dynamic linker takes a path that it knows for the object that it
    /// has mapped from there, and numbers of descriptors are used again. The copy's number is spelled in `/` and `/.`.
    static func uniquePath(_ descriptor: Int32, _ copy: UInt64) -> String {
        let digits = String(copy, radix: 2).map { $0 == "1" ? "/." : "/" }.joined()
        return "/proc/self/fd\(digits)/\(descriptor)"
    }
}
