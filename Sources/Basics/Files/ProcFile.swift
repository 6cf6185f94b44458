import Glibc

/// Files of /proc, whose sizes are not known before they are read.
package enum ProcFile {
    /// Reads one to its end; nil where that is not possible.
    package static func read(_ path: String) -> [UInt8]? {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let got = Glibc.read(descriptor, &piece, piece.count)
            if got < 0 && errno == EINTR { continue }
            guard got > 0 else { return got == 0 ? bytes : nil }
            bytes += piece[..<got]
        }
    }
}
