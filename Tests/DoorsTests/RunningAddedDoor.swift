import AuthCore
import Glibc
import Logging
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import DoorCarrier
@testable import DoorProtocols

/// A door of an `add-door` block on a free port and on a unix socket, for as long as the body runs; `forward-auth` unless it is
/// configured otherwise.
struct RunningAddedDoor {
    let port: Int
    let socketPath: String
    let log: KeptLog

    static func run(
        _ host: FakeHost = FakeHost(FakeHost.simple), options: [(name: String, value: String)] = [],
        descriptors: DescriptorBudget = .unlimited, configure: (inout DoorSettings) -> Void = { _ in },
        _ body: (RunningAddedDoor) async throws -> Void
    ) async throws {
        let folder = try RunningDoor.temporaryFolder()
        defer { rmdir(folder) }
        var settings = DoorSettings(type: "forward-auth", name: "web")
        settings.socketPath = "\(folder)/door.sock"
        settings.addresses = [.init(host: "127.0.0.1", port: 0)]
        settings.options = options
        // However slow the machine is, no connection is given up.
        settings.timeout = .seconds(3600)
        configure(&settings)
        let log = KeptLog()
        let servers = try await DoorServers(
            [settings], host: host, services: DoorServices(),
            log: Logger(label: "test") { _ in KeptLog.Handler(log: log) }, carrying: .ofThisRun,
            descriptors: descriptors)
        let place = servers.listening.first?.places.first ?? ""
        do {
            try await body(
                RunningAddedDoor(
                    port: Int(place.split(separator: ":").last ?? "") ?? 0, socketPath: "\(folder)/door.sock", log: log)
            )
        } catch {
            await servers.stop()
            throw error
        }
        await servers.stop()
    }

    func client(unixSocket: Bool = true) async throws -> TestClient {
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

    /// Sends bytes over a connection of its own, and returns what had come when `isEnough` of it was there, or the end.
    func talk(
        _ bytes: [UInt8], closingOutput: Bool = false,
        until isEnough: @escaping @Sendable ([UInt8]) -> Bool = { _ in false }
    ) async throws -> String {
        let client = try await client()
        // A door may have heard enough before the last byte.
        try? await client.send(bytes)
        if closingOutput { try? await client.closeOutput() }
        await client.received.wait(until: isEnough)
        try await client.close()
        return String(decoding: client.received.bytes, as: UTF8.self)
    }

    /// Sends a request over a connection of its own.
    func exchange(_ text: String, unixSocket: Bool = true) async throws -> TestResponse {
        let client = try await client(unixSocket: unixSocket)
        try await client.send(text)
        let responses = await client.responses(1)
        try await client.close()
        return try #require(responses.first)
    }

    func get(_ path: String, _ fields: [String] = [], unixSocket: Bool = true) async throws -> TestResponse {
        let lines = ["GET \(path) HTTP/1.1", "Host: app.example"] + fields + ["", ""]
        return try await exchange(lines.joined(separator: "\r\n"), unixSocket: unixSocket)
    }

    func post(_ path: String, _ form: String, _ fields: [String] = []) async throws -> TestResponse {
        let lines =
            [
                "POST \(path) HTTP/1.1", "Host: app.example", "Content-Type: application/x-www-form-urlencoded",
                "Content-Length: \(form.utf8.count)",
            ] + fields + ["", form]
        return try await exchange(lines.joined(separator: "\r\n"))
    }
}

/// Keeps what is logged.
final class KeptLog: Sendable {
    private let kept = Mutex<[String]>([])

    var lines: [String] { kept.withLock { $0 } }

    func keep(_ line: String) { kept.withLock { $0.append(line) } }

    struct Handler: LogHandler {
        let log: KeptLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        func log(event: LogEvent) { log.keep("\(event.level): \(event.message)") }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
    }
}
