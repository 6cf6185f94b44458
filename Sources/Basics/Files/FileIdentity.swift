import Glibc

/// What tells whether two paths or descriptors lead to one file: `st_dev` and `st_ino` of stat(2).
///
/// It holds while the file exists: the number of a file that is gone may be given to another.
public struct FileIdentity: Hashable, Sendable {
    private let device, number: UInt64

    /// Takes it from what stat(2) has said.
    public init(_ status: stat) { (device, number) = (UInt64(status.st_dev), UInt64(status.st_ino)) }

    /// Of an open file; nil for a descriptor that is not open.
    public init?(_ descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    /// Of what a path leads to, behind its links; nil where there is none.
    public init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }
}
