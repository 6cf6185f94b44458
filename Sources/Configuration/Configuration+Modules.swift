// Typed access to the items of modules that stand in lines and blocks.
extension Configuration {
    /// A line of `module-pin`.
    public struct Pin: Hashable, Sendable {
        /// The module as it is written.
        public let module: String
        /// The digest as it is written.
        public let digest: String
        /// Where the digest stands.
        public let source: SettingSource
    }

    /// An `add-module-test` block, as it is written.
    public struct ModuleTestBlock: Sendable {
        /// Who logs in.
        public let user: String
        /// The password; "" for none.
        public let password: String
        /// The application id; "" for none.
        public let applicationID: String
        /// Whether the log-in is to be allowed.
        public let admits: Bool
        /// The questions, in order.
        public let checks: [(action: String, object: String, verdict: String, source: SettingSource)]
        /// Where the block begins.
        public let source: SettingSource
    }

    /// The pins, in order.
    public var modulePins: [Pin] {
        guard let setting = settings[ItemDefinition.modulePin.name], let rows = setting.value?.rows else { return [] }
        return rows.enumerated().map { index, row in
            Pin(module: row[0], digest: row[1], source: setting.elementSources[index * 2 + 1])
        }
    }

    /// Where a pin is asked for; nil where none is.
    public var modulePinRequired: SettingSource? {
        let setting = settings[ItemDefinition.modulePinRequired.name]
        return setting?.value == .flag(true) ? setting?.source : nil
    }

    /// What a module must answer before a swap puts it in force, in order.
    public var moduleTests: [ModuleTestBlock] {
        blocks(ItemDefinition.moduleTest.name).map { block in
            func text(_ item: ItemDefinition) -> String {
                if case .text(let text) = block[item.name]?.value { text } else { "" }
            }
            let checks = block[ItemDefinition.testCheck.name]
            return ModuleTestBlock(
                user: text(.testUser), password: text(.testPassword), applicationID: text(.testApplication),
                admits: text(.testLogin) != "deny",
                checks: (checks?.value?.rows ?? []).enumerated().map { index, row in
                    (row[0], row[1], row[2], checks?.elementSources[index * 3] ?? block.source)
                },
                source: block.source)
        }
    }

    /// Whether a module that takes over is asked about all sessions at once.
    public var swapAsksAtOnce: Bool { settings[ItemDefinition.swapSessions.name]?.value == .text("now") }
    /// Whether sessions stay that a module which takes over has no entry to resume.
    public var swapKeepsUnresumable: Bool { settings[ItemDefinition.swapUnresumable.name]?.value == .text("keep") }
}
