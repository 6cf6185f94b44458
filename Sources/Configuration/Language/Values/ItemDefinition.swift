/// Describes one item of a file in the language of configurations. The host has a table of its items, and so may a module
/// that keeps its data in the language.
public struct ItemDefinition: Hashable, Sendable {
    /// Says whether an item does what it says.
    public enum Availability: Hashable, Sendable {
        /// It has its effect.
        case live
        /// It is checked and kept, and has no effect until the named feature is there.
        case later(String)
        /// It is checked and kept for configurations of other systems, and needs no effect; the text says why.
        case needless(String)

        /// What people are told of an item that has no effect; nil where it has.
        public var withoutEffect: String? {
            switch self {
            case .live: nil
            case .later(let feature): "has no effect yet: it waits for \(feature)"
            case .needless(let reason): "has no effect and needs none: \(reason)"
            }
        }
    }

    /// Says what `%` means in a value.
    public enum Percent: Hashable, Sendable {
        /// Nothing: it is a character like any other; in a path the letters `%r`, `%a` and `%h` are refused.
        case literal
        /// `%r` (application-root), `%a` (application-name) or `%h` (host name), as far as the letters name them, are
        /// replaced when the configuration is read; `%%` is a percent sign.
        case expanded(String)
        /// The letters are filled in later, with every use of the value; `%%` is a percent sign.
        case template(String)
    }

    /// The name, as written in a file and, after `--`, on the command line.
    public let name: String
    /// The type of its value.
    public let type: ItemType
    /// The value, as one would write it, that holds when the item is not set; nil when it is then unset.
    public let defaultText: String?
    /// What a reader is told instead of ``defaultText``, when that is not the whole story.
    public let defaultNote: String?
    /// One line that says what the item does.
    public let help: String
    /// What `%` means in its value.
    public let percent: Percent
    /// Whether it has its effect already.
    public let availability: Availability
    /// Whether HUP can change it while the host runs.
    public let isReloadable: Bool
    /// Whether a block needs it.
    public let isRequired: Bool
    /// Whether a relative path begins at application-root, and not at the working directory.
    public let beginsAtRoot: Bool
    /// Whether its value is hidden from everything that is printed.
    public let isSecret: Bool
    /// Values of Liberator that are refused here, and why.
    public let refused: [String: String]

    /// Describes an item; `help` is one line. `note` replaces the default in what is shown of it.
    package init(
        _ name: String, _ type: ItemType, default defaultText: String? = nil, note: String? = nil,
        percent: Percent = .literal, availability: Availability = .live, reloadable: Bool = false,
        required: Bool = false, atRoot: Bool = false, secret: Bool = false, refused: [String: String] = [:],
        _ help: String
    ) {
        self.name = name
        self.type = type
        self.defaultText = defaultText
        self.defaultNote = note
        self.help = help
        self.percent = percent
        self.availability = availability
        isReloadable = reloadable
        isRequired = required
        beginsAtRoot = atRoot
        isSecret = secret
        self.refused = refused
    }

    /// What `config explain` calls the default.
    public var defaultDescription: String { defaultNote ?? defaultText ?? "unset" }
}

/// Says what kind of value an item takes.
public indirect enum ItemType: Hashable, Sendable {
    /// TRUE or FALSE in any case; the bare name is TRUE.
    case flag
    /// A whole number in decimal digits.
    case integer(Unit, ClosedRange<Int>)
    /// A decimal number.
    case float(Unit, ClosedRange<Double>)
    /// Four octal digits at most, a file's permissions.
    case fileMode
    /// Any text.
    case text
    /// A text that is a token of HTTP (RFC 9110, section 5.6.2), so that it can name a cookie.
    case token
    /// One of some texts.
    case choice([String])
    /// A file's or directory's path.
    case path
    /// Any number of texts, on one line or in repeated lines.
    case list
    /// Any number of `host:port`, or `none`.
    case addresses
    /// A line of several texts that may be repeated; the text names them.
    case row([String])
    /// A block with options of its own; may be repeated.
    case block([ItemDefinition])
    /// A block that belongs to the module it names, with lines this table does not know; may be repeated.
    case moduleOptions

    /// What a number counts.
    public enum Unit: String, Hashable, Sendable {
        /// Seconds.
        case seconds
        /// Minutes.
        case minutes
        /// Percent of a whole.
        case percent
        /// Things, named by the item.
        case none = ""
    }
}
