/// Why a request is answered without a question: an HTTP status and what was wrong, in words.
struct RequestRefusal: Error, Hashable {
    let status: Int
    /// Lower case, without a final full stop; never quotes the request, which may hold a secret.
    let detail: String

    init(_ status: Int, _ detail: String) {
        self.status = status
        self.detail = detail
    }

    static func bad(_ detail: String) -> RequestRefusal { RequestRefusal(400, detail) }

    static func tooLong(_ limit: Int) -> RequestRefusal {
        RequestRefusal(413, "the body is longer than \(limit) bytes")
    }

    /// The one word that programs can compare: stable across releases.
    var code: String {
        switch status {
        case 400: "bad-request"
        case 401: "unauthenticated"
        case 404: "not-found"
        case 405: "method-not-allowed"
        case 408: "request-timeout"
        case 413: "body-too-large"
        case 414: "target-too-long"
        case 415: "unsupported-media-type"
        case 417: "expectation-failed"
        case 431: "header-too-large"
        case 501: "not-implemented"
        case 503: "unavailable"
        case 505: "version-not-supported"
        default: "error"
        }
    }
}
