import Metrics
import NIOCore

/// What a ``LeanConnection`` needs of the door it serves.
protocol LeanService: Sendable {
    /// Where a request goes.
    associatedtype Endpoint
    /// Who sends the requests of a connection.
    associatedtype Client

    var host: any QuestionAnswering { get }
    /// What requests may hold.
    var limits: StrictRequestReader.Limits { get }
    /// How long the first byte of a connection may take, and each request from its first byte to its last.
    var requestTimeout: TimeAmount { get }
    /// How long a connection may stay without a request, or without taking its replies.
    var keepAliveTimeout: TimeAmount { get }

    func client(of channel: any Channel) -> Client
    /// Where a request goes, known from its request line.
    func endpoint(_ head: RequestHead, _ bytes: Span<UInt8>) -> Endpoint
    /// Most bytes of a body there.
    func bodyLimit(of endpoint: Endpoint) -> Int
    /// What a request is refused with whatever its body were; nil where it depends on the body.
    func refusal(of head: RequestHead, _ bytes: Span<UInt8>, at endpoint: Endpoint) -> Reply?
    func answer(_ request: StrictRequest, at endpoint: Endpoint, from client: Client) -> Step
    /// What metrics call an endpoint.
    func name(of endpoint: Endpoint) -> String
    /// The counter of replies; nil where nobody counts.
    func responses(_ endpoint: String, _ status: Int) -> Counter?
    /// Hears of a request that was refused for what it is.
    func refused(_ refusal: RequestRefusal)
    func failed(_ error: any Error)
}

extension LeanService {
    var limits: StrictRequestReader.Limits { StrictRequestReader.Limits() }
}

/// How far a ``LeanConnection`` is.
enum LeanPhase: Equatable {
    case reading
    /// No more requests are read; the connection closes behind the last reply.
    case finishing(linger: Bool)
    /// Everything is said; input is thrown away until the client closes too (RFC 9112, section 9.6).
    case lingering
    /// Everything is said, and closes with its last byte.
    case closing
    case gone
}

/// A request whose reply has not gone out.
struct LeanSlot {
    let isHTTP11: Bool
    let keepsAlive: Bool
    let withoutContent: Bool
    let endpoint: String
    var reply: Reply?
    var pending: PendingStep?
}
