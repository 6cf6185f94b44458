import Basics
import CFFI
import Glibc

/// A sealed file in memory: it stays what it is, whatever becomes of the file on disk that it was read from.
final class SealedFile: Sendable {
    let descriptor: Int32
    let size: Int

    /// Reads the first bytes of a file, each of them once.
    ///
    /// - Parameters:
    ///   - size: how many there are; a file that has become shorter is refused.
    ///   - path: where the file was found, for messages.
    init(copying source: Int32, size: Int, of path: String, module: String) throws(ModuleError) {
        let name = String(path.split(separator: "/").last ?? "module")
        descriptor = cffi_memory_copy("authhost-" + String(name.prefix(64)), source, size)
        self.size = size
        if descriptor == -2 { throw ModuleError(.unreadable, module, "cannot read `\(path)`: \(SystemError())") }
        if descriptor < 0 {
            throw ModuleError(
                .copyFailed, module,
                "cannot copy it into memory (memfd_create, which vm.memfd_noexec=2 forbids): \(SystemError())")
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }
}

/// The bytes of a sealed file, mapped to be read: only what is looked at is brought into this process.
final class SealedBytes: @unchecked Sendable {
    // The bytes never change: the file is sealed against writes.
    private let bytes: UnsafeRawBufferPointer

    /// - Throws: ``ModuleError`` where there is no address space left.
    init(_ file: SealedFile, module: String) throws(ModuleError) {
        if file.size == 0 {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        let address = mmap(nil, file.size, PROT_READ, MAP_SHARED, file.descriptor, 0)
        guard let address, address != MAP_FAILED else {
            throw ModuleError(.unreadable, module, "cannot map its copy in memory to look at it: \(SystemError())")
        }
        bytes = UnsafeRawBufferPointer(start: address, count: file.size)
    }

    deinit { if let address = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: address), bytes.count) } }

    var count: Int { bytes.count }

    /// Lends the bytes of a range within ``count`` to `body`.
    func withBytes<Result>(of range: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        // SAFETY: the range is checked, and the mapping lasts as long as this, which outlives the call. The file is sealed against
        // becoming shorter, so that no page of it can be missing.
        withExtendedLifetime(self) { body(UnsafeRawBufferPointer(rebasing: bytes[range])) }
    }
}
