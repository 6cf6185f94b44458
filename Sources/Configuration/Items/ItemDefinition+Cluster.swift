// Items of HTTP realms, of clusters, and of further logs; some are accepted and have no effect.
extension ItemDefinition {
    /// Hosts meet at the registry, and connect to no other place.
    private static let between = Availability.needless("hosts of a cluster meet at `cluster-registry` alone")

    static let clusterRegistry = ItemDefinition(
        "cluster-registry", .text, note: "none: a single host",
        "the cluster's Redis: `redis://HOST[:PORT][/DATABASE]`, by sentinels, with TLS, or `unix:PATH`")
    static let clusterName = ItemDefinition(
        "cluster-name", .text, default: "authhost", "the cluster's name in the registry; all its hosts have the same")
    static let clusterUser = ItemDefinition(
        "cluster-user", .text, note: "the registry's default user", "the user by which the host logs in to the registry"
    )
    static let clusterPasswordFile = ItemDefinition(
        "cluster-password-file", .path, note: "none", percent: .expanded("rah"),
        "the file with that user's password, for its owner alone")
    static let clusterPasswordVariable = ItemDefinition(
        "cluster-password-variable", .text, note: "none",
        "the variable of the environment with that password, in place of the file")
    static let clusterAuthority = ItemDefinition(
        "cluster-authority", .path, note: "those of the system", percent: .expanded("rah"),
        "the authorities of the registry's certificate, with `rediss://`")
    static let clusterIdentityFile = ItemDefinition(
        "cluster-identity-file", .path, note: "none", percent: .expanded("rah"),
        "the file by which a restarted host takes its own place at once")
    static let clusterUnreachable = ItemDefinition(
        "cluster-unreachable", .choice(["refuse", "local", "allow"]), default: "refuse",
        "what new log-ins get without the registry: no decision, this host's limits, or entry")
    static let clusterIsolated = ItemDefinition(
        "cluster-isolated", .choice(["keep", "end"]), default: "keep",
        "what a host without a lease does with its sessions")
    static let clusterUnconfirmed = ItemDefinition(
        "cluster-unconfirmed", .choice(["allow", "refuse"]), default: "allow",
        "what a log-in gets whose ejections other hosts have not confirmed in time")
    static let clusterIndex = ItemDefinition(
        "cluster-index", .integer(.none, 0...1_023), default: "0", "this host's place among the cluster's hosts, from 0"
    )
    static let clusterNode = ItemDefinition(
        "add-cluster-node",
        .block([
            ItemDefinition("cluster-addr", .text, default: "127.0.0.1", availability: between, "the host's address"),
            ItemDefinition(
                "cluster-port", .integer(.none, 1...65_535), default: "2333", availability: between, "the host's port"),
        ]), note: "none", "a host of the cluster; all hosts list the same, in the same order")
    static let clusterHeartbeat = ItemDefinition(
        "cluster-heartbeat-time", .float(.seconds, limitRange), default: "15.0",
        "with the slack time, how long a silent host is taken to be there: its lease")
    static let clusterSlack = ItemDefinition(
        "cluster-heartbeat-slack-time", .float(.seconds, limitRange), default: "5.0", "the rest of the lease")

    static let directoryItems = [
        ItemDefinition(
            "add-authdir",
            .block([
                ItemDefinition("name", .text, default: "/status", "the directory"),
                ItemDefinition("check-module", .flag, default: "FALSE", "let the module decide, not the list below"),
                ItemDefinition("username", .list, note: "none", "who may enter"),
                ItemDefinition(
                    "password", .list, note: "none", secret: true, "their passwords, in the order of the names"),
                ItemDefinition("realm", .text, default: "Liberator Admin", "the realm that browsers show"),
                ItemDefinition("secure-passwords", .flag, default: "FALSE", "the passwords are MD5 hashes"),
            ]), note: "none", "an HTTP realm: `/v1/admin` or a part of it, behind a password, where the module decides"
        ),
        ItemDefinition(
            "object-log", .path, note: "none", percent: .expanded("rah"), availability: .later("the object log"),
            "the log of every request for an object"),
        ItemDefinition(
            "request-log", .path, note: "none", percent: .expanded("rah"), availability: .later("the request log"),
            "the log of HTTP requests"),
    ]

    static let clusterItems = [
        clusterRegistry, clusterName, clusterIndex, clusterNode, clusterHeartbeat, clusterSlack, clusterUser,
        clusterPasswordFile, clusterPasswordVariable, clusterAuthority, clusterIdentityFile, clusterUnreachable,
        clusterIsolated, clusterUnconfirmed,
        ItemDefinition(
            "cluster-packet-logfile", .path, note: "none", percent: .expanded("rah"), availability: between,
            "the log of what nodes send"),
        ItemDefinition(
            "cluster-global-ssl-enable", .flag, default: "FALSE", availability: between, "encrypt between nodes"),
    ]
}
