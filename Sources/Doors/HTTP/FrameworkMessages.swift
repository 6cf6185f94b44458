import HTTPTypes
import Hummingbird
import NIOCore

extension StrictRequest {
    private static let rewritten: Set<HTTPField.Name> = [
        .connection, .contentLength, .expect, .transferEncoding,
    ]

    /// Writes the framework's request down again and reads it strictly, so that both ways see requests with the same
    /// eyes.
    init(_ request: HTTPRequest, body: ByteBuffer) throws(RequestRefusal) {
        var bytes = ByteBuffer()
        bytes.writeString("\(request.method.rawValue) \(request.path ?? "/") HTTP/1.1\r\n")
        bytes.writeString("host: \(request.authority ?? "")\r\n")
        for field in request.headerFields where !Self.rewritten.contains(field.name) {
            bytes.writeString("\(field.name.rawName): \(field.value)\r\n")
        }
        bytes.writeString("content-length: \(body.readableBytes)\r\n\r\n")
        bytes.writeImmutableBuffer(body)
        var limits = StrictRequestReader.Limits()
        limits.body = FrameworkResponder.maximumBody
        var reader = StrictRequestReader(limits: limits)
        guard try reader.read(bytes.readableBytesUInt8Span) else { throw .bad("the request is not complete") }
        self.init(bytes: bytes, head: reader.head)
    }
}

extension Response {
    init(_ reply: Reply) {
        var headers = HTTPFields()
        func set(_ name: String, _ value: String) {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
        if let verdict = reply.verdict { set("x-auth-verdict", verdict.rawValue) }
        if let reason = reply.reason { set("x-auth-reason", reason.rawValue) }
        for field in reply.fields { set(field.name, field.value) }
        let body: ByteBuffer
        switch reply.content {
        case .none: body = ByteBuffer()
        case .json(let bytes):
            body = ByteBuffer(bytes: bytes)
            set("content-type", "application/json")
            set("cache-control", "no-store")
        case .text(let text, let type):
            body = ByteBuffer(string: text)
            set("content-type", type)
            set("cache-control", "no-store")
        }
        self.init(status: .init(code: reply.status), headers: headers, body: .init(byteBuffer: body))
    }
}

extension HTTPRequest.Method {
    init(_ method: RequestMethod) {
        switch method {
        case .get: self = .get
        case .head: self = .head
        case .post: self = .post
        case .put: self = .put
        case .delete: self = .delete
        case .options: self = .options
        case .patch: self = .patch
        }
    }
}
