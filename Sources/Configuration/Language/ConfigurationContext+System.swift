import Basics
import Glibc

extension ConfigurationContext {
    /// The context of this process, with the environment that the caller passes on.
    public static func system(environment: [String: String]) -> ConfigurationContext {
        ConfigurationContext(
            environment: environment, hostName: systemHostName(), workingDirectory: StartDirectory.path ?? ".")
    }
}

extension ConfigurationContext {
    /// The environment of this process. Not to be called while another thread changes it.
    package static func processEnvironment() -> [String: String] {
        var result: [String: String] = [:]
        var next = environ
        // SAFETY: environ(7) is an array of terminated texts that ends with a null pointer.
        while let entry = next.pointee {
            let parts = String(cString: entry).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { result[String(parts[0])] = String(parts[1]) }
            next += 1
        }
        return result
    }
}

private func systemHostName() -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    // SAFETY: the last byte stays zero, so the text is terminated even where gethostname(2) truncates.
    return buffer.withUnsafeMutableBufferPointer { pointer in
        guard let base = pointer.baseAddress, gethostname(base, pointer.count - 1) == 0 else { return "localhost" }
        return String(cString: base)
    }
}
