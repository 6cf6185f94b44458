import Glibc

extension [UInt8] {
    /// Overwrites secret bytes that are not needed any more.
    ///
    /// A best effort: the bytes of an array that somebody else holds as well are copied first. What holds a password from
    /// the start is `SecretBytes`.
    mutating func wipe() {
        withUnsafeMutableBytes { bytes in
            guard let start = bytes.baseAddress else { return }
            // SAFETY: the array's own memory, for the length of the call.
            explicit_bzero(start, bytes.count)
        }
        self = []
    }
}
