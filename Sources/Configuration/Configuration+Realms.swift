// Typed access to the HTTP realms that the module protects.
extension Configuration {
    /// An `add-authdir` block of a realm that this host has.
    public struct AdministratorRealm: Hashable, Sendable {
        /// `/v1/admin` or a path below it.
        public let path: String
        /// What browsers show when they ask for a password.
        public let realm: String
    }

    /// The realms for administrators, in order; without one there is nothing for them.
    public var administratorRealms: [AdministratorRealm] {
        blocks("add-authdir").compactMap { block in
            guard case .text(let path) = block["name"]?.value, RealmItems.isServed(path),
                case .text(let realm) = block["realm"]?.value
            else { return nil }
            return AdministratorRealm(path: path, realm: realm)
        }
    }
}

/// What must hold in `add-authdir` blocks: in the realms of this host the module decides, and nothing else does.
enum RealmItems {
    private static let root = "/v1/admin"

    static func isServed(_ path: String) -> Bool { path == root || path.hasPrefix(root + "/") }

    static func check(_ settings: [String: Setting], _ problems: inout ProblemList) {
        var seen: [String: SettingSource] = [:]
        for (block, path) in blocks(settings) where isServed(path) {
            if let first = seen.updateValue(block.source, forKey: path) {
                problems.add(.duplicate, at: block.source, "`add-authdir` of `\(path)` is there already, at \(first)")
            }
            check(block, path, &problems)
        }
    }

    private static func check(_ block: ConfigurationBlock, _ path: String, _ problems: inout ProblemList) {
        if let flag = block["check-module"], flag.value != .flag(true) {
            problems.add(
                .badValue, at: flag.source == .builtIn ? block.source : flag.source,
                "`add-authdir` of `\(path)` needs `check-module TRUE`: only the module lets users in there")
        }
        for name in ["username", "password", "secure-passwords"] {
            guard let setting = block[name], setting.source != .builtIn, setting.value != .flag(false) else { continue }
            problems.add(
                .badValue, at: setting.source,
                "`\(name)` is not taken in an `add-authdir` of `\(path)`: the module knows the users and their passwords"
            )
        }
    }

    /// A realm that is configured and not there must not look protected.
    static func warnings(_ settings: [String: Setting]) -> [ConfigurationProblem] {
        blocks(settings).compactMap { block, path in
            if path == root || paths.contains(path) { return nil }
            let there =
                isServed(path) ? paths.map { "`\($0)`" }.joined(separator: ", ") : "`\(root)` for administrators"
            return ConfigurationProblem(
                .noEffect, at: block.source,
                "`add-authdir` has no effect: there is no HTTP realm `\(path)` here, but \(there)")
        }
    }

    /// What the HTTP door has below ``root``.
    private static let paths = ["sessions", "status", "events", "eject", "invalidate"].map { "\(root)/\($0)" }

    private static func blocks(_ settings: [String: Setting]) -> [(block: ConfigurationBlock, path: String)] {
        guard case .blocks(let blocks) = settings["add-authdir"]?.value else { return [] }
        return blocks.compactMap { block in
            if case .text(let path) = block["name"]?.value { (block, path) } else { nil }
        }
    }
}
