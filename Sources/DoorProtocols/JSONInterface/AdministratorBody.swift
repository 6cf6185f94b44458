import AuthCore
import JSONReading

/// `POST /v1/admin/eject` and `POST /v1/admin/invalidate`: what is meant.
struct AdministratorBody: JSONBody {
    static let members = SessionFilter.members.map(\.name) + ["object", "all", "count", "cluster"]

    private let filter: SessionFilter
    private let object: String?
    private let all: Bool?
    private let count: Int?
    private let cluster: Bool?

    init(_ body: JSONObject) throws(JSONFault) {
        filter = try SessionFilter(body)
        object = try body.optionalText("object")
        all = try body.optionalFlag("all")
        count = try body.optionalInteger("count")
        cluster = try body.optionalFlag("cluster")
    }

    /// What is asked for, of what is meant.
    func request(_ action: ControlRequest.Action) -> ControlRequest {
        var request = ControlRequest(action)
        (request.filter, request.object, request.all, request.count) = (filter, object, all, count)
        request.cluster = cluster
        return request
    }
}
