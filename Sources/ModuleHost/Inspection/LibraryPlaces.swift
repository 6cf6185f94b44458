import Glibc

/// Where the dynamic linker looks for libraries, read once for one check of a module. Of one thread at a time.
final class LibraryPlaces {
    private let cache = LibraryCache.system()
    private var hardware: [String: [String]] = [:]

    /// The paths that ldconfig(8) has noted for a library.
    func cached(_ library: String) -> [String] { cache?.paths(of: library) ?? [] }

    /// The folders for kinds of processors below a folder (ld.so(8), "glibc-hwcaps").
    func hardwareFolders(_ folder: String) -> [String] {
        if let known = hardware[folder] { return known }
        let folders = Self.hardwareFolders(below: folder)
        hardware[folder] = folders
        return folders
    }

    private static func hardwareFolders(below folder: String) -> [String] {
        var folders: [String] = []
        guard let stream = opendir("\(folder)/glibc-hwcaps") else { return [] }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            // SAFETY: d_name is NUL-terminated (readdir(3)) and lives until the next readdir of this stream.
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { folders.append("\(folder)/glibc-hwcaps/\(name)") }
        }
        return folders
    }
}
