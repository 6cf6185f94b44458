import Glibc

extension [UInt8] {
    /// Overwrites secret bytes that are not needed any more, and forgets them.
    ///
    /// A best effort: the bytes of an array with more than one reference are copied first, and so are those of one that
    /// has grown.
    package mutating func wipe() {
        withUnsafeMutableBytes { bytes in
            guard let start = bytes.baseAddress else { return }
            // SAFETY: the array's own memory, for the length of the call; explicit_bzero(3) is not optimised away.
            explicit_bzero(start, bytes.count)
        }
        self = []
    }
}
