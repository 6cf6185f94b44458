import Basics

// Typed access to the items of outgoing connections.
extension Configuration {
    /// An `add-destination` block.
    public struct Destination: Hashable, Sendable {
        /// What it is called, 1...255 bytes.
        public let name: String
        /// Where the block begins.
        public let source: SettingSource
        /// What kind of connection it is; nil for none.
        public let type: String?
        /// `host:port` of its servers, in order.
        public let addresses: [String]
        /// For which servers a program that names one is given the secret: the addresses, and the `git-host` lines.
        public let servers: [ServerName]
        /// Who gives its credentials; nil where neither it nor the instance has one.
        public let authenticator: Authenticator?
    }

    /// An `add-authenticator` block.
    public struct Authenticator: Hashable, Sendable {
        /// What the block calls the module.
        public let name: String
        /// Where the name stands.
        public let source: SettingSource
        /// What is loaded for it: of the `add-module` of that name its library, else the name itself.
        public let library: String
        /// The lines of the block, in order.
        public let options: [ModuleOption]
    }

    /// The outgoing connections, in order.
    public var destinations: [Destination] {
        let common = authenticators(settings[ItemDefinition.authenticator.name]).first
        return blocks(ItemDefinition.destination.name).compactMap { block in
            guard case .text(let name) = block[ItemDefinition.destinationName.name]?.value else { return nil }
            var type: String?
            if case .text(let text) = block[ItemDefinition.destinationType.name]?.value { type = text }
            let addresses = block[ItemDefinition.destinationAddress.name]?.value?.texts ?? []
            let further = block[ItemDefinition.gitHost.name]?.value?.texts ?? []
            return Destination(
                name: name, source: block.source, type: type, addresses: addresses,
                servers: (addresses + further).compactMap { ServerName($0) },
                authenticator: authenticators(block[ItemDefinition.authenticator.name]).first ?? common)
        }
    }

    /// How long an authenticator may take for its answer.
    public var credentialTimeout: Duration {
        guard case .float(let time) = settings[ItemDefinition.credentialTimeout.name]?.value else {
            return .seconds(30)
        }
        return .seconds(time)
    }

    private func authenticators(_ setting: Setting?) -> [Authenticator] {
        (setting?.value?.optionBlocks ?? []).map { block in
            Authenticator(
                name: block.module.text, source: block.module.source, library: library(of: block.module.text),
                options: block.options)
        }
    }

    private func library(of name: String) -> String {
        let declared = blocks(ItemDefinition.declaredModule.name).first {
            $0[ItemDefinition.declaredModuleName.name]?.value == .text(name)
        }
        guard case .text(let library) = declared?[ItemDefinition.library.name]?.value else {
            return DestinationItems.bundled[name] ?? name
        }
        return DestinationItems.bundled[library] ?? library
    }
}

/// What must hold between the items of outgoing connections.
enum DestinationItems {
    /// What AMPS calls the authenticators that authhost brings along.
    static let bundled = [
        "libamps_exec_authenticator.so": "exec", "amps-default-authenticator-module": "defaultauth",
        "exec": "exec", "defaultauth": "defaultauth",
    ]

    static func check(_ settings: [String: Setting], _ problems: inout ProblemList) {
        let modules = names(settings, .declaredModule, .declaredModuleName, &problems)
        _ = names(settings, .destination, .destinationName, &problems)
        let blocks = settings[ItemDefinition.destination.name]?.value?.blocks ?? []
        let common = settings[ItemDefinition.authenticator.name]
        checkAuthenticator(common, "of the instance", modules, &problems)
        for block in blocks {
            guard case .text(let name) = block[ItemDefinition.destinationName.name]?.value else { continue }
            if !(1...255).contains(name.utf8.count) {
                problems.add(
                    .badValue, at: block.source,
                    "a destination's name has \(name.utf8.count) bytes: 1 to 255 are accepted")
            }
            checkServers(block[ItemDefinition.gitHost.name], &problems)
            let own = block[ItemDefinition.authenticator.name]
            checkAuthenticator(own, "of `\(name.clipped)`", modules, &problems)
            if own?.value == nil, common?.value == nil {
                problems.add(
                    .missing, at: block.source,
                    "`\(name.clipped)` has no `add-authenticator`, and neither has the configuration outside of it")
            }
        }
    }

    private static func names(
        _ settings: [String: Setting], _ item: ItemDefinition, _ name: ItemDefinition, _ problems: inout ProblemList
    ) -> [String] {
        var seen: [String: SettingSource] = [:]
        for block in settings[item.name]?.value?.blocks ?? [] {
            guard let setting = block[name.name], case .text(let text) = setting.value else { continue }
            if let first = seen.updateValue(setting.source, forKey: text) {
                problems.add(
                    .duplicate, at: setting.source, "`\(item.name)` `\(text.clipped)` is there already, at \(first)")
            }
        }
        return seen.keys.sorted()
    }

    private static func checkServers(_ setting: Setting?, _ problems: inout ProblemList) {
        for text in setting?.value?.texts ?? [] where ServerName(text) == nil {
            problems.add(
                .badValue, at: setting?.source ?? .builtIn,
                "`git-host` takes `[protocol://]host[:port]`, such as `https://git.example.com:8443`, not "
                    + "`\(text.clipped)`")
        }
    }

    private static func checkAuthenticator(
        _ setting: Setting?, _ whose: String, _ modules: [String], _ problems: inout ProblemList
    ) {
        let found = setting?.value?.optionBlocks ?? []
        if found.count > 1, let second = found.dropFirst().first {
            problems.add(
                .duplicate, at: second.module.source, "a second `add-authenticator` \(whose): one is accepted")
        }
        let known = modules + bundled.keys.sorted()
        for block in found where !known.contains(block.module.text) && !block.module.text.contains("/") {
            let name = block.module.text
            problems.add(
                .badValue, at: block.module.source,
                "no `add-module` is called `\(name.clipped)`\(NearestName.hint(name, among: known))")
        }
    }
}
