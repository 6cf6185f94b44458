import CAuthModule

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
    /// Whether everybody may read everything where it has no `auth_check_read`; so it is in generations 6 and 7.
    public var opensReads = false
    /// Whether a log-in may name another user than was typed.
    public var namesUser = false
    /// Whether log-ins and checks are to come with attributes.
    public var readsAttributes = false
}

/// What a descriptor's and a note's word about threads declares.
struct ModuleDeclaration {
    static let threadMask: UInt32 = 0xff

    let threads: ModuleIdentity.Threads
    let opensReads, namesUser, readsAttributes: Bool
    /// What has no meaning.
    let unknown: UInt32

    init(_ word: UInt32, generation: UInt32) {
        let known = generation == 9 ? AUTH_OPEN_READS | AUTH_NAMES_USER | AUTH_READS_ATTRIBUTES : 0
        let said = ModuleIdentity.Threads(rawValue: word & Self.threadMask)
        threads = generation == 9 ? said ?? .serial : .serial
        unknown = word & ~(known | (said == nil ? 0 : Self.threadMask))
        opensReads = generation < 9 || word & AUTH_OPEN_READS != 0
        namesUser = generation == 9 && word & AUTH_NAMES_USER != 0
        readsAttributes = generation == 9 && word & AUTH_READS_ATTRIBUTES != 0
    }
}

extension ModuleIdentity {
    /// Makes the identity of what stands in the place of a module.
    package init(standIn name: String) {
        self.init(name: name, version: "-", generation: 9, threads: .any, bare: false)
    }

    init(name: String, version: String, generation: UInt32, bare: Bool = false, _ declared: ModuleDeclaration) {
        self.init(
            name: name, version: version, generation: generation, threads: declared.threads, bare: bare,
            opensReads: declared.opensReads, namesUser: declared.namesUser, readsAttributes: declared.readsAttributes)
    }
}

/// One option that a module declares.
public struct DeclaredOption: Sendable, Equatable {
    /// The numbers are `AUTH_OPTION_*`.
    public enum Kind: UInt32, Sendable {
        case string = 1
        case boolean, integer, decimal, path, secret, list, duration
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
