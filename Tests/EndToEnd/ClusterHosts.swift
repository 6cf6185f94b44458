import Foundation

/// Real hosts with openauth that meet at a real Redis, all of them on unix sockets in one folder.
final class ClusterHosts {
    let folder: Folder
    let registry: String
    private(set) var redis: ChildProcess
    private(set) var hosts: [Server] = []
    private let options: [String]
    /// What each host keeps over a restart.
    private let own: [Folder]

    /// Starts Redis and hosts, and waits until log-ins are let in.
    ///
    /// - Parameter options: added for every host.
    init(_ count: Int, _ options: [String]) throws {
        folder = try Folder()
        registry = folder.path("redis.sock")
        self.options = options
        own = try (0..<count).map { _ in try Folder() }
        redis = try Self.startRedis(registry)
        let nodes = (0..<count).map { _ in "add-cluster-node\nend-cluster-node\n" }.joined()
        try folder.write(
            """
            auth-module openauth
            cluster-registry unix:\(registry)
            cluster-heartbeat-time 3
            cluster-heartbeat-slack-time 1
            \(nodes)
            """, to: "cluster.conf")
        for index in 0..<count { hosts.append(try start(index)) }
        for host in hosts { try host.process.wait(for: "cluster: log-ins are let in") }
    }

    private static func startRedis(_ socket: String) throws -> ChildProcess {
        let redis = try ChildProcess([
            "redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no", "--logfile", "",
        ])
        try redis.wait(for: "now ready to accept connections")
        return redis
    }

    private func start(_ index: Int) throws -> Server {
        let own = own[index]
        return try Server(
            [
                "-c", folder.path("cluster.conf"), "--cluster-index", "\(index)", "--control-socket",
                own.path("control.sock"), "--cluster-identity-file", own.path("identity"),
            ] + options, in: own)
    }

    func control(_ index: Int) -> String { own[index].path("control.sock") }

    func operate(_ index: Int, _ arguments: String...) throws -> Ending {
        try AuthHost.run(arguments + ["--socket", control(index)])
    }

    /// Logs in at a host.
    func logIn(_ index: Int, _ user: String) throws -> Response {
        try hosts[index].client.post("/v1/login", #"{"user":"\#(user)","password":"x"}"#)
    }

    /// What a check of a session is answered with.
    func verdict(_ index: Int, _ session: String) throws -> String? {
        let answer = try hosts[index].client.post(
            "/v1/check", #"{"session":"\#(session)","action":"read","object":"/A"}"#)
        return answer.member("verdict") ?? answer.member("error")
    }

    /// Ends a host without a word, and starts it anew.
    func killAndRestart(_ index: Int) throws {
        hosts[index].process.send(SIGKILL)
        _ = try hosts[index].process.finish()
        hosts[index] = try start(index)
    }

    func killRedis() throws {
        redis.send(SIGKILL)
        _ = try redis.finish()
        unlink(registry)
    }

    func startRedis() throws { redis = try Self.startRedis(registry) }
}
