import AuthCore
import Metrics

/// What an ``HTTPConversation`` needs of the door that it serves.
protocol HTTPService: Sendable {
    /// Where a request goes.
    associatedtype Endpoint

    var host: any QuestionAnswering { get }
    /// What requests may hold.
    var limits: StrictRequestReader.Limits { get }
    /// How long the first byte of a connection may take, and each request from its first byte to its last.
    var requestTimeout: Duration { get }
    /// How long a connection may stay without a request, or without taking its replies.
    var keepAliveTimeout: Duration { get }

    /// Where a request goes, known from its request line.
    func endpoint(_ head: RequestHead, _ bytes: Span<UInt8>) -> Endpoint
    /// Most bytes of a body there.
    func bodyLimit(of endpoint: Endpoint) -> Int
    /// What a request is refused with whatever its body were; nil where it depends on the body.
    func refusal(of head: RequestHead, _ bytes: Span<UInt8>, at endpoint: Endpoint) -> Reply?
    func answer(_ request: StrictRequest, at endpoint: Endpoint) -> Step
    /// What metrics call an endpoint.
    func name(of endpoint: Endpoint) -> String
    /// The counter of replies; nil where they are not counted.
    func responses(_ endpoint: String, _ status: Int) -> Counter?
    /// Hears of a request that was refused for its own faults.
    func refused(_ refusal: RequestRefusal)
}

extension HTTPService {
    var limits: StrictRequestReader.Limits { StrictRequestReader.Limits() }
}

/// How far an ``HTTPConversation`` is.
enum HTTPPhase: Equatable {
    case reading
    /// No more requests are read; the connection closes behind the last reply.
    case finishing(linger: Bool)
    case gone
}

/// A request whose reply has not gone out.
struct HTTPSlot {
    let isHTTP11: Bool
    var keepsAlive: Bool
    let withoutContent: Bool
    let endpoint: String
    /// The place in a trace that the request has told; it goes back with the reply.
    var trace: [UInt8]?
    /// Which decision the reply tells, as far as is known.
    var decision = DecisionID.none
    var reply: Reply?
    var pending: PendingStep?
    /// Of a reply whose head has gone out, and whose content comes in pieces.
    var stream: ReplyStream?
    /// Whether a piece is on its way.
    var isPulling = false

    /// Says that the client has gone.
    func abandon() {
        pending?.abandon()
        stream?.abandon()
        if case .stream(let stream) = reply?.content { stream.abandon() }
    }
}
