/// Who a module says it is.
public struct ModuleIdentity: Sendable, Equatable {
    public enum Threads: UInt32, Sendable {
        case serial = 0
        case any, blocking
    }

    public let name: String
    public let version: String
    /// 6, 7 or 9.
    public let generation: UInt32
    public let threads: Threads
    /// Whether it came without a descriptor.
    public let bare: Bool
}

/// One option that a module declares.
public struct ModuleOption: Sendable, Equatable {
    /// The numbers are `AUTH_OPTION_*`.
    public enum Kind: UInt32, Sendable {
        case string = 1
        case boolean, integer, decimal, path, secret, list
    }

    public let name: String
    public let kind: Kind
    /// nil: the option is required.
    public let defaultValue: String?
    public let help: String
}
