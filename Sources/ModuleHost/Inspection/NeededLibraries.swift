import Basics
import Glibc

/// Checks the libraries that a module needs, and those that they need, before the dynamic linker opens any of them.
///
/// Search paths in the files (RUNPATH, RPATH) may name the system's folders alone. Within another folder the dynamic linker
/// tries many names, for processors (`glibc-hwcaps`) and for `$LIB`, `$PLATFORM` and `$ORIGIN`, and a user who can make one of them
/// later would have code run; the system's folders are root's. ldconfig(8) makes a folder one of the system's.
struct NeededLibraries {
    private let image: ModuleImage
    private let inspection: ModuleInspection
    private let trust: FileTrust
    private static let maximumLibraries = 1024

    init(_ image: ModuleImage, _ inspection: ModuleInspection, _ trust: FileTrust) {
        self.image = image
        self.inspection = inspection
        self.trust = trust
    }

    /// A name that some file needs, and where that file may look for it.
    private struct Need {
        let name: String
        /// Folders of the file's own search path; all are the system's.
        let folders: [String]
        /// The library that needs it, nil for the module.
        let library: String?
        /// Whether the dynamic linker goes on without it.
        var isOptional = false
    }

    /// - Throws: ``ModuleError`` for a library that is missing, that others can write, that may be found elsewhere, or that asks for
    ///   memory that can be written and executed.
    func check() throws(ModuleError) {
        let places = LibraryPlaces()
        var asked = Set<[String]>()
        var seen = Set<String>()
        var dynamics: [FileIdentity: ELFDynamic?] = [:]
        var waiting = try needs(
            inspection.neededLibraries, inspection.filteredLibraries, paths: inspection.libraryPaths, library: nil)
        while let need = waiting.popLast() {
            // Most need the same few, and a name is looked for in the same folders each time.
            if asked.contains([need.name] + need.folders) { continue }
            let found = try candidates(need, places)
            if found.isEmpty {
                if need.isOptional { continue }
                throw missing(need)
            }
            asked.insert([need.name] + need.folders)
            // The processor and what is loaded already decide which of them is taken: all must be good.
            for path in found where seen.insert(path).inserted {
                guard seen.count <= Self.maximumLibraries else {
                    throw ModuleError(
                        .untrustedLibrary, image.module,
                        "it needs more than \(Self.maximumLibraries) libraries, with those that they need")
                }
                waiting += try needs(ofLibrary: path, &dynamics)
            }
        }
    }

    private func needs(
        ofLibrary path: String, _ dynamics: inout [FileIdentity: ELFDynamic?]
    ) throws(ModuleError) -> [Need] {
        // Most are found by two paths, /lib and /usr/lib, and some have 30 MB.
        let number = FileIdentity(path)
        if let number, let known = dynamics[number] {
            return try known.map { dynamic throws(ModuleError) in try needs(dynamic, path) } ?? []
        }
        let dynamic: ELFDynamic?
        do throws(ELFError) {
            // The dynamic linker passes over a file for another machine, and so does this.
            dynamic = try FileBytes.window(path).flatMap { file throws(ELFError) in try ELFFile.dynamic(.file(file)) }
        } catch {
            throw ModuleError(.untrustedLibrary, image.module, "it needs `\(path)`, which is damaged: \(error)")
        }
        if let number { dynamics[number] = .some(dynamic) }
        let fault = dynamic.flatMap {
            ModuleError.memory(
                of: "`\(path)`, which it needs,", $0.wantsExecutableStack, $0.hasTextRelocations, image.module)
        }
        if let fault { throw fault }
        return try dynamic.map { dynamic throws(ModuleError) in try needs(dynamic, path) } ?? []
    }

    private func needs(_ dynamic: ELFDynamic, _ path: String) throws(ModuleError) -> [Need] {
        try needs(dynamic.needed, dynamic.filtered, paths: dynamic.searchPaths, library: path)
    }

    private func needs(
        _ names: [String], _ filtered: [String], paths: [String], library: String?
    ) throws(ModuleError) -> [Need] {
        var folders: [String] = []
        for path in paths { folders.append(try folder(path, library)) }
        return names.map { Need(name: $0, folders: folders, library: library) }
            + filtered.map { Need(name: $0, folders: folders, library: library, isOptional: true) }
    }

    /// The folder that a search path means, which must be the system's.
    private func folder(_ path: String, _ library: String?) throws(ModuleError) -> String {
        var meant = path
        if let library {
            // A library of the system's may look beside itself.
            let own = library.split(separator: "/").dropLast().joined(separator: "/")
            for word in ["$ORIGIN", "${ORIGIN}"] where meant == word || meant.hasPrefix(word + "/") {
                meant = "/" + own + meant.dropFirst(word.count)
            }
        }
        let parts = meant.split(separator: "/", omittingEmptySubsequences: true)
        var clean: [Substring] = []
        for part in parts where part != "." {
            if part == ".." { _ = clean.popLast() } else { clean.append(part) }
        }
        let normal = "/" + clean.joined(separator: "/")
        let isSystems = Self.systemFolders.contains { normal == $0 || normal.hasPrefix($0 + "/") }
        guard meant.hasPrefix("/"), !meant.contains("$"), isSystems else { throw foreign(path, library) }
        // Within the system's folders the names are root's, unless root has made them another user's.
        if !Self.systemFolders.contains(normal), access(normal, F_OK) == 0,
            let fault = trust.directoryFault(above: normal + "/x")
        {
            throw ModuleError(.untrustedLibrary, image.module, "its RUNPATH names `\(path)`: \(fault)")
        }
        return normal
    }

    private func foreign(_ path: String, _ library: String?) -> ModuleError {
        let whose = library.map { "it needs `\($0)`, whose" } ?? "its"
        if library == nil, path.holds("$ORIGIN") || path.holds("${ORIGIN}") {
            return ModuleError(
                .originRunpath, image.module,
                "its RUNPATH names `\(path)`, which would be the folder of a private copy; "
                    + "one of the system's folders or none is accepted")
        }
        return ModuleError(
            .foreignRunpath, image.module,
            "\(whose) RUNPATH names `\(path)`, and not a folder of the system's, "
                + "\(Self.systemFolders.joined(separator: ", ")): link it without, and let ldconfig(8) know the folder of the "
                + "library")
    }

    private func missing(_ need: Need) -> ModuleError {
        let whose = need.library.map { "it needs `\($0)`, which needs" } ?? "it needs"
        return ModuleError(
            .libraryMissing, image.module,
            "\(whose) `\(need.name)`, which is neither in /etc/ld.so.cache nor in one of "
                + (need.folders + Self.systemFolders).joined(separator: ", "))
    }

    /// Every file that the dynamic linker could take for a name.
    private func candidates(_ need: Need, _ places: LibraryPlaces) throws(ModuleError) -> [String] {
        if need.name.contains("/") || need.name.contains("$") {
            guard need.name.hasPrefix("/"), !need.name.contains("$") else {
                throw ModuleError(
                    .untrustedLibrary, image.module,
                    "it needs `\(need.name)`; a name without `/` and `$`, or an absolute path, is accepted")
            }
            guard access(need.name, F_OK) == 0 else { return [] }
            return [try trusted(need.name)]
        }
        var found: [String] = []
        for path in places.cached(need.name) where access(path, F_OK) == 0 {
            let folder = "/" + path.split(separator: "/").dropLast().joined(separator: "/")
            found.append(Self.systemFolders.contains(folder) ? path : try trusted(path))
        }
        for folder in need.folders + Self.systemFolders {
            let isSystems = Self.systemFolders.contains(folder)
            for path in ["\(folder)/\(need.name)"] + places.hardwareFolders(folder).map({ "\($0)/\(need.name)" })
            where access(path, F_OK) == 0 {
                found.append(isSystems && path == "\(folder)/\(need.name)" ? path : try trusted(path))
            }
        }
        return found
    }

    /// Checks the owner of a file and of the folders above it, where it is named and where it really is.
    private func trusted(_ path: String) throws(ModuleError) -> String {
        var status = stat()
        guard let resolved = realpath(path, nil) else {
            throw ModuleError(.untrustedLibrary, image.module, "`\(path)`: \(SystemError())")
        }
        defer { free(resolved) }
        let real = String(cString: resolved)
        let fault =
            stat(real, &status) != 0
            ? SystemError().description
            : trust.fault(in: status) ?? trust.directoryFault(above: real) ?? trust.directoryFault(above: path)
        if let fault { throw ModuleError(.untrustedLibrary, image.module, "it needs `\(path)`: \(fault)") }
        return path
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
