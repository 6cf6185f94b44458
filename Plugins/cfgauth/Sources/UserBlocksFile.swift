import Accounts
import AccountsModule
import Basics
import CfgAuthCore
import ConfigurationLanguage
import ModuleKit

/// Reads accounts from `add-user` blocks.
enum UserBlocksFile: AccountsFormat {
    static let fileOption = "cfgauth-file"

    static func read(
        _ file: String, allowsPlain: Bool, trust: FileTrust, touch: @escaping @Sendable (String) -> Void,
        digest: RulesDigest, warn: (String) -> Void
    ) throws -> AccountSnapshot {
        var context = ConfigurationContext.system(environment: ConfigurationContext.processEnvironment())
        context.files = ConfigurationFiles.disk(trust).noting(touch) { digest.add($0) }
        let reading = try UserBlocksReader.read(file, allowsPlain: allowsPlain, context: context)
        for warning in reading.warnings { warn(warning) }
        return reading.snapshot
    }
}

extension ConfigurationError: ReadingFault {}

/// Makes the type known to the kit.
@c(authkit_module_type) public func moduleType() -> UnsafeMutableRawPointer? {
    exported(AccountsModule<UserBlocksFile>.self)
}
