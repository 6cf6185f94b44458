/// Who a module says it is.
public struct ModuleIdentity: Sendable, Equatable {
    /// On which threads a module may be called, `AUTH_SERIAL`, `AUTH_BLOCKING` and `AUTH_ANY_THREAD` of descriptor.h.
    public enum Threads: UInt32, Sendable {
        case serial = 0
        case any, blocking
    }

    /// 1...64 bytes, as the descriptor says it.
    public let name: String
    /// 1...64 bytes, as the descriptor says it.
    public let version: String
    /// 6, 7 or 9.
    public let generation: UInt32
    /// On which threads its entry points may be called.
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

    /// The option's name, compared byte by byte.
    public let name: String
    /// What its value must be.
    public let kind: Kind
    /// nil: the option is required.
    public let defaultValue: String?
    /// One line for people; may be empty.
    public let help: String
}
