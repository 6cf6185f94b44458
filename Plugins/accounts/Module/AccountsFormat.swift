import Accounts
import Basics

/// Reads accounts from files of one format: what sets one module of accounts apart from another.
package protocol AccountsFormat: SendableMetatype {
    /// The option that names the file.
    static var fileOption: String { get }

    /// Reads a file, and what it includes, into accounts. Blocks for as long as that takes.
    ///
    /// allowsPlain: whether `{PLAIN}` passwords are accepted. trust: who may have written the files. touch: told the path of each further file that is looked
    /// for, found or not. warn: told of what is doubtful and accepted. Throws: an error whose description says where what
    /// is wrong; never with a password. digest: takes every byte that is read.
    static func read(
        _ file: String, allowsPlain: Bool, trust: FileTrust, touch: @escaping @Sendable (String) -> Void,
        digest: RulesDigest, warn: (String) -> Void
    ) throws -> AccountSnapshot
}
