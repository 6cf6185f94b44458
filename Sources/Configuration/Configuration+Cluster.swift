// Typed access to the items of clusters.
import Basics

extension Configuration {
    /// What the configuration says of the cluster.
    public struct Cluster: Hashable, Sendable {
        /// Where the registry is.
        public var registry: RegistryAddress
        /// The cluster's name.
        public var name: String
        /// This host's place among the hosts, from 0.
        public var index: Int
        /// How many hosts there are.
        public var hosts: Int
        /// How long a silent host is taken to be there.
        public var lease: Duration
        /// How long other hosts may take to eject.
        public var ejectTimeout: Duration
        /// Whether a log-in is refused whose ejections were not confirmed.
        public var refusesUnconfirmed: Bool
        /// `refuse`, `local` or `allow`.
        public var unreachable: String
        /// `keep` or `end`.
        public var isolated: String
        /// The registry's user; nil for its default one.
        public var user: String?
        /// The file of the password; nil for none.
        public var passwordFile: String?
        /// The variable of the environment that has the password; nil for none.
        public var passwordVariable: String?
        /// The file of trusted certificates; nil for those of the system.
        public var authority: String?
        /// The file by which the host knows itself again; nil for none.
        public var identityFile: String?
    }

    /// The cluster; nil for a single host.
    public var cluster: Cluster? {
        guard let address = written(.clusterRegistry), let registry = RegistryAddress(address) else { return nil }
        return Cluster(
            registry: registry, name: written(.clusterName) ?? "", index: Int(written(.clusterIndex) ?? "") ?? 0,
            hosts: max(1, blocks(ItemDefinition.clusterNode.name).count),
            lease: .seconds(seconds(.clusterHeartbeat) + seconds(.clusterSlack)),
            ejectTimeout: .seconds(seconds(.nodeEjectTimeout)),
            refusesUnconfirmed: written(.clusterUnconfirmed) == "refuse",
            unreachable: written(.clusterUnreachable) ?? "",
            isolated: written(.clusterIsolated) ?? "", user: written(.clusterUser),
            passwordFile: written(.clusterPasswordFile), passwordVariable: written(.clusterPasswordVariable),
            authority: written(.clusterAuthority), identityFile: written(.clusterIdentityFile))
    }

    private func written(_ item: ItemDefinition) -> String? {
        switch self[item.name]?.value {
        case .text(let text): text
        case .integer(let number): String(number)
        default: nil
        }
    }

    private func seconds(_ item: ItemDefinition) -> Double {
        if case .float(let seconds) = self[item.name]?.value { seconds } else { 0 }
    }
}

/// What must hold between the items of clusters.
enum ClusterItems {
    static let nameBytes = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-".utf8)

    static func check(_ settings: [String: Setting], _ problems: inout ProblemList) {
        var nodes: [ConfigurationBlock] = []
        if case .blocks(let blocks) = settings[ItemDefinition.clusterNode.name]?.value { nodes = blocks }
        guard let registry = settings[ItemDefinition.clusterRegistry.name], case .text(let address) = registry.value
        else {
            // Hosts that did not know of each other's sessions would each let in as many as all together may.
            if nodes.count > 1 {
                problems.add(
                    .badValue, at: nodes[1].source,
                    "a cluster of \(nodes.count) hosts is configured, and no `cluster-registry` at which they meet: limits on "
                        + "sessions would hold for each host alone")
            }
            return
        }
        if RegistryAddress(address) == nil {
            problems.add(
                .badValue, at: registry.source,
                "`cluster-registry` takes `redis://HOST[:PORT][/DATABASE]`, "
                    + "`redis+sentinel://HOST[:PORT],HOST[:PORT]…/MASTER[/DATABASE]`, both with `rediss` for TLS, or "
                    + "`unix:/PATH`, found `\(address.controlsEscaped)`; user and password are items of their own")
        }
        checkValues(settings, hosts: max(1, nodes.count), &problems)
    }

    private static func checkValues(_ settings: [String: Setting], hosts: Int, _ problems: inout ProblemList) {
        if let name = settings[ItemDefinition.clusterName.name], case .text(let text) = name.value,
            !(1...64).contains(text.utf8.count) || !text.utf8.allSatisfy(nameBytes.contains)
        {
            problems.add(
                .badValue, at: name.source,
                "`cluster-name` takes 1 to 64 letters, digits, `.`, `_` and `-`, found `\(text.controlsEscaped)`")
        }
        if let index = settings[ItemDefinition.clusterIndex.name], case .integer(let number) = index.value,
            number >= hosts
        {
            problems.add(
                .badValue, at: index.source,
                "`cluster-index` is \(number), and there are \(hosts) hosts, counted from 0: one for each `add-cluster-node`"
            )
        }
        if settings[ItemDefinition.clusterPasswordFile.name]?.value != nil,
            let variable = settings[ItemDefinition.clusterPasswordVariable.name], case .text = variable.value
        {
            problems.add(
                .badValue, at: variable.source,
                "one of `cluster-password-file` and `cluster-password-variable` is accepted, and both are set")
        }
        if let isolated = settings[ItemDefinition.clusterIsolated.name], case .text("end") = isolated.value,
            case .text(let policy) = settings[ItemDefinition.clusterUnreachable.name]?.value, policy != "refuse"
        {
            problems.add(
                .badValue, at: isolated.source,
                "`cluster-isolated end` goes with `cluster-unreachable refuse`, found `\(policy)`: a host without a lease answers "
                    + "no session that it let in alone")
        }
        checkLease(settings, &problems)
    }

    private static func checkLease(_ settings: [String: Setting], _ problems: inout ProblemList) {
        guard let beat = settings[ItemDefinition.clusterHeartbeat.name], case .float(let time) = beat.value,
            let slack = settings[ItemDefinition.clusterSlack.name], case .float(let more) = slack.value
        else { return }
        if time + more < 2 {
            problems.add(
                .badValue, at: beat.source,
                "`cluster-heartbeat-time` and `cluster-heartbeat-slack-time` take 2 seconds together at least, found "
                    + "\(time + more)")
        }
    }
}
