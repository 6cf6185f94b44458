import Glibc

/// The working directory that the process had at its start: where relative paths begin for as long as it runs.
///
/// The working directory itself belongs to the whole process, and a module may change it at any time.
public enum StartDirectory {
    /// An absolute path, nil where the system could not say it. What asks first finds it out, so ``note()`` is called before any
    /// module is loaded.
    public static let path: String? = {
        // SAFETY: getcwd(NULL, 0) of glibc allocates the terminated text, which is copied and freed here.
        guard let text = getcwd(nil, 0) else { return nil }
        defer { free(text) }
        return String(cString: text)
    }()

    /// Finds it out.
    public static func note() { _ = path }

    /// The path from the root; where the directory is not known, or the path is empty, the path as it is.
    public static func absolute(_ path: String) -> String {
        guard !path.isEmpty, !path.hasPrefix("/"), let start = Self.path else { return path }
        return start == "/" ? "/\(path)" : "\(start)/\(path)"
    }
}
