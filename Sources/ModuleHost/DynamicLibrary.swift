import CFFI
import Glibc

/// A mapped shared object. It is never closed once code of it ran: other threads may still be in it (see the toolchain's
/// crashes with `dlclose`), so the mapping lives as long as the process.
struct DynamicLibrary: @unchecked Sendable {
    // The handle is only ever passed to dlsym, which is safe from any thread (POSIX.1-2017, section 2.9.1).
    private let handle: UnsafeMutableRawPointer

    /// Maps `path` with every symbol resolved and none of its own offered to others.
    init(path: String, module: String) throws(ModuleError) {
        guard let handle = cffi_map(path, DescriptorReader.stem(of: module)) else {
            // SAFETY: dlerror returns a NUL-terminated string of this thread, copied at once.
            throw .refusedByLinker(module, dlerror().map { String(cString: $0) } ?? "no reason given")
        }
        self.handle = handle
    }

    /// Finds an exported function, or nil.
    func function(_ name: String) -> cffi_function? { cffi_symbol(handle, name) }
}

extension ModuleError {
    static func refusedByLinker(_ module: String, _ message: String) -> ModuleError {
        ModuleError(.linkFailed, module, "the dynamic linker refuses it: \(message)")
    }
}
