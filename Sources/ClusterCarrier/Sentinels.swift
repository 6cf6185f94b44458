import Cluster
import NIOCore

/// Why no sentinel could say where the master is.
struct SentinelError: Error, CustomStringConvertible {
    let description: String
}

/// The sentinels that watch over the registry, asked where its master is. All of them are asked, since one that was cut off may
/// not know of a fail-over; the latest fail-over counts. Everything on one event loop.
final class Sentinels {
    /// One sentinel, and the connection to it, which is kept.
    private final class Watcher {
        let endpoint: RegistryPlace.Endpoint
        var channel: (any Channel)?
        /// Which connection counts; what an older one brings is not listened to.
        var serial = 0
        var reader = RESPReader()
        /// Answers that are of no interest: to the password.
        var unread = 0
        var waiting: [EventLoopPromise<SentinelReport>] = []

        init(_ endpoint: RegistryPlace.Endpoint) { self.endpoint = endpoint }
    }

    typealias Connect = (RegistryPlace.Endpoint, NIOLoopBound<RegistryLine>) -> EventLoopFuture<any Channel>

    private static let patience = TimeAmount.milliseconds(500)
    private let watchers: [Watcher]
    private let name: String
    private let password: [[UInt8]]?
    private let loop: any EventLoop
    private let connect: Connect

    init(
        _ endpoints: [RegistryPlace.Endpoint], master name: String, password: [[UInt8]]?, loop: any EventLoop,
        connect: @escaping Connect
    ) {
        watchers = endpoints.map(Watcher.init)
        self.name = name
        self.password = password
        self.loop = loop
        self.connect = connect
    }

    /// Where the master is. Fails with what each sentinel has said where none names it; within half a second or so.
    func master() -> EventLoopFuture<RegistryPlace.Endpoint> {
        let endpoints = watchers.map(\.endpoint)
        return EventLoopFuture.whenAllComplete(watchers.map { ask($0) }, on: loop)
            .flatMapThrowing { [name] results in
                let reports = results.compactMap { try? $0.get() }
                if let latest = reports.max(by: { $0.failover < $1.failover }) {
                    return RegistryPlace.Endpoint(latest.host, port: latest.port)
                }
                let reasons = zip(endpoints, results).map { endpoint, result in
                    if case .failure(let error) = result { "\(endpoint): \(error)" } else { "" }
                }
                throw SentinelError(
                    description: "no sentinel names the master `\(name)`: \(reasons.joined(separator: "; "))")
            }
    }

    func stop() {
        for watcher in watchers { fail(watcher, SentinelError(description: "the host stops")) }
    }

    private func ask(_ watcher: Watcher) -> EventLoopFuture<SentinelReport> {
        let promise = loop.makePromise(of: SentinelReport.self)
        watcher.waiting.append(promise)
        let box = NIOLoopBound((self, watcher), eventLoop: loop)
        let timer = loop.scheduleTask(in: Self.patience) {
            let (sentinels, watcher) = box.value
            sentinels.fail(watcher, SentinelError(description: "it has not answered within half a second"))
        }
        promise.futureResult.whenComplete { _ in timer.cancel() }
        if let channel = watcher.channel { send(on: channel) } else if watcher.waiting.count == 1 { open(watcher) }
        return promise.futureResult
    }

    private func open(_ watcher: Watcher) {
        watcher.reader = RESPReader()
        watcher.unread = password == nil ? 0 : 1
        let serial = watcher.serial
        let box = NIOLoopBound((self, watcher), eventLoop: loop)
        let line = RegistryLine(
            received: { bytes in
                let (sentinels, watcher) = box.value
                if watcher.serial == serial { sentinels.read(watcher, bytes) }
            },
            closed: { reason in
                let (sentinels, watcher) = box.value
                if watcher.serial == serial { sentinels.fail(watcher, SentinelError(description: reason)) }
            })
        connect(watcher.endpoint, NIOLoopBound(line, eventLoop: loop)).whenComplete { result in
            let (sentinels, watcher) = box.value
            switch result {
            case .failure(let error) where watcher.serial == serial: sentinels.fail(watcher, error)
            case .success(let channel) where watcher.serial == serial: sentinels.opened(watcher, channel)
            case .success(let channel): channel.close(promise: nil)
            case .failure: break
            }
        }
    }

    private func opened(_ watcher: Watcher, _ channel: any Channel) {
        watcher.channel = channel
        if let password { channel.write(channel.allocator.buffer(bytes: RESPCommand.encode(password)), promise: nil) }
        for _ in watcher.waiting { send(on: channel) }
    }

    private func send(on channel: any Channel) {
        channel.writeAndFlush(channel.allocator.buffer(bytes: SentinelReport.question(master: name)), promise: nil)
    }

    private func read(_ watcher: Watcher, _ bytes: [UInt8]) {
        watcher.reader.receive(bytes)
        do throws(RESPError) {
            while let value = try watcher.reader.next() {
                if watcher.unread > 0 {
                    watcher.unread -= 1
                } else if !watcher.waiting.isEmpty {
                    let promise = watcher.waiting.removeFirst()
                    do throws(RESPError) { promise.succeed(try SentinelReport(value)) } catch { promise.fail(error) }
                }
            }
        } catch { fail(watcher, error) }
    }

    /// Gives the connection up, and the questions that wait for it.
    private func fail(_ watcher: Watcher, _ error: any Error) {
        let waiting = watcher.waiting
        let channel = watcher.channel
        (watcher.waiting, watcher.channel) = ([], nil)
        watcher.serial += 1
        channel?.close(promise: nil)
        for promise in waiting { promise.fail(error) }
    }
}
