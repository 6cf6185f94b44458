import Glibc

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

    private static func contents(
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

    /// Writes the bytes to a new file in a 0700 directory of ours, lends its path, and removes both.
    ///
    /// A file that is already mapped would be shared by the dynamic linker, and changing it in place would change running
    /// code: a private copy of each load excludes both.
    func withPrivateCopy<Result>(_ body: (String) throws(ModuleError) -> Result) throws(ModuleError) -> Result {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/authhost-XXXXXX".utf8CString)
        // SAFETY: mkdtemp writes within the NUL-terminated template, which lives through the call.
        guard template.withUnsafeMutableBufferPointer({ mkdtemp($0.baseAddress!) }) != nil else {
            throw ModuleError(.copyFailed, module, "cannot make a directory in `\(base)` (TMPDIR): \(systemError())")
        }
        let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let file = "\(directory)/\(path.split(separator: "/").last ?? "module")"
        defer {
            unlink(file)
            rmdir(directory)
        }
        let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o500)
        guard descriptor >= 0, write(to: descriptor), close(descriptor) == 0 else {
            throw ModuleError(.copyFailed, module, "cannot write a private copy to `\(file)`: \(systemError())")
        }
        return try body(file)
    }

    private func write(to descriptor: Int32) -> Bool {
        bytes.withUnsafeBytes { raw in
            var done = 0
            while done < raw.count {
                let count = Glibc.write(descriptor, raw.baseAddress! + done, raw.count - done)
                if count < 0 && errno == EINTR { continue }
                if count <= 0 { return false }
                done += count
            }
            return true
        }
    }
}
