import Foundation
import Testing

/// Real hosts with openauth that meet at a real Redis, all of them on unix sockets in one folder.
final class ClusterHosts {
    let folder: Folder
    /// The socket of its own Redis.
    let registry: String
    private(set) var redis: ChildProcess?
    private(set) var hosts: [Server] = []
    private let options: [String]
    private let environment: [String: String]
    /// What each host keeps over a restart.
    private let own: [Folder]

    /// Starts Redis and hosts, and waits until log-ins are let in.
    ///
    /// - Parameters:
    ///   - options: added for every host.
    ///   - address: where the registry is; nil for a Redis of the cluster's own.
    ///   - files: what is in the folder of each host, in which it runs.
    ///   - more: lines of the configuration.
    init(
        _ count: Int, _ options: [String], at address: String? = nil, environment: [String: String] = [:],
        files: [String: String] = [:], more: String = ""
    ) throws {
        folder = try Folder()
        registry = folder.path("redis.sock")
        self.options = options
        self.environment = environment
        own = try (0..<count).map { _ in try Folder() }
        for (name, text) in files { for folder in own { try folder.write(text, to: name) } }
        redis = address == nil ? try Self.startRedis(registry) : nil
        let nodes = (0..<count).map { _ in "add-cluster-node\nend-cluster-node\n" }.joined()
        try folder.write(
            """
            auth-module openauth
            cluster-registry \(address ?? "unix:\(registry)")
            cluster-heartbeat-time 3
            cluster-heartbeat-slack-time 1
            \(nodes)\(more)
            """, to: "cluster.conf")
        for index in 0..<count { hosts.append(try start(index)) }
        for host in hosts { try host.process.wait(for: "cluster: log-ins are let in") }
    }

    private static func startRedis(_ socket: String) throws -> ChildProcess {
        try redis(["--port", "0", "--unixsocket", socket])
    }

    /// Starts a Redis that keeps nothing, and waits until it takes connections.
    static func redis(_ options: [String]) throws -> ChildProcess {
        let redis = try ChildProcess(["redis-server", "--save", "", "--appendonly", "no", "--logfile", ""] + options)
        try redis.wait(for: "eady to accept connections")
        return redis
    }

    private func start(_ index: Int) throws -> Server {
        let own = own[index]
        return try Server(
            [
                "-c", folder.path("cluster.conf"), "--cluster-index", "\(index)", "--control-socket",
                own.path("control.sock"), "--cluster-identity-file", own.path("identity"),
            ] + options, in: own, environment: environment)
    }

    func folder(of index: Int) -> Folder { own[index] }

    /// Waits for something that hosts do on their own.
    static func await(_ what: String, _ isSo: () throws -> Bool) throws {
        for _ in 0..<1200 {
            if try isSo() { return }
            usleep(50_000)
        }
        Issue.record("it never came: \(what)")
    }

    func control(_ index: Int) -> String { own[index].path("control.sock") }

    func operate(_ index: Int, _ arguments: String...) throws -> Ending {
        try AuthHost.run(arguments + ["--socket", control(index)])
    }

    /// Logs in at a host.
    func logIn(_ index: Int, _ user: String, _ password: String = "x") throws -> Response {
        try hosts[index].client.post("/v1/login", #"{"user":"\#(user)","password":"\#(password)"}"#)
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
        redis?.send(SIGKILL)
        _ = try redis?.finish()
        unlink(registry)
    }

    func startRedis() throws { redis = try Self.startRedis(registry) }
}
