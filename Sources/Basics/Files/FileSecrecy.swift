import Glibc

/// Decides who may read a file that holds a secret. Who may have written it is the matter of ``FileTrust``.
public enum FileSecrecy: Sendable {
    /// Its owner alone.
    case ofOwner
    /// Its owner and a group, such as that of the programs that share a password; not every user.
    case ofGroup

    /// Says what is wrong with a file, or nil.
    public func fault(in status: stat) -> String? {
        switch self {
        case .ofOwner where status.st_mode & 0o077 != 0:
            "others may read it, and it is a secret: `chmod 600` is expected"
        case .ofGroup where status.st_mode & S_IROTH != 0: "every user may read it; `chmod o-r` it"
        case .ofOwner, .ofGroup: nil
        }
    }
}
