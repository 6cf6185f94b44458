import Glibc
import Logging
import NIOCore
import NIOPosix
import Testing

@testable import DoorCarrier
@testable import DoorProtocols
@testable import Prometheus

extension DoorCarrierKind {
    /// What carries connections without TLS in this run of the tests: scripts/test has a second run for `nio`.
    static let ofThisRun =
        getenv("AUTHHOST_TEST_CARRIER").flatMap { DoorCarrierKind(rawValue: String(cString: $0)) } ?? .epoll
}

/// A door on a free port and on a unix socket, for as long as the body runs.
struct RunningDoor {
    let port: Int
    let socketPath: String
    let metrics: PrometheusMetricsFactory

    /// - Parameter loops: event loops that serve.
    static func run(
        _ host: FakeHost, operators: (any OperatorAnswering)? = nil,
        destinations: DestinationAccess? = nil, logger: Logger? = nil, loops: Int = 1,
        drainingFor drainTime: Duration = .seconds(30), directories: [AdministratorRealm] = [],
        configure: (inout DoorSettings) -> Void = { _ in },
        _ body: (RunningDoor) async throws -> Void
    ) async throws {
        let folder = try temporaryFolder()
        defer { rmdir(folder) }
        let path = "\(folder)/http.sock"
        var settings = DoorSettings(type: "http", name: "http")
        settings.addresses = [.init(host: "127.0.0.1", port: 0)]
        settings.socketPath = path
        // However slow the machine is, no connection is given up; what the times do is shown with a clock of their own.
        settings.timeout = .seconds(3600)
        configure(&settings)
        var services = DoorServices()
        services.operators = operators
        services.administratorRealms = directories
        services.destinations = destinations
        var quiet = Logger(label: "test")
        quiet.logLevel = .error
        let servers = try await DoorServers(
            [settings], host: host, services: services, log: logger ?? quiet, threads: loops, carrying: .ofThisRun)
        let place = servers.listening.first?.places.first ?? ""
        let port = try #require(Int(place.split(separator: ":").last ?? ""))
        do {
            try await body(RunningDoor(port: port, socketPath: path, metrics: services.metrics))
        } catch {
            await servers.stop(within: drainTime)
            throw error
        }
        await servers.stop(within: drainTime)
        #expect(access(path, F_OK) != 0, "the socket is removed at the end")
    }

    static func temporaryFolder() throws -> String {
        var template = Array("/tmp/authhost-doors-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { $0.baseAddress.flatMap { mkdtemp($0) } != nil }
        try #require(made)
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func client(unixSocket: Bool = false) async throws -> TestClient {
        let received = Received()
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(received.handler())
                }
            }
        let channel =
            unixSocket
            ? try await bootstrap.connect(unixDomainSocketPath: socketPath).get()
            : try await bootstrap.connect(host: "127.0.0.1", port: port).get()
        return TestClient(channel: channel, received: received)
    }

    /// Sends requests over a connection of their own and returns the first `count` responses.
    func exchange(_ requests: String, count: Int = 1, unixSocket: Bool = false) async throws -> [TestResponse] {
        let client = try await client(unixSocket: unixSocket)
        try await client.send(requests)
        let responses = await client.responses(count)
        try await client.close()
        return responses
    }

    func exchange(_ method: String, _ path: String, json: String, type: String = "application/json") async throws
        -> TestResponse
    {
        let request =
            "\(method) \(path) HTTP/1.1\r\nHost: a\r\nContent-Type: \(type)\r\n"
            + "Content-Length: \(json.utf8.count)\r\n\r\n\(json)"
        return try #require(try await exchange(request).first)
    }

    func get(_ path: String, _ fields: String...) async throws -> TestResponse {
        let lines = ["GET \(path) HTTP/1.1", "Host: a"] + fields
        return try #require(try await exchange(lines.joined(separator: "\r\n") + "\r\n\r\n").first)
    }
}
