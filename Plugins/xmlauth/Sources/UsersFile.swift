import Accounts
import AccountsModule
import Basics
import ModuleKit
import XMLAuthCore

/// Reads accounts from a users file in XML.
enum UsersFile: AccountsFormat {
    static let fileOption = "xmlauth-file"

    static func read(
        _ file: String, allowsPlain: Bool, trust: FileTrust, touch: @escaping @Sendable (String) -> Void,
        digest: RulesDigest, warn: (String) -> Void
    ) throws -> AccountSnapshot {
        try UsersReader.read(file, allowsPlain: allowsPlain, trust: trust, digest: digest)
    }
}

/// Makes the type known to the kit.
@c(authkit_module_type) public func moduleType() -> UnsafeMutableRawPointer? {
    exported(AccountsModule<UsersFile>.self)
}
