import Glibc

/// Checks the libraries that a module needs, before the dynamic linker opens them.
///
/// A library of the system's folders is trusted as the system is; one found through the module's RUNPATH is checked like the
/// module itself. `$ORIGIN` would mean the folder of the private copy, so it is refused by name.
struct NeededLibraries {
    private let image: ModuleImage
    private let inspection: ModuleInspection
    private let trust: FileTrust

    init(_ image: ModuleImage, _ inspection: ModuleInspection, _ trust: FileTrust) {
        self.image = image
        self.inspection = inspection
        self.trust = trust
    }

    func check() throws(ModuleError) {
        if let path = inspection.libraryPaths.first(where: { $0.contains("$ORIGIN") || $0.contains("${ORIGIN}") }) {
            throw ModuleError(
                .originRunpath, image.module,
                "its RUNPATH names `\(path)`, which would be the folder of a private copy; an absolute path or none is accepted"
            )
        }
        for library in inspection.neededLibraries {
            guard let found = find(library) else {
                throw ModuleError(
                    .libraryMissing, image.module,
                    "it needs `\(library)`, which is in none of \((inspection.libraryPaths + Self.systemFolders).joined(separator: ", "))"
                )
            }
            guard !found.system else { continue }
            try checkOwner(of: found.path)
        }
    }

    private func checkOwner(of path: String) throws(ModuleError) {
        var status = stat()
        guard let resolved = realpath(path, nil) else {
            throw ModuleError(.untrustedLibrary, image.module, "`\(path)`: \(systemError())")
        }
        defer { free(resolved) }
        let real = String(cString: resolved)
        let fault =
            stat(real, &status) != 0
            ? systemError() : trust.fault(in: status) ?? trust.directoryFault(above: real)
        if let fault { throw ModuleError(.untrustedLibrary, image.module, "it needs `\(path)`: \(fault)") }
    }

    private func find(_ library: String) -> (path: String, system: Bool)? {
        if library.hasPrefix("/") { return access(library, F_OK) == 0 ? (library, false) : nil }
        for folder in inspection.libraryPaths where access("\(folder)/\(library)", F_OK) == 0 {
            return ("\(folder)/\(library)", Self.systemFolders.contains(folder))
        }
        for folder in Self.systemFolders where access("\(folder)/\(library)", F_OK) == 0 {
            return ("\(folder)/\(library)", true)
        }
        return nil
    }

    /// Debian's default folders of ld.so(8) and those that its ld.so.conf adds; all are root's.
    static let systemFolders: [String] = {
        #if arch(x86_64)
        let triple = "x86_64-linux-gnu"
        #elseif arch(arm64)
        let triple = "aarch64-linux-gnu"
        #else
        let triple = "unknown"
        #endif
        return [
            "/lib/\(triple)", "/usr/lib/\(triple)", "/lib", "/usr/lib", "/lib64", "/usr/lib64", "/usr/local/lib",
            "/usr/local/lib/\(triple)",
        ]
    }()
}
