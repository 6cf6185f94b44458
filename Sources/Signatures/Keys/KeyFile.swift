import Glibc

/// Reads the file of a public key, after checking that nobody can have exchanged the key.
enum KeyFile {
    /// How many bytes a key file may have; an RSA key of 16,384 bits in PEM has 3 KB.
    static let limit = 65_536

    /// What is wrong with a file, going on a sentence that names it.
    struct Fault: Error {
        let message: String

        init(_ message: String) { self.message = message }

        /// What the last system call failed with.
        static func system(_ call: String) -> Fault { Fault("cannot \(call): \(systemError())") }
    }

    /// Returns the content of the file at `path`, which root, the running user or one of `owners` must own and nobody
    /// else may write to.
    static func read(_ path: String, owners: Set<UInt32>) throws(Fault) -> [UInt8] {
        // A pipe in the file's place must not hold up the start: it is opened without waiting, and refused.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw .system("be read") }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw .system("be read") }
        guard status.st_mode & S_IFMT == S_IFREG else { throw Fault("is not a regular file") }
        guard [0, geteuid()].contains(status.st_uid) || owners.contains(status.st_uid) else {
            throw Fault(
                "belongs to user \(status.st_uid), who could exchange the key: root, the running user (\(geteuid())) "
                    + "or a `trusted-owner` is accepted")
        }
        guard status.st_mode & 0o022 == 0 else {
            throw Fault(
                "may be written by others (mode 0\(String(status.st_mode & 0o7777, radix: 8))), who could exchange the "
                    + "key: a mode without 022 is accepted, as after chmod go-w")
        }
        return try content(of: file)
    }

    private static func content(of file: Int32) throws(Fault) -> [UInt8] {
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 8192)
        while true {
            // SAFETY: the kernel writes at most as many bytes as the buffer has.
            let count = buffer.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .system("be read") }
            if count == 0 { return content }
            content += buffer[..<count]
            guard content.count <= limit else { throw Fault("has more than \(limit) bytes: that is no public key") }
        }
    }
}

/// The last system call's error in words.
func systemError(_ code: Int32 = errno) -> String {
    // SAFETY: strerror returns a NUL-terminated string that is copied before any other call.
    String(cString: strerror(code))
}
