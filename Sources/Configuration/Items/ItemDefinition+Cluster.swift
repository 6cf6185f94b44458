// Items of HTTP realms, and of clusters and further logs that are accepted and have no effect yet.
extension ItemDefinition {
    private static let cluster = Availability.later("clustering")

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
        ItemDefinition(
            "cluster-index", .integer(.none, 0...1_023), default: "0", availability: cluster,
            "this node's place among the cluster's nodes, from 0"),
        ItemDefinition(
            "add-cluster-node",
            .block([
                ItemDefinition("cluster-addr", .text, default: "127.0.0.1", "the node's address"),
                ItemDefinition("cluster-port", .integer(.none, 1...65_535), default: "2333", "the node's port"),
            ]), note: "none", availability: cluster, "a node; all nodes list the same, in the same order"),
        ItemDefinition(
            "cluster-heartbeat-time", .float(.seconds, limitRange), default: "15.0", availability: cluster,
            "how often nodes tell each other that they are there"),
        ItemDefinition(
            "cluster-heartbeat-slack-time", .float(.seconds, limitRange), default: "5.0", availability: cluster,
            "how much later than that a node may be"),
        ItemDefinition(
            "cluster-packet-logfile", .path, note: "none", percent: .expanded("rah"), availability: cluster,
            "the log of what nodes send"),
        ItemDefinition(
            "cluster-global-ssl-enable", .flag, default: "FALSE", availability: cluster, "encrypt between nodes"),
    ]
}
