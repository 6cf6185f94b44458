import Foundation
import Testing

/// How hosts reach a registry that is guarded, or replaced by sentinels.
@Suite(.needs(.curl, .redis, .openssl)) struct ClusterRegistryTests {
    /// The user of the page about clusters.
    private static func guarded(password: String) -> [String] {
        [
            "--user", "default", "off", "--user", "authhost", "on", ">\(password)", "resetkeys",
            "~{authhost:authhost}*",
            "resetchannels", "&{authhost:authhost}:*", "-@all", "+@connection", "+@scripting", "+@hash", "+@sortedset",
            "+@set", "+@stream", "+@pubsub", "+info", "+time", "+exists", "+pexpire", "+unlink", "+scan",
        ]
    }

    private let folder: Folder
    private let port: UInt16

    init() throws {
        folder = try Folder()
        port = try Place.freePort()
    }

    private func secured() throws -> (redis: ChildProcess, options: [String]) {
        let ours = try Authority("ours", in: folder)
        try ours.sign("redis", as: "redis")
        let redis = try ClusterHosts.redis(
            [
                "--port", "0", "--bind", "127.0.0.1", "--tls-port", "\(port)", "--tls-cert-file",
                folder.path("redis.pem"), "--tls-key-file", folder.path("redis.key"), "--tls-ca-cert-file",
                ours.certificate, "--tls-auth-clients", "no",
            ] + Self.guarded(password: "correct horse"))
        return (redis, ["--max-user-limit", "1", "--cluster-user", "authhost"])
    }

    @Test func `over TLS, as the user of the page, with a password of the environment, in a database of its own`()
        throws
    {
        let (redis, options) = try secured()
        let cluster = try ClusterHosts(
            2, options + ["--cluster-authority", folder.path("ours.pem"), "--cluster-password-variable", "REGISTRY"],
            at: "rediss://127.0.0.1:\(port)/3", environment: ["REGISTRY": "correct horse"])
        #expect(try cluster.logIn(0, "ann").status == 200)
        #expect(try cluster.logIn(1, "bob").member("error") == "over-limit")
        let all = cluster.hosts.map(\.process.seen).joined()
        #expect(!all.contains("correct horse"))
        redis.terminate()
        _ = try redis.finish()
    }

    @Test func `with a password of a file, and the wrong one is told without it`() throws {
        let (redis, options) = try secured()
        defer { redis.terminate() }
        let file = try folder.write("correct horse\n", to: "password")
        #expect(chmod(file, 0o600) == 0)
        let all = options + ["--cluster-authority", folder.path("ours.pem"), "--cluster-password-file", file]
        let cluster = try ClusterHosts(1, all, at: "rediss://127.0.0.1:\(port)")
        #expect(try cluster.logIn(0, "ann").status == 200)
        try folder.write("battery staple\n", to: "password")
        #expect(chmod(file, 0o600) == 0)
        let host = try alone(all, at: "rediss://127.0.0.1:\(port)")
        try host.process.wait(for: "it does not let this host in: it answered `WRONGPASS` to AUTH")
        #expect(!host.process.seen.contains("battery"))
        try expectUndecided(host)
    }

    @Test func `a registry whose certificate another authority has signed is not spoken to`() throws {
        let (redis, options) = try secured()
        defer { redis.terminate() }
        let other = try Authority("other", in: folder)
        let host = try alone(
            options + ["--cluster-authority", other.certificate], at: "rediss://127.0.0.1:\(port)")
        try host.process.wait(for: "the registry cannot be reached: rediss://127.0.0.1:\(port)")
        #expect(host.process.seen.uppercased().contains("CERTIFICATE_VERIFY_FAILED"), "\(host.process.seen)")
        try expectUndecided(host)
    }

    @Test func `a start without the variable of the password ends, and names it`() throws {
        let ending = try AuthHost.run([
            "config", "check", "--module", "openauth", "--cluster-registry", "unix:/r", "--cluster-password-variable",
            "NO_SUCH_THING",
        ])
        #expect(ending.status == 3, "\(ending)")
        #expect(
            (ending.output + ending.errors).contains("the environment has no variable `NO_SUCH_THING`"), "\(ending)")
    }

    @Test func `sentinels are asked where the master is, and again after a fail-over`() throws {
        let ports = try (0..<3).map { _ in try Place.freePort() }
        let (second, sentinel, unused) = (ports[0], ports[1], ports[2])
        let plain = ["--bind", "127.0.0.1", "--dir", folder.path(""), "--repl-diskless-sync-delay", "0"]
        let master = try ClusterHosts.redis(plain + ["--port", "\(port)"])
        let replica = try ClusterHosts.redis(plain + ["--port", "\(second)", "--replicaof", "127.0.0.1", "\(port)"])
        try replica.wait(for: "MASTER <-> REPLICA sync: Finished with success")
        let file = try folder.write(
            """
            port \(sentinel)
            bind 127.0.0.1
            sentinel monitor main 127.0.0.1 \(port) 1
            sentinel down-after-milliseconds main 1000
            sentinel failover-timeout main 5000
            """, to: "sentinel.conf")
        let watcher = try ChildProcess(["redis-server", file, "--sentinel"])
        try watcher.wait(for: "+slave slave 127.0.0.1:\(second)")
        let cluster = try ClusterHosts(
            2, ["--max-user-limit", "2"],
            at: "redis+sentinel://127.0.0.1:\(unused),127.0.0.1:\(sentinel)/main")
        let session = try #require(cluster.logIn(0, "ann").member("session"))
        #expect(try cluster.logIn(1, "bob").status == 200)
        master.send(SIGKILL)
        _ = try master.finish()
        try watcher.wait(for: "+switch-master main 127.0.0.1 \(port) 127.0.0.1 \(second)")
        try ClusterHosts.await("the limit holds again") { try cluster.logIn(1, "carol").body.contains("site-limit") }
        #expect(try cluster.verdict(0, session) == "allow")
        replica.terminate()
        watcher.terminate()
    }

    @Test func `a name that no sentinel has is told with what each of them has said`() throws {
        let sentinel = try Place.freePort()
        let file = try folder.write("port \(sentinel)\nbind 127.0.0.1\n", to: "sentinel.conf")
        let watcher = try ChildProcess(["redis-server", file, "--sentinel"])
        try watcher.wait(for: "Sentinel ID is")
        let host = try alone([], at: "redis+sentinel://127.0.0.1:\(port),127.0.0.1:\(sentinel)/main")
        try host.process.wait(for: "no sentinel names the master `main`: 127.0.0.1:\(port): ")
        try host.process.wait(for: "127.0.0.1:\(sentinel): it answered `ERR No such master with that name`")
        try expectUndecided(host)
        watcher.terminate()
    }

    /// A host that has no other to wait for.
    private func alone(_ options: [String], at address: String) throws -> Server {
        try Server(["--module", "openauth", "--cluster-registry", address] + options, in: Folder())
    }

    private func expectUndecided(_ host: Server) throws {
        let answer = try host.client.post("/v1/login", #"{"user":"ann","password":"x"}"#)
        #expect(answer.status == 503, "\(answer)")
    }
}
