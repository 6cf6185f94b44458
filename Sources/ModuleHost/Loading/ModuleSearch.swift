import Glibc

/// Where modules are looked for.
public struct ModuleSearch: Sendable {
    /// `auth-moddir` as configured, `%r` and `%a` unexpanded; nil while it is not set.
    public var directory: String?
    /// `application-root`, `%r`. Default: the working directory.
    public var applicationRoot: String
    /// `application-name`, `%a`.
    public var applicationName: String
    /// The installation's own module folder, or the build folder: searched first while ``directory`` is not set.
    public var bundledDirectory: String?

    /// Says where modules are looked for.
    public init(
        directory: String? = nil, applicationRoot: String, applicationName: String, bundledDirectory: String? = nil
    ) {
        self.directory = directory
        self.applicationRoot = applicationRoot
        self.applicationName = applicationName
        self.bundledDirectory = bundledDirectory
    }

    /// The modules that belong to the installation: their names never mean another user's file while no directory is set.
    public static let bundledNames = ["xmlauth", "openauth"]

    /// The directories that a name is looked up in, in order.
    ///
    /// `auth-moddir` defaults to `%r/lib`, as in Liberator.
    func directories(for name: String) -> [String] {
        if let directory { return [absolute(expand(directory))] }
        if let bundledDirectory, Self.bundledNames.contains(name) { return [bundledDirectory] }
        return [bundledDirectory, absolute(expand("%r/lib"))].compactMap { $0 }
    }

    /// The directories that modules are listed from.
    public var directories: [String] { directories(for: "") }

    /// The paths that `auth-module` may mean, in the order in which they are tried.
    ///
    /// - Throws: ``ModuleError/Code/badName`` for a relative path or a name with a NUL.
    public func candidates(_ name: String) throws(ModuleError) -> [String] {
        let expanded = expand(name)
        guard !expanded.isEmpty, !expanded.utf8.contains(0) else {
            throw ModuleError(
                .badName, name, "the name is empty or holds a NUL; a name or an absolute path is accepted")
        }
        if expanded.hasPrefix("/") { return [expanded] }
        guard !expanded.utf8.contains(UInt8(ascii: "/")), expanded != ".", expanded != ".." else {
            throw ModuleError(
                .badName, name,
                "`\(expanded)` is a relative path; a name without a slash or an absolute path is accepted")
        }
        let stem = expanded.hasSuffix(".so") ? String(expanded.dropLast(3)) : expanded
        let bundledName = stem.hasPrefix("lib") ? String(stem.dropFirst(3)) : stem
        return directories(for: bundledName).flatMap { directory in
            ["\(directory)/\(expanded)", "\(directory)/\(stem).so", "\(directory)/lib\(stem).so"].uniqued()
        }
    }

    /// Expands `%r` and `%a`; `%%` is a percent sign.
    public func expand(_ text: String) -> String {
        var result = ""
        var rest = Substring(text)
        while let percent = rest.firstIndex(of: "%") {
            result += rest[..<percent]
            let letter = rest[rest.index(after: percent)...].first
            switch letter {
            case "r": result += applicationRoot
            case "a": result += applicationName
            case "%": result += "%"
            default: result += "%" + (letter.map(String.init) ?? "")
            }
            rest = rest[percent...].dropFirst(letter == nil ? 1 : 2)
        }
        return result + rest
    }

    private func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(applicationRoot)/\(path)"
    }
}

extension Array where Element: Hashable {
    fileprivate func uniqued() -> [Element] {
        var seen = Set<Element>()
        return filter { seen.insert($0).inserted }
    }
}
