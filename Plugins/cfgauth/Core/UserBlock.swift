import ConfigurationLanguage

/// The items of a cfgauth file: `add-user … end-user` blocks, and nothing else outside of the language's own directives.
enum UserBlock {
    static let table = [
        ItemDefinition(
            "add-user",
            .block(
                [
                    ItemDefinition("username", .list, required: true, "the names of users who log in"),
                    ItemDefinition(
                        "password", .list, secret: true, "their stored passwords, one for each name, in order"),
                    ItemDefinition("sigcheck", .text, "the key-id of an add-sigkey: log in by signed token alone"),
                    ItemDefinition(
                        "licences", .integer(.none, 0...Int(UInt32.max)), default: "0",
                        "most sessions of each user at a time; 0 for no limit"),
                ] + permissions.map { ItemDefinition($0.item, .list, $0.help) }),
            note: "none", "users, and what they may do")
    ]

    /// The options that hold object patterns, and the rules that they make.
    static let permissions = [
        Permission("read", .allow, "patterns of objects that they may read"),
        Permission("write", .allow, "patterns of objects that they may write"),
        Permission("create", .allow, "patterns of objects that they may create"),
        Permission("read", .deny, "patterns of objects that they must not read"),
        Permission("write", .deny, "patterns of objects that they must not write"),
        Permission("create", .deny, "patterns of objects that they must not create"),
    ]

    struct Permission {
        enum Effect { case allow, deny }

        let action: String
        let effect: Effect
        let help: String

        var item: String { effect == .allow ? action : "deny-\(action)" }

        init(_ action: String, _ effect: Effect, _ help: String) {
            self.action = action
            self.effect = effect
            self.help = help
        }
    }
}
