/// A user's name, as guesses are counted by it. Names are one where they differ only in upper and lower case, in spaces, in
/// characters that are not seen, in full width, or in how Unicode composes them.
///
/// Modules may compare less strictly than byte by byte, as directories do (RFC 4518), and a guesser must not get a fresh count by
/// another spelling.
public struct PenaltyName: Hashable, Sendable {
    /// The name in lower case, and without spaces.
    public let text: String

    /// Takes a name as a client gives it.
    public init(_ user: String) {
        let isPlain = user.utf8.allSatisfy { (0x21...0x7e).contains($0) && !(0x41...0x5a).contains($0) }
        text = isPlain ? user : Self.folded(user)
    }

    private static func folded(_ user: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in user.unicodeScalars {
            let known = scalar.properties
            if known.isWhitespace || known.isDefaultIgnorableCodePoint { continue }
            // The forms in full width of ASCII's characters.
            let isWide = (0xff01...0xff5e).contains(scalar.value)
            scalars.append(isWide ? Unicode.Scalar(scalar.value - 0xfee0) ?? scalar : scalar)
        }
        return String(scalars).lowercased()
    }
}

/// Where log-ins come from, as far as a user can be used to it.
public enum PenaltySource: Hashable, Sendable {
    /// The network of the client's address: an IPv4 address, or 64 bits of an IPv6 one.
    case network(NetworkPrefix)
    /// The door, where no address is known.
    case door(String)
}

/// What wrong passwords are counted for.
public enum PenaltySubject: Hashable, Sendable {
    /// A user, from everywhere but sources from which the user has logged in before.
    case user(PenaltyName)
    /// A user from such a source, which is usual for the user.
    case usual(PenaltyName, PenaltySource)
    /// A network, with all users who log in from there: 32 bits of IPv4, 64 and 48 of IPv6.
    case network(NetworkPrefix)
}

/// Who tries which password from where.
public struct PenaltyAttempt: Sendable {
    /// Who logs in.
    public let name: PenaltyName
    /// Where from.
    public let source: PenaltySource
    /// The networks that are counted, the narrowest first; none where the address is not known.
    public let networks: [NetworkPrefix]
    /// The bytes of the address; nil where it is not known.
    let address: [UInt8]?
    /// What is tried.
    public let password: Secret

    /// Takes what a client presents.
    public init(_ login: Login) {
        name = PenaltyName(login.user)
        password = login.password
        address = NetworkPrefix.address(login.address)
        guard let address else {
            source = .door(login.door)
            networks = []
            return
        }
        let narrow = NetworkPrefix(address, bits: address.count == 4 ? 32 : 64)
        source = .network(narrow)
        networks = address.count == 4 ? [narrow] : [narrow, NetworkPrefix(address, bits: 48)]
    }
}

/// How guesses are slowed down and refused.
public struct PenaltyRules: Sendable, Equatable {
    /// Wrong passwords for one user until log-ins are refused; 0: never.
    public var limit = 10
    /// The same for one network; for 48 bits of IPv6 ten times as many.
    public var networkLimit = 100
    /// How long wrong passwords count, from the first one on, and again from the one that reached the limit.
    public var time: Duration = .seconds(900)
    /// How long the last guess before the limit waits; each one before it half as long, six in all.
    public var delay: Duration = .seconds(2)
    /// Networks that are not counted by themselves, besides the machine's own addresses.
    public var exempt: [NetworkPrefix] = []
    /// Most users, usual sources and networks with wrong passwords, and most users whose sources are known.
    public var size = 100_000

    /// How many hosts count guesses together: each asks about its part of those that are left at once.
    public var hosts = 1

    /// Makes the defaults of the configuration.
    public init() {}

    /// The machine's own addresses, where proxies and brokers are.
    private static let loopback = [NetworkPrefix([127, 0, 0, 0], bits: 8), NetworkPrefix("::1")].compactMap(\.self)

    /// Whether the networks of an address are not counted.
    func isExempt(_ address: [UInt8]) -> Bool {
        Self.loopback.contains { $0.contains(address) } || exempt.contains { $0.contains(address) }
    }

    /// At how many wrong passwords log-ins are refused.
    public func limit(of subject: PenaltySubject) -> Int {
        guard case .network(let network) = subject else { return limit }
        return network.bits == 48 && network.bytes.count == 16 ? networkLimit * 10 : networkLimit
    }

    /// How many guesses before the limit are slowed down.
    private static let slowed = 6

    /// Nanoseconds that a guess waits behind so many others.
    func delay(behind count: Int, of limit: Int) -> Int64 {
        let left = limit - count
        return count == 0 || left > Self.slowed ? 0 : delay.wholeNanoseconds >> Int64(max(0, left - 1))
    }
}

extension Duration {
    /// The whole nanoseconds of a duration.
    var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
