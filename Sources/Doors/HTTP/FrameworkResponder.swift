import Glibc
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore

/// Serves the operator's routes through the framework: its router finds the route, ours answers it.
struct FrameworkResponder: Sendable {
    /// Most bytes of a body. A batch of 1,000 checks with names of 1,000 bytes fits.
    static let maximumBody = 2 * 1024 * 1024

    private let responder: any HTTPResponder<FrameworkContext>
    private let routes: [Route]
    private let metrics: DoorMetrics
    private let logger: Logger

    init(endpoints: Endpoints, metrics: DoorMetrics, logger: Logger) {
        let router = Router(context: FrameworkContext.self, options: .autoGenerateHeadEndpoints)
        let routes = Route.all.filter(endpoints.serves)
        for route in routes where route.method != .head || route.isHot {
            router.on(RouterPath(route.path), method: .init(route.method)) { request, context in
                try await Self.answer(request, context.channel, route, endpoints)
            }
        }
        responder = router.buildResponder()
        self.routes = routes
        self.metrics = metrics
        self.logger = logger
    }

    func respond(to request: Request, writer: consuming ResponseWriter, channel: any Channel) async throws {
        let context = FrameworkContext(source: .init(channel: channel, logger: logger))
        var response: Response
        do {
            response = try await responder.respond(to: request, context: context)
            // Routes of ours say more than nothing with a 404: this is the router's, which does not tell paths from methods.
            if response.status == .notFound, response.body.contentLength == 0 { response = Response(notFound(request)) }
        } catch {
            logger.warning("request failed", metadata: ["error": "\(error)", "path": "\(request.uri.path)"])
            response = Response(Reply(RequestRefusal(500, "the request could not be served")))
        }
        response.headers[.date] = HTTPDate.format(time(nil))
        let path = Route.all.first { $0.path == request.uri.path }?.path ?? "unknown"
        metrics.responses(path, response.status.code).increment()
        try await writer.write(response: response.head, body: response.body)
    }

    private static func answer(
        _ request: Request, _ channel: any Channel, _ route: Route, _ endpoints: Endpoints
    ) async throws -> Response {
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: maximumBody)
        } catch let error as HTTPError where error.status == .contentTooLarge {
            let refusal = RequestRefusal(413, "the body is longer than \(maximumBody) bytes")
            return Response(route.isBodiless ? Reply(413) : Reply(refusal))
        }
        do throws(RequestRefusal) {
            let strict = try StrictRequest(request.head, body: body)
            return Response(await answer(strict, channel, route, endpoints))
        } catch {
            return Response(route.isBodiless ? Reply(error.status) : Reply(error))
        }
    }

    /// Asks on the connection's event loop: the host is never asked on the cooperative pool.
    private static func answer(
        _ request: StrictRequest, _ channel: any Channel, _ route: Route, _ endpoints: Endpoints
    ) async -> Reply {
        await withCheckedContinuation { continuation in
            channel.eventLoop.execute {
                let errand = Errand(channel, endpoints.host, continuation)
                errand.walk(route.answer(request, from: Peer(channel.remoteAddress), at: endpoints))
            }
        }
    }

    private func notFound(_ request: Request) -> Reply {
        let methods = routes.filter { $0.path == request.uri.path }.map(\.method.rawValue)
        guard !methods.isEmpty else { return Reply(RequestRefusal(404, "there is nothing at this path")) }
        let allowed = methods.joined(separator: ", ")
        return Reply(RequestRefusal(405, "the method is none of \(allowed)")).adding("allow", allowed)
    }
}

/// A walk from a route's first step to its reply, on a connection's event loop.
private final class Errand {
    private let host: any QuestionAnswering
    private let eventLoop: any EventLoop
    private let watcher: ClientWatcher?
    private var continuation: CheckedContinuation<Reply, Never>?

    init(_ channel: any Channel, _ host: any QuestionAnswering, _ continuation: CheckedContinuation<Reply, Never>) {
        self.host = host
        self.continuation = continuation
        eventLoop = channel.eventLoop
        watcher = try? channel.pipeline.syncOperations.handler(type: ClientWatcher.self)
    }

    /// Whether the client has gone: then nothing is asked for it.
    var isForNobody: Bool { watcher?.hasGone ?? true }

    func walk(_ step: Step) {
        guard continuation != nil else { return }
        if isForNobody { return finish(Reply(503, verdict: .undecided, reason: .cancelled)) }
        switch step.walk(asking: host) {
        case .arrived(let reply): finish(reply)
        case .waiting(let pending):
            let errand = NIOLoopBound(self, eventLoop: eventLoop)
            let key = watcher?.watch {
                pending.abandon()
                // Nobody reads it; the task behind the request must end all the same.
                errand.value.finish(Reply(503, verdict: .undecided, reason: .cancelled))
            }
            pending.whenReady { [eventLoop] step in
                eventLoop.execute {
                    if let key { errand.value.watcher?.forget(key) }
                    errand.value.walk(step)
                }
            }
        }
    }

    private func finish(_ reply: Reply) {
        continuation?.resume(returning: reply)
        continuation = nil
    }
}

/// What the router passes along: the connection.
struct FrameworkContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }
}
