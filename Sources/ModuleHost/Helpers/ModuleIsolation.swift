import Basics
import CFFI

/// How a module is run in helper processes.
public struct ModuleIsolation: Sendable {
    /// Which system calls a module may make.
    public enum Profile: String, Sendable, CaseIterable {
        /// All that its user may make.
        case none
        /// It computes, reads files, starts threads, and connects to others.
        case network
        /// It computes, reads files, and starts threads.
        case pure

        var number: UInt32 {
            switch self {
            case .none: UInt32(CFFI_PROFILE_NONE)
            case .network: UInt32(CFFI_PROFILE_NETWORK)
            case .pure: UInt32(CFFI_PROFILE_PURE)
            }
        }
    }

    /// The helper program, an absolute path.
    public var program: String
    /// How many helpers there are; questions are spread over them by session.
    public var count = 1
    /// The user and group that a helper takes where the host is root; nil: none.
    public var user: (user: UInt32, group: UInt32)?
    /// Bytes of its own that a helper may have; 0: no limit.
    public var memory: UInt64 = 0
    /// What the operator allows; nil: what the module declares, and everything where it declares nothing.
    public var profile: Profile?
    /// Threads of a helper that call the module, unless the module is serial.
    public var threads = 4
    /// How long a call may take whose arguments do not say it.
    public var callTimeout = Duration.seconds(60)
    /// How many ends within ``crashWindow`` there are until a helper is not started any more.
    public var crashLimit = 5
    /// How far back ends count.
    public var crashWindow = Duration.seconds(60)
    /// How long the start after the first end is put off; each end that counts doubles it, to 30 seconds at most.
    public var firstDelay = Duration.milliseconds(50)

    /// Makes the defaults for a program.
    public init(program: String) { self.program = program }

    /// What is looked for beside the command and in the installation, in this order.
    ///
    /// - Parameter command: the absolute path of the running program.
    public static func candidates(beside command: String) -> [String] {
        let folder = command.split(separator: "/").dropLast()
        return [
            "/" + (folder.dropLast() + ["libexec", "authhost", "authhost-helper"]).joined(separator: "/"),
            "/" + (folder + ["authhost-helper"]).joined(separator: "/"),
        ]
    }

    /// Agrees on a profile: a module may not declare more than the operator allows.
    func agree(with declared: String?, module: String) throws(ModuleError) -> Profile {
        guard let declared else { return profile ?? .none }
        guard let wanted = Profile(rawValue: declared) else {
            throw ModuleError(
                .badProfile, module,
                "its note declares the profile `\(declared.controlsEscaped)`; \(Self.words) are accepted")
        }
        guard let profile else { return wanted }
        // In the order of what they allow, the most first.
        let all = Profile.allCases
        guard let allowed = all.firstIndex(of: profile), let needed = all.firstIndex(of: wanted), allowed <= needed
        else {
            throw ModuleError(
                .badProfile, module,
                "its note declares that it needs the profile `\(wanted.rawValue)`, and `module-helper-profile` allows "
                    + "`\(profile.rawValue)`, which is less")
        }
        return profile
    }

    private static var words: String { Profile.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ") }
}

/// How a helper process has come to its end.
public struct HelperEnd: Sendable {
    /// What happened and what follows, for the event log.
    public let text: String
    /// The signal that ended it; 0 for none.
    public let signal: Int32
    /// Whether it is not started again before an operator says so.
    public let isQuarantined: Bool
    /// Whether a session's questions are put to that helper.
    public let holds: @Sendable (_ session: UInt64) -> Bool
}
