/// What new log-ins get while the registry cannot be reached (`cluster-unreachable`).
public enum UnreachablePolicy: String, Sendable, CaseIterable {
    /// *could not decide*
    case refuse
    /// The limits of this host's own sessions.
    case local
    /// Everybody that the module lets in.
    case allow
}

/// What a host without a lease does with its sessions (`cluster-isolated`).
public enum IsolatedPolicy: String, Sendable, CaseIterable {
    /// They end before anybody else gives their places away.
    case end
    /// They stay, and limits may be passed until the next log-in of the user.
    case keep
}

/// What a member of a cluster is configured with. Times are nanoseconds.
public struct ClusterSettings: Sendable {
    /// The cluster's name, a part of every key: letters, digits, `.`, `_` and `-`.
    public var name: String
    /// This host's place among the hosts, from 0.
    public var index: Int
    /// How many hosts the configuration names.
    public var hosts: Int
    /// What the host is called in reports.
    public var hostName: String
    /// Tells this process, or those that share an identity file, from another host of the same index.
    public var identity: String
    /// How long the host is taken to be there after it has been heard of.
    public var lease: Int64 = 20_000_000_000
    /// How long a log-in waits for other hosts that must eject.
    public var ejectTimeout: Int64 = 10_000_000_000
    /// Whether a log-in is refused whose ejections were not confirmed in time, instead of being let in.
    public var refusesUnconfirmed = false
    /// What new log-ins get while the registry cannot be reached.
    public var unreachable = UnreachablePolicy.refuse
    /// What becomes of sessions without a lease.
    public var isolated = IsolatedPolicy.keep
    /// The user of the registry, nil for its default one.
    public var user: String?
    /// The password of the registry, nil for none.
    public var password: [UInt8]?
    /// Whether the host keeps usage statistics.
    public var countsUsage = false
    /// Whether the host counts wrong passwords, and shares what it counts.
    public var sharesPenalties = false
    /// The number of the database.
    public var database = 0
    /// How long an answer of the registry may take, and how long log-ins wait for a connection that is lost.
    public var patience: Int64 = 1_000_000_000

    /// Where random pauses begin.
    package var seed = UInt64.random(in: .min ... .max)
    /// The script, which tests change.
    package var script = RegistryScript.text

    /// Makes settings with the defaults of the configuration.
    public init(name: String, index: Int = 0, hosts: Int = 1, hostName: String, identity: String) {
        self.name = name
        self.index = index
        self.hosts = hosts
        self.hostName = hostName
        self.identity = identity
    }

    /// What is said first on a connection where there is a password: AUTH, and with what.
    package var authentication: [[UInt8]]? {
        guard let password else { return nil }
        return [Array("AUTH".utf8)] + (user.map { [Array($0.utf8)] } ?? []) + [password]
    }

    /// How often the lease is renewed.
    var period: Int64 { lease / 4 }
}
