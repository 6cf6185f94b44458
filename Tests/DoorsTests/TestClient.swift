import NIOCore
import Synchronization

/// A connection that keeps what it receives until somebody wants it.
struct TestClient {
    let channel: any Channel
    let received: Received

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    func send(_ bytes: some Sequence<UInt8> & Sendable) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    func closeOutput() async throws { try await channel.close(mode: .output) }

    func close() async throws {
        do { try await channel.close() } catch ChannelError.alreadyClosed {}
    }

    /// Waits for so many complete responses, or for the end of the connection.
    func responses(_ count: Int) async -> [TestResponse] {
        await received.wait { TestResponse.parse($0).count >= count }
        return Array(TestResponse.parse(received.bytes).prefix(count))
    }

    /// Waits until the server has closed its half.
    func end() async -> [TestResponse] {
        await received.wait { _ in false }
        return TestResponse.parse(received.bytes)
    }
}

/// What a connection has received.
final class Received: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var hasEnded = false
        var waiter: (isEnough: @Sendable ([UInt8]) -> Bool, continuation: CheckedContinuation<Void, Never>)?

        mutating func satisfied() -> CheckedContinuation<Void, Never>? {
            guard let (isEnough, continuation) = waiter, hasEnded || isEnough(bytes) else { return nil }
            waiter = nil
            return continuation
        }
    }

    private let state = Mutex(State())

    var bytes: [UInt8] { state.withLock { $0.bytes } }

    func wait(until isEnough: @escaping @Sendable ([UInt8]) -> Bool) async {
        await withCheckedContinuation { continuation in
            change { $0.waiter = (isEnough, continuation) }
        }
    }

    func handler() -> some ChannelInboundHandler { Handler(self) }

    private func change(_ body: (inout State) -> Void) {
        let continuation = state.withLock { state in
            body(&state)
            return state.satisfied()
        }
        continuation?.resume()
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let received: Received

        init(_ received: Received) { self.received = received }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = Array(unwrapInboundIn(data).readableBytesView)
            received.change { $0.bytes += bytes }
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case ChannelEvent.inputClosed = event { received.change { $0.hasEnded = true } }
        }

        func channelInactive(context: ChannelHandlerContext) { received.change { $0.hasEnded = true } }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}

/// A response, read simply: the tests of the door trust it to be well-formed.
struct TestResponse {
    let status: Int
    let fields: [String: String]
    let body: String

    static func parse(_ bytes: [UInt8]) -> [TestResponse] {
        var responses: [TestResponse] = []
        var rest = bytes[...]
        while let end = rest.firstRange(of: Array("\r\n\r\n".utf8)) {
            let lines = String(decoding: rest[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
            var fields: [String: String] = [:]
            for line in lines.dropFirst() {
                let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                guard parts.count == 2 else { continue }
                fields[parts[0].lowercased()] = String(parts[1].drop { $0 == " " })
            }
            let length = Int(fields["content-length"] ?? "0") ?? 0
            guard rest.endIndex - end.upperBound >= length else { break }
            let words = lines.first?.split(separator: " ") ?? []
            let body = rest[end.upperBound..<end.upperBound + length]
            responses.append(
                TestResponse(
                    status: words.count > 1 ? Int(words[1]) ?? 0 : 0, fields: fields,
                    body: String(decoding: body, as: UTF8.self)))
            rest = rest[(end.upperBound + length)...]
        }
        return responses
    }
}
